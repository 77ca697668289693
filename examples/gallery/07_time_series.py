"""
Time series
===========

GunPoint of the UCR archive, which aeon ships: does a hand draw a gun, or point a finger?
"""

import matplotlib.pyplot as plt
import numpy as np
from aeon.datasets import load_gunpoint

from pare_sklearn import PaReClassifier

X_train, y_train = load_gunpoint(split="train")
X_test, y_test = load_gunpoint(split="test")
print(X_train.shape)

# %%
# Two members, where the default has five.
clf = PaReClassifier(n_estimators=2, max_epochs=40, random_state=0).fit(X_train, y_train)
chance = clf.predict_proba(X_test)[:, 0]
accuracy = clf.score(X_test, y_test)

# %%
# Each line is a series of the test set, in the colour of what is predicted; the errors are black.
figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained", sharey=True)
wrong = clf.predict(X_test) != y_test
for ax, label, name in zip(axes, clf.classes_, ("gun", "finger"), strict=True):
    for row in np.flatnonzero(y_test == label):
        style = {"color": "black", "lw": 1.8, "zorder": 3} if wrong[row] else {"lw": 0.6}
        ax.plot(X_test[row, 0], **({"color": plt.cm.coolwarm(1 - chance[row])} | style))
    ax.set(title=f"{name}: {wrong[y_test == label].sum()} of {(y_test == label).sum()} wrong")
    ax.set(xlabel="time step")
figure.suptitle(f"GunPoint, accuracy {accuracy:.3f}")
plt.show()
