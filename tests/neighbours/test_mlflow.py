"""MLflow's autologging keeps out of the way of a fit."""

import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pare_sklearn import PaReClassifier

mlflow = pytest.importorskip("mlflow")

X, Y = load_iris(return_X_y=True)


@pytest.fixture
def autolog(tmp_path, monkeypatch):
    # Artifacts go into the folder that a process is in.
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    yield
    mlflow.sklearn.autolog(disable=True)
    mlflow.set_tracking_uri(None)


def test_a_pipeline_is_one_run(autolog):
    clf = PaReClassifier(n_estimators=1, max_epochs=2, random_state=0)
    with mlflow.start_run() as run:
        make_pipeline(StandardScaler(), clf).fit(X, Y)
    logged = mlflow.get_run(run.info.run_id).data
    assert logged.params["pareclassifier__max_epochs"] == "2"
    assert 0 <= logged.metrics["training_score"] <= 1
