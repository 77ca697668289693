"""
A first table
=============

Fit a classifier to a table, and look at its ranking beside that of gradient boosting.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import RocCurveDisplay
from sklearn.model_selection import train_test_split

from pare_sklearn import PaReClassifier

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=150, stratify=y, random_state=0
)

# %%
# Nothing to scale, nothing to tune. Two members in place of five, to save time.
clf = PaReClassifier(n_estimators=2, max_epochs=15, random_state=0).fit(X_train, y_train)
boosting = HistGradientBoostingClassifier(random_state=0).fit(X_train, y_train)

# %%
# A single split of an easy data set: the curves show what a fit gives, and not who is better.
figure, ax = plt.subplots(figsize=(5, 4.5), layout="constrained")
for name, model in {"PaRe": clf, "gradient boosting": boosting}.items():
    RocCurveDisplay.from_estimator(model, X_test, y_test, name=name, ax=ax)
ax.set(xlim=(0, 0.3), ylim=(0.7, 1.01), title="Breast cancer, 150 training rows")
plt.show()
