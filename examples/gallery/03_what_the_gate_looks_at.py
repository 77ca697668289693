"""
What the gate looks at
======================

The gate scores patches: those of high score stay in the mixture while others are replaced. See it
on a table, a signal and an image. The scores are no importances; predictions do not use them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits, load_wine

from pare_sklearn import PaReClassifier
from pare_sklearn.inspection import GateDisplay

settings = {"n_estimators": 1, "max_epochs": 12, "random_state": 0}

# %%
# A table: wines.
X_table, y_table = load_wine(return_X_y=True, as_frame=True)
table = PaReClassifier(**settings).fit(X_table, y_table)

# %%
# A signal: noise, with a bump at one of two places that tells the class.
rng = np.random.default_rng(0)
y_signal = np.arange(120) % 2
time = np.linspace(0, 1, 96)
bumps = np.exp(-(((time - 0.3 - 0.4 * y_signal[:, None]) / 0.04) ** 2))
X_signal = (3 * bumps + rng.normal(size=bumps.shape))[:, None]
signal = PaReClassifier(**settings).fit(X_signal, y_signal)

# %%
# An image: digits.
digits = load_digits()
X_image, y_image = digits.images[:150, None], digits.target[:150]
image = PaReClassifier(**settings).fit(X_image, y_image)

# %%
# Bars for the columns of the table, colours for the patches of one signal and of one image.
figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
fits = ((table, X_table), (signal, X_signal), (image, X_image))
for ax, (clf, X) in zip(axes, fits, strict=True):
    GateDisplay.from_estimator(clf, X, ax=ax)
plt.show()
