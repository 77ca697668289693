"""
Images
======

Handwritten digits from 200 labels, and the ones that the classifier is least sure of.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from pare_sklearn import PaReClassifier

digits = load_digits()
X, y = digits.images[:, None], digits.target  # (n_samples, n_channels, height, width)
clf = PaReClassifier(n_estimators=1, max_epochs=25, random_state=0).fit(X[:200], y[:200])

# %%
# A probability each, from 600 digits that it has not seen.
X_test, y_test = X[1000:1600], y[1000:1600]
chances = clf.predict_proba(X_test)
predicted = clf.classes_[chances.argmax(axis=1)]
print(f"accuracy {(predicted == y_test).mean():.3f}")

# %%
# The twelve of the least certain answers. Red ones are wrong; many are hard for us too.
figure, axes = plt.subplots(2, 6, figsize=(9, 3.8), layout="constrained")
for ax, row in zip(axes.flat, chances.max(axis=1).argsort()[:12], strict=True):
    ax.imshow(X_test[row, 0], cmap="gray_r")
    right = predicted[row] == y_test[row]
    ax.set_title(
        f"{predicted[row]} ({chances[row].max():.0%}), is {y_test[row]}",
        color="black" if right else "tab:red",
        fontsize=9,
    )
    ax.set_axis_off()
plt.show()
