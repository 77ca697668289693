"""
A search
========

scikit-learn's searches take the estimator as any other. Here: over schedules of k, and where they
start.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV

from pare_sklearn import PaReClassifier

X, y = load_wine(return_X_y=True)
# A wine has 26 patches and a sample of the source 16: above 0.6 starts are the same.
starts, schedules = [0.1, 0.3, 0.6], ["linear", "piecewise"]
search = GridSearchCV(
    PaReClassifier(
        n_estimators=1, linear_probe=False, early_stopping=False, max_epochs=12, random_state=0
    ),
    {"k_schedule": schedules, "k_start": starts},
    scoring="neg_log_loss",
    cv=2,
    refit=False,
).fit(X[::2], y[::2])

# %%
# Bars are one standard deviation over two folds of a small table: look at them before you believe
# in the best one.
results = search.cv_results_
means = -results["mean_test_score"].reshape(2, 3)
spreads = results["std_test_score"].reshape(2, 3)
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for schedule, mean, spread, shift in zip(schedules, means, spreads, (-0.005, 0.005), strict=True):
    ax.errorbar(np.array(starts) + shift, mean, spread, fmt="o-", capsize=4, label=schedule)
ax.set(xlabel="k_start, share of patches replaced at first", ylabel="log loss, two folds")
ax.legend(frameon=False)
plt.show()
