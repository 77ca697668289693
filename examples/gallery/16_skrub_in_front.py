"""
skrub in front
==============

Dates and free text are yours to turn into numbers. skrub does it in a line, and leaves the rest
to the estimator. This needs ``pip install skrub``.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline
from skrub import TableVectorizer

from pare_sklearn import PaReRegressor

rng = np.random.default_rng(0)
n = 300
days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 730, n), unit="D")
X = pd.DataFrame({"day": days, "shop": rng.choice(["north", "south"], n)})
season = np.cos(2 * np.pi * X["day"].dt.dayofyear / 365)
y = 10 + 4 * season + 2 * (X["shop"] == "north") + rng.normal(scale=0.5, size=n)

# %%
# Dates become their parts; categories stay as they are.
vectorizer = TableVectorizer(low_cardinality="passthrough")
reg = PaReRegressor(n_estimators=2, max_epochs=20, random_state=0)
model = make_pipeline(vectorizer, reg).fit(X[:200], y[:200])
print(f"R2 on new days {model.score(X[200:], y[200:]):.2f}")

# %%
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.scatter(X["day"][200:], y[200:], s=12, color="0.5", label="true")
ax.scatter(X["day"][200:], model.predict(X[200:]), s=12, label="predicted")
ax.set(xlabel="day", ylabel="sales")
ax.legend(frameon=False)
figure.autofmt_xdate()
plt.show()
