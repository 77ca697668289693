"""
Save and serve
==============

Save a fitted estimator as one file without pickles, load it, and see what a call costs.
"""

import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator
from sklearn.datasets import load_breast_cancer

from pare_sklearn import PaReClassifier

X, y = load_breast_cancer(return_X_y=True)
clf = PaReClassifier(n_estimators=2, max_epochs=5, random_state=0).fit(X[:200], y[:200])

# %%
# Loading runs no code that is in the file.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "model.safetensors")
    clf.save(path)
    served = PaReClassifier.load(path)
    print(f"{path.stat().st_size / 2**20:.1f} MiB")
print("the same bits:", np.array_equal(served.predict_proba(X), clf.predict_proba(X)))

# %%
# A call has a cost of its own: give many rows at once.
sizes = [1, 4, 16, 64, 256, 512]
seconds = []
for size in sizes:
    tries = []
    for _ in range(3):
        start = time.perf_counter()
        served.predict_proba(X[:size])
        tries.append(time.perf_counter() - start)
    seconds.append(min(tries))

# %%
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.loglog(sizes, 1000 * np.divide(seconds, sizes), "o-")
ax.set(xlabel="rows a call", ylabel="milliseconds a row", title="Two members, 30 columns")
ax.set_xticks(sizes, sizes)
ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
ax.yaxis.set_major_formatter("{x:g}")
ax.minorticks_off()
ax.grid(alpha=0.3)
plt.show()
