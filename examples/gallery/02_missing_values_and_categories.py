"""
Missing values and categories
=============================

A DataFrame goes in as it is. How much does the score suffer when values go missing?
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from pare_sklearn import PaReClassifier

rng = np.random.default_rng(0)
n = 500
X = pd.DataFrame(
    {
        "age": rng.uniform(18, 80, n).round(),
        "income": rng.lognormal(10, 0.5, n),
        "city": rng.choice(["Basel", "Lima", "Oslo"], n),
        "plan": pd.Categorical(rng.choice(["basic", "full"], n)),
    }
)
# Who leaves: the old in Oslo, and the young elsewhere; less often with a full plan.
chance = np.where(X["city"] == "Oslo", X["age"], 98 - X["age"]) / 100 - 0.3 * (X["plan"] == "full")
y = (rng.uniform(size=n) < chance.clip(0, 1)).map({True: "leaves", False: "stays"})
X.head()

# %%
# Blank a share of all cells, in training and test rows alike, and fit anew.
shares, scores = [0, 0.1, 0.2, 0.4, 0.6], []
for share in shares:
    holes = X.mask(np.random.default_rng(1).uniform(size=X.shape) < share)
    clf = PaReClassifier(n_estimators=1, max_epochs=15, random_state=0)
    clf.fit(holes[:250], y[:250])
    scores.append(roc_auc_score(y[250:] == "stays", clf.predict_proba(holes[250:])[:, 1]))

# %%
# The best that anybody could do with all values knows the chances themselves.
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(shares, scores, "o-", label="PaRe")
ax.axhline(roc_auc_score(y[250:] == "leaves", chance[250:]), color="0.4", ls=":", label="best")
ax.axhline(0.5, color="0.8", label="chance")
ax.set(xlabel="share of cells that are missing", ylabel="AUROC")
ax.legend(frameon=False)
plt.show()
