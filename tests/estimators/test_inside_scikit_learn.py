"""The estimators inside scikit-learn's own tools: pipelines, searches, ensembles, pickles."""

import io
import pickle

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"n_estimators": 1, "max_epochs": 4, "lr": 5e-3, "random_state": 0, "source": "digits"}


@pytest.fixture(scope="module")
def data():
    return make_classification(
        120,
        5,
        n_informative=3,
        n_redundant=0,
        class_sep=2.0,
        n_clusters_per_class=1,
        random_state=0,
    )


def through_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def test_pipeline(data):
    X, y = data
    alone = PaReClassifier(**QUICK).fit(StandardScaler().fit_transform(X), y)
    pipeline = make_pipeline(StandardScaler(), PaReClassifier(**QUICK)).fit(X, y)
    np.testing.assert_array_equal(
        pipeline.predict_proba(X), alone.predict_proba(StandardScaler().fit_transform(X))
    )


def test_grid_search_over_k_schedules_with_workers(data):
    X, y = data
    grid = {"k_schedule": ["linear", "piecewise"], "k_start": [0.25, 1.0]}
    searches = [
        GridSearchCV(PaReClassifier(**QUICK), grid, cv=2, n_jobs=n_jobs).fit(X, y)
        for n_jobs in (1, 2)
    ]
    alone, together = (search.cv_results_["mean_test_score"] for search in searches)
    assert len(alone) == 4
    np.testing.assert_array_equal(alone, together)
    best = searches[0].best_estimator_
    # The source has 16 patches.
    assert best.history_[0]["k"] == min(16, round(best.k_start * best.n_patches_))


def test_cross_val_predict(data):
    X, y = data
    proba = cross_val_predict(PaReClassifier(**QUICK), X, y, cv=2, method="predict_proba")
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert roc_auc_score(y, proba[:, 1]) > 0.8


def test_clone_forgets_the_fit_and_keeps_the_parameters(data):
    fitted = PaReClassifier(**QUICK, k_start=0.75).fit(*data)
    cloned = clone(fitted)
    assert cloned.get_params() == fitted.get_params()
    assert not hasattr(cloned, "estimators_")


def test_calibration(data):
    X, y = data
    calibrated = CalibratedClassifierCV(PaReClassifier(**QUICK), cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.8


def test_voting(data):
    X, y = data
    members = [("pare", PaReClassifier(**QUICK)), ("linear", LogisticRegression())]
    voting = VotingClassifier(members, voting="soft").fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in voting.estimators_], axis=0)
    np.testing.assert_allclose(voting.predict_proba(X), mean)


@pytest.mark.parametrize("copy", [through_pickle, through_joblib])
@pytest.mark.parametrize("strategy", ["pare", "finetune"])
def test_copies_predict_the_same(data, copy, strategy):
    X, y = data
    fitted = PaReClassifier(**QUICK, strategy=strategy).fit(X, y)
    copied = copy(fitted)
    np.testing.assert_array_equal(copied.predict_proba(X), fitted.predict_proba(X))
    assert copied.history_ == fitted.history_


def test_a_pickle_holds_the_weights_once_and_no_source(data):
    fitted = PaReClassifier(**QUICK).fit(*data)
    modules = fitted.net_.module_, fitted.features_
    weights = sum(t.nbytes for module in modules for t in module.state_dict().values())
    assert len(pickle.dumps(fitted)) < 1.3 * weights


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_copied_regressor_predicts_the_same(n_outputs):
    X, y = make_regression(80, 4, n_targets=n_outputs, random_state=0)
    fitted = PaReRegressor(**QUICK).fit(X, y)
    np.testing.assert_array_equal(through_pickle(fitted).predict(X), fitted.predict(X))
    assert fitted.predict(X).shape == y.shape


def test_weights_through_metadata_routing(data):
    X, y = data
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = PaReClassifier(**QUICK).set_fit_request(sample_weight=True)
        pipeline = make_pipeline(scaler, model)
        unweighted = pipeline.fit(X, y).predict_proba(X)[:, 1]
        weighted = pipeline.fit(X, y, sample_weight=1 + 19 * y).predict_proba(X)[:, 1]
    assert weighted.mean() > unweighted.mean() + 0.05
