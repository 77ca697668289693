"""
A run of OpenML
===============

OpenML's client runs the estimator on the folds of a task. With ids of OpenML it downloads; here a
task is written into a local cache first, from data that ship with scikit-learn, so that no
network is needed.
"""

import logging
import tempfile

import matplotlib.pyplot as plt
import openml
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.metrics import ConfusionMatrixDisplay

from examples.openml_cache import use_cache, write_task
from pare_sklearn import PaReClassifier

logging.getLogger("openml.extensions").setLevel(logging.ERROR)
wine = load_wine(as_frame=True)

# %%
# The same call for a task of OpenML: ``get_task(31)`` is credit-g.
with tempfile.TemporaryDirectory() as root, use_cache(root):
    write_task(
        root,
        wine.data,
        wine.target_names[wine.target],
        task_id=900_000_002,
        data_id=900_000_002,
        name="wine",
        target="cultivar",
        n_folds=3,
        random_state=0,
    )
    task = openml.tasks.get_task(900_000_002)
    model = PaReClassifier(n_estimators=1, max_epochs=12, random_state=0)
    run = openml.runs.run_model_on_task(model, task, avoid_duplicate_runs=False, upload_flow=False)

# %%
# A run holds a row a prediction. This is what would be published.
fields = ["repeat", "fold", "sample", "row", "prediction", "truth", *task.class_labels]
predictions = pd.DataFrame(run.data_content, columns=fields)
figure, ax = plt.subplots(figsize=(4.8, 4), layout="constrained")
ConfusionMatrixDisplay.from_predictions(
    predictions["truth"], predictions["prediction"], cmap="Blues", colorbar=False, ax=ax
)
ax.set_title("Wine, three folds")
plt.show()
