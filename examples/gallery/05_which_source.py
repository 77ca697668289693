"""
Which source, and how far
=========================

OTDD, the optimal transport data set distance, orders the sources by how near they are to a table,
and shows how the mixture moves from one modality to the other.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine

from pare_sklearn import PaReClassifier, rank_sources
from pare_sklearn.inspection import OTDDCurveDisplay

X, y = load_wine(return_X_y=True, as_frame=True)
distances = rank_sources(X, y, max_samples=150, random_state=0)

# %%
# ``source="auto"``, the default, takes the nearest. The nearest is not always the best: in the
# benchmarks the distance did not predict the score.
clf = PaReClassifier(n_estimators=2, max_epochs=12, random_state=0).fit(X, y)
print("fitted with", clf.source_)

# %%
# Right: the more patches are replaced, the nearer is the mixture to the source, and mostly the
# farther from the target.
figure, axes = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
axes[0].barh(list(distances), list(distances.values()), color="C2")
axes[0].invert_yaxis()
axes[0].set(xlabel="OTDD to the wines, untrained embedder")
OTDDCurveDisplay.from_estimator(clf, X, y, k=[0, 4, 8, 12, 16], random_state=0, ax=axes[1])
plt.show()
