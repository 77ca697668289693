"""
Intervals
=========

How sure is a prediction? The samples that members held out tell: intervals by CV+, without a set
of your own to calibrate on.
"""

import matplotlib.pyplot as plt
import numpy as np

from pare_sklearn import PaReRegressor

rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, 500)
y = np.sin(2 * x) + 0.5 * x + rng.normal(scale=0.3, size=500)
reg = PaReRegressor(n_estimators=3, max_epochs=25, random_state=0).fit(x[:200, None], y[:200])

# %%
# Asked for 90%: on the mean over new samples about as many lie inside.
low, high = reg.predict_interval(x[200:, None], coverage=0.9).T
inside = (low <= y[200:]) & (y[200:] <= high)
print(f"{inside.mean():.1%} of 300 new targets lie in their interval")

# %%
# Red points lie outside. The width is nearly the same everywhere: it differs only as far as the
# members disagree.
grid = np.linspace(-3, 3, 200)
low, high = reg.predict_interval(grid[:, None], coverage=0.9).T
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.fill_between(grid, low, high, alpha=0.25, label="90% interval")
ax.plot(grid, reg.predict(grid[:, None]), label="prediction")
ax.scatter(x[200:][inside], y[200:][inside], s=8, color="0.5")
ax.scatter(x[200:][~inside], y[200:][~inside], s=12, color="tab:red")
ax.set(xlabel="x", ylabel="y")
ax.legend(frameon=False)
plt.show()
