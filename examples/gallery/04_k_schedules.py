"""
Schedules of k
==============

k, the number of replaced patches, falls while training. Four schedules, and one of your own.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

from pare_sklearn import PaReClassifier

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=80, stratify=y, random_state=0)


def late(progress):
    """Stay high for long, then fall fast: a fraction for a progress in [0, 1]."""
    return 1 - progress**3


# %%
# Without early stopping k falls over all epochs, as published.
schedules = ["linear", "exponential", "piecewise", "constant", late]
fits = {}
for schedule in schedules:
    clf = PaReClassifier(
        k_schedule=schedule,
        k_start=0.5 if schedule == "constant" else 1.0,
        early_stopping=False,
        linear_probe=False,
        n_estimators=1,
        max_epochs=16,
        random_state=0,
    )
    fits[getattr(schedule, "__name__", schedule)] = clf.fit(X_train, y_train)

# %%
# Left k, which is at most 16: the source, a table, has as many patches. Right the target's loss
# alone. Here it hardly depends on the schedule, and in the benchmarks neither did the score.
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
for name, clf in fits.items():
    epochs = [row["epoch"] for row in clf.history_]
    label = f"{name}: accuracy {clf.score(X_test, y_test):.2f}"
    axes[0].step(epochs, [row["k"] for row in clf.history_], where="mid", label=label)
    axes[1].plot(epochs, [row["target_loss"] for row in clf.history_])
axes[0].set(xlabel="epoch", ylabel=f"k, of {clf.n_patches_} patches")
axes[1].set(xlabel="epoch", ylabel="loss of the target")
axes[0].legend(frameon=False, fontsize=8)
plt.show()
