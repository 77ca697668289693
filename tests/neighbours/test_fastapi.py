"""A server of FastAPI with a saved model, asked from many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
import pytest
from sklearn.datasets import load_iris

from pare_sklearn import PaReClassifier

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

import fastapi
from fastapi.testclient import TestClient

X, Y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A fitted classifier, and where it is saved."""
    path = tmp_path_factory.mktemp("model") / "clf.safetensors"
    clf = PaReClassifier(n_estimators=2, max_epochs=2, random_state=0).fit(X, Y)
    clf.save(path)
    return clf, path


def build_app(path):
    """Answers rows with probabilities; the model is loaded once."""

    @asynccontextmanager
    async def lifespan(app):
        app.state.clf = PaReClassifier.load(path)
        yield

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.post("/predict_proba")
    def predict_proba(rows: list[list[float]]) -> list[list[float]]:
        try:
            return app.state.clf.predict_proba(rows).tolist()
        except ValueError as error:
            raise fastapi.HTTPException(422, str(error)) from error

    return app


def test_threads_get_what_the_model_says(saved):
    clf, path = saved
    parts = [X[start : start + 10] for start in range(0, 150, 10)]
    with TestClient(build_app(path)) as client, ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda part: client.post("/predict_proba", json=part.tolist()), parts)
        for part, answer in zip(parts, answers, strict=True):
            assert answer.status_code == 200
            np.testing.assert_array_equal(answer.json(), clf.predict_proba(part))


def test_bad_rows_are_the_callers_fault(saved):
    with TestClient(build_app(saved[1])) as client:
        answer = client.post("/predict_proba", json=[[1.0, 2.0]])
    assert answer.status_code == 422
    assert "features" in answer.json()["detail"]
