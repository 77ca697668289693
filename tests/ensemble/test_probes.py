"""Linear probes on frozen features, alone and beside the fine-tuned nets."""

import pickle
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig
from pare_sklearn.data.folds import Fold, deal_folds, hold_out_fraction
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.ensemble.probes import STRENGTHS, fit_probe
from pare_sklearn.linear.factors import BOUNDS
from pare_sklearn.linear.models import fit_logistic, fit_ridge

torch.manual_seed(0)
BACKBONE = EmbeddedBackbone(EmbeddedConfig(width=16, depth=1, n_heads=2), 0.1)
QUICK = {
    "backbone": BACKBONE,
    "strategy": "finetune",
    "n_estimators": 2,
    "max_epochs": 2,
    "random_state": 0,
}
# Nets that are hardly trained: what the model knows, it knows by the probe.
BARELY = {**QUICK, "max_epochs": 1, "lr": 1e-7}
N_FEATURES = 256
fit_three = partial(fit_logistic, n_classes=3)
BOTH = pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])


@pytest.fixture(autouse=True)
def few_features(monkeypatch):
    """A narrow backbone would need very many embedders for the features a probe has elsewhere."""
    monkeypatch.setattr("pare_sklearn.ensemble.features.PROBE_FEATURES", N_FEATURES)


def make_table(estimator_class, n=60):
    if estimator_class is PaReClassifier:
        return make_classification(
            n, 5, n_informative=4, n_redundant=0, n_classes=3, class_sep=2, random_state=0
        )
    return make_regression(n, 5, n_targets=2, random_state=0)


def predict(model, X):
    return model.predict_proba(X) if isinstance(model, PaReClassifier) else model.predict(X)


def make_rows(model, X):
    return Rows(model.modality_.transform(X))


def see(model, X):
    """What the probes see, all rows in one batch; of tables each something else."""
    return model.features_(**make_rows(model, X).inputs).numpy()


def make_images(n=40):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 1, 8, 8)).astype(np.float32), np.arange(n) % 3


def make_features(n=60, n_features=6, n_classes=3, seed=0):
    """Features that tell a little of the classes, and weights."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % n_classes
    X = rng.normal(size=(n, n_features))
    X[:, :n_classes] += np.eye(n_classes)[y]
    return X, y, rng.uniform(0.2, 2, size=n)


# Linear models


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_probabilities_are_those_of_scikit_learn(n_classes, strength):
    X, y, weights = make_features(n_classes=n_classes)
    model = LogisticRegression(C=strength, tol=1e-6, max_iter=1_000)
    expected = model.fit(X, y, sample_weight=weights).predict_proba(X)
    found = softmax(fit_logistic(X, y, weights, strength, n_classes)(X), axis=1)
    # They stop sooner than the model here, most of all under a weak penalty.
    np.testing.assert_allclose(found, expected, atol=2e-2)


@pytest.mark.parametrize("lacking", [0, 1, 3])
def test_a_class_that_the_fold_lacks_gets_the_least_intercept_and_no_slope(lacking):
    X, y, weights = make_features(n_classes=4)
    kept = y != lacking
    model = fit_logistic(X[kept], y[kept], weights[kept], 0.3, 4)
    assert model.intercept[lacking] == model.intercept.min()
    assert not model.coef[lacking].any()
    present = np.delete(np.arange(4), lacking)
    alone = LogisticRegression(C=0.3).fit(X[kept], y[kept], sample_weight=weights[kept])
    of_present = softmax(model(X)[:, present], axis=1)
    np.testing.assert_allclose(of_present, alone.predict_proba(X), atol=5e-3)


@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_class_that_the_fold_lacks_is_improbable(n_classes, strength):
    X, y, weights = make_features(n_classes=n_classes)
    kept = y > 0
    logits = fit_logistic(X[kept], y[kept], weights[kept], strength, n_classes)(X)
    assert softmax(logits, axis=1)[:, 0].mean() < 0.02


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("only", [0, 1])
def test_a_fold_of_one_class_foretells_that_class(n_classes, only):
    X, _, weights = make_features()
    model = fit_logistic(X, np.full(len(X), only), weights, 0.3, n_classes)
    assert not model.coef.any()
    assert (softmax(model(X), axis=1)[:, only] > 0.98).all()


def test_rows_of_no_weight_are_as_rows_that_are_not_there():
    X, y, weights = make_features()
    weights[::3] = 0  # all of class 0, so that a class goes with them
    X[::3] *= 1e3
    kept = weights > 0
    found = fit_logistic(X, y, weights, 0.3, 3)
    expected = fit_logistic(X[kept], y[kept], weights[kept], 0.3, 3)
    np.testing.assert_array_equal(found.coef, expected.coef)
    np.testing.assert_array_equal(found.intercept, expected.intercept)
    assert not fit_logistic(X, y, np.zeros(len(y)), 0.3, 3).coef.any()


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_ridge_is_the_closed_form(strength, n_outputs):
    X, _, weights = make_features()
    y = X[:, :n_outputs] * 2 + np.random.default_rng(1).normal(size=(len(X), n_outputs)) + 5
    weights[:5] = 0
    centred, targets = (a - np.average(a, axis=0, weights=weights) for a in (X, y))
    gram = (centred.T * weights) @ centred + np.eye(X.shape[1]) / strength
    coef = np.linalg.solve(gram, (centred.T * weights) @ targets).T
    intercept = np.average(y - X @ coef.T, axis=0, weights=weights)
    found = fit_ridge(X, y, weights, strength)
    assert found.coef.shape == (n_outputs, X.shape[1])
    np.testing.assert_allclose(found.coef, coef, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.intercept, intercept, rtol=1e-6)
    np.testing.assert_allclose(found(X), X @ coef.T + intercept, rtol=1e-6)


def test_ridge_of_a_fold_without_weight_says_nothing():
    X, _, weights = make_features()
    assert not fit_ridge(X, X[:, :2], 0 * weights, 0.3)(X).any()


# Penalty and held-out outputs


@pytest.mark.parametrize("noise", [0.0, 1.0, 10.0])
def test_the_penalty_is_that_of_the_least_loss_on_the_held_out_samples(noise):
    X, _, weights = make_features(n_features=20)
    X = 5 * X + 3
    y = X[:, :2] + 5 * noise * np.random.default_rng(1).normal(size=(len(X), 2))
    folds = deal_folds(y.mean(axis=1), 3, np.random.RandomState(0))
    held_out = np.concatenate([fold.valid for fold in folds])

    def loss(outputs):
        return weights[held_out] @ np.square(outputs - y[held_out]).sum(axis=1)

    scaled = StandardScaler().fit_transform(X, sample_weight=weights)
    losses, outputs = [], []
    for strength in STRENGTHS:
        said = []
        for train, valid in folds:
            model = fit_ridge(scaled[train], y[train], weights[train], strength)
            said += [model(scaled[row]) for row in valid]
        outputs.append(np.array(said))
        losses.append(loss(outputs[-1]))
    probe = fit_probe(X, y, weights, folds, fit_ridge, loss)
    np.testing.assert_allclose(probe.held_out, outputs[np.argmin(losses)], rtol=1e-4, atol=1e-5)
    # Noise asks for a strong penalty, its lack for a weak one.
    assert np.argmin(losses) == {0.0: 3, 1.0: 1, 10.0: 0}[noise]


def test_penalties_are_tried_until_one_is_no_gain():
    X, y, weights = make_features()
    folds = deal_folds(y, 2, np.random.RandomState(0))
    tried = []

    def fit(X, y, weights, strength):
        tried.append(strength)
        return fit_three(X, y, weights, strength)

    losses = iter([3.0, 2.0, 2.5, 1.0])
    probe = fit_probe(X, y, weights, folds, fit, lambda outputs: next(losses), (1, 2, 3, 4))
    assert probe.strength == 2
    assert tried == [1, 1, 2, 2, 3, 3]


def test_held_out_outputs_go_fold_after_fold_in_the_order_of_the_fold():
    X, y, weights = make_features()
    folds = [
        Fold(np.arange(20, 60), np.array([7, 3, 19])),
        Fold(np.arange(20), np.arange(59, 20, -2)),
        Fold(np.arange(10, 50), np.arange(0)),
    ]
    probe = fit_probe(X, y, weights, folds, fit_three, lambda outputs: 0.0)
    of_all = probe.outputs(X)
    assert of_all.shape == (3, len(X), 3)
    expected = [of_all[model, row] for model, fold in enumerate(folds) for row in fold.valid]
    np.testing.assert_allclose(probe.held_out, expected)


# Beside the nets


def reweigh(model, factors):
    """Let outputs of nets and of probes count by these factors."""
    model.ensemble_ = replace(model.ensemble_, factors=factors)


@pytest.mark.parametrize("n_estimators", [1, 2, 3])
def test_probabilities_are_the_mean_of_the_blends(n_estimators):
    X, y = make_table(PaReClassifier)
    model = PaReClassifier(**{**QUICK, "n_estimators": n_estimators}).fit(X, y)
    assert model.blend_.shape == (2,)
    reweigh(model, np.array([0.7, 0.4]))  # neither of them nothing
    rows = make_rows(model, X)
    members, views = [], see(model, X)
    for net, linear, seen in zip(model.estimators_, model.probe_.models, views, strict=True):
        logits = 0.7 * net.forward(rows).numpy() + 0.4 * (seen @ linear.coef.T + linear.intercept)
        members.append(softmax(logits, axis=1))
    assert len(members) == n_estimators
    np.testing.assert_allclose(model.predict_proba(X), np.mean(members, axis=0), atol=1e-4)


def test_targets_are_the_mean_of_the_blends():
    X, y = make_table(PaReRegressor)
    model = PaReRegressor(**QUICK).fit(X, y)
    reweigh(model, np.array([0.7, 0.4]))
    rows = make_rows(model, X)
    each = zip(model.estimators_, model.probe_.models, see(model, X), strict=True)
    members = [
        0.7 * net.forward(rows).numpy() + 0.4 * (seen @ linear.coef.T + linear.intercept)
        for net, linear, seen in each
    ]
    expected = model.y_scaler_.inverse_transform(np.mean(members, axis=0))
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-4 * y.std())


def test_the_factors_are_the_best_for_the_samples_held_out():
    X, y = make_table(PaReClassifier)
    model = PaReClassifier(**QUICK).fit(X, y)
    # Each sample is held out by one member: in the order of the folds, as fit deals them.
    folds = deal_folds(y, 2, np.random.RandomState(0))
    held_out = np.concatenate([fold.valid for fold in folds])
    nets = [
        net.forward(make_rows(model, X[fold.valid])).double().numpy()
        for net, fold in zip(model.estimators_, folds, strict=True)
    ]
    each = zip(model.probe_.models, see(model, X), folds, strict=True)
    probes = [linear(seen[fold.valid]) for linear, seen, fold in each]
    logits = np.stack([np.concatenate(nets), np.concatenate(probes)])

    def loss(factors):
        # Of targets as sure as 60 samples allow, which say little of which model is better.
        proba, n = log_softmax(np.tensordot(factors, logits, 1), axis=1), len(y)
        of_class = proba[np.arange(n), y[held_out]]
        others = (proba.sum(axis=1) - of_class) / 2
        apart = np.square(factors - np.mean(factors)).sum()
        return -((n + 1) / (n + 2) * of_class + 1 / (n + 2) * others).mean() + 8 * apart / n

    grid = np.linspace(BOUNDS[0], 4, 81)
    least = min(loss([first, second]) for first in grid for second in grid)
    assert loss(model.blend_) <= least + 1e-5


@BOTH
def test_large_tables_are_thinned_for_the_probes_and_the_blend(monkeypatch, estimator_class):
    monkeypatch.setattr("pare_sklearn.ensemble.blend.BLEND_SAMPLES", 80)
    blended = []
    target_class = Classes if estimator_class is PaReClassifier else Continuous
    blend = target_class.blend

    def watch(self, outputs, codes, weights):
        blended.append((outputs.shape[1], len(codes), len(weights)))
        return blend(self, outputs, codes, weights)

    monkeypatch.setattr(target_class, "blend", watch)
    for n in (80, 200):
        X, y = make_table(estimator_class, n)
        model = estimator_class(**BARELY).fit(X, y)
        assert model.score(X, y) > 0.5
    assert blended == [(80, 80, 80)] * 2


@BOTH
def test_without_linear_probe_there_is_none(estimator_class):
    X, y = make_table(estimator_class)
    model = estimator_class(**QUICK, linear_probe=False).fit(X, y)
    assert model.probe_ is None
    assert model.features_ is None
    assert model.blend_.shape == (1,)
    assert predict(model, X).shape == (len(X), 3 if estimator_class is PaReClassifier else 2)


@BOTH
def test_the_nets_do_not_depend_on_the_probe(estimator_class):
    X, y = make_table(estimator_class)
    models = [estimator_class(**QUICK, linear_probe=probe).fit(X, y) for probe in (True, False)]
    for one, other in zip(*(model.estimators_ for model in models), strict=True):
        for first, second in zip(one.module_.parameters(), other.module_.parameters(), strict=True):
            assert torch.equal(first, second)


@BOTH
def test_without_held_out_samples_there_is_no_probe(estimator_class):
    X, y = make_table(estimator_class)
    settings = {**QUICK, "n_estimators": 1, "early_stopping": False}
    model = estimator_class(**settings).fit(X, y)
    assert model.probe_ is None
    assert model.features_ is None
    np.testing.assert_array_equal(model.blend_, [1])
    assert np.isfinite(predict(model, X)).all()


@BOTH
def test_the_probe_helps_nets_that_are_hardly_trained(estimator_class):
    X, y = make_table(estimator_class, n=240)
    train, test = np.arange(160), np.arange(160, 240)
    with_probe, without = (
        estimator_class(**BARELY, linear_probe=probe).fit(X[train], y[train])
        for probe in (True, False)
    )
    assert with_probe.score(X[test], y[test]) > without.score(X[test], y[test]) + 0.25
    assert with_probe.blend_[1] > 0.1
    assert with_probe.score(X[test], y[test]) > 0.65


def test_each_target_of_several_is_helped_in_its_own_unit():
    X, y = make_table(PaReRegressor, n=160)
    y = y * [1e-3, 1e3] + [5, -1e4]
    predicted = PaReRegressor(**BARELY).fit(X, y).predict(X)
    assert (r2_score(y, predicted, multioutput="raw_values") > 0.6).all()


# Frozen features


@pytest.mark.parametrize("strategy", ["finetune", "scratch"])
def test_training_leaves_the_features_as_they_are(strategy):
    X, y = make_images()
    settings = {**QUICK, "strategy": strategy}
    before = [parameter.clone() for parameter in BACKBONE.parameters()]
    long = PaReClassifier(**{**settings, "max_epochs": 4, "lr": 1e-2}).fit(X, y)
    short = PaReClassifier(**settings).fit(X, y)
    np.testing.assert_array_equal(see(long, X), see(short, X))
    assert not any(parameter.requires_grad for parameter in long.features_.parameters())
    assert not long.features_.training
    for parameter, unchanged in zip(BACKBONE.parameters(), before, strict=True):
        assert torch.equal(parameter, unchanged)
    trained = long.net_.module_.encoder.state_dict()
    frozen = long.features_.encoder.state_dict()
    assert any(not torch.equal(trained[name], frozen[name]) for name in frozen)
    pretrained = BACKBONE.encoder.state_dict()
    kept = all(torch.equal(pretrained[name], frozen[name]) for name in frozen)
    assert kept == (strategy == "finetune")


def test_each_embedder_sees_the_rows_in_its_own_way():
    X, y = make_images()
    model = PaReClassifier(**QUICK).fit(X, y)
    features = see(model, X)
    assert features.shape == (len(X), N_FEATURES)
    first, second = features[:, :16], features[:, 16:32]
    assert np.abs(first - second).mean() > 1e-2


@BOTH
def test_a_row_does_not_depend_on_the_rows_beside_it(estimator_class):
    X, y = make_table(estimator_class)
    X[::7, 1] = np.nan
    model = estimator_class(**QUICK).fit(X, y)
    reweigh(model, np.array([0.5, 0.5]))
    whole, features, scale = predict(model, X), see(model, X), np.ptp(y)
    for rows in ([4], [7, 3], np.arange(33), np.arange(60)[::-1]):
        np.testing.assert_allclose(see(model, X[rows]), features[:, rows], atol=1e-5)
        np.testing.assert_allclose(predict(model, X[rows]), whole[rows], atol=1e-5 * scale)


# As any estimator


@BOTH
def test_a_pickled_model_predicts_the_same(estimator_class):
    X, y = make_table(estimator_class)
    model = estimator_class(**QUICK).fit(X, y)
    reweigh(model, np.array([0.5, 0.5]))
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(predict(loaded, X), predict(model, X))


@BOTH
def test_a_clone_and_a_refit_with_the_same_seed_are_equal_bit_for_bit(estimator_class):
    X, y = make_table(estimator_class)
    model = estimator_class(**QUICK).fit(X, y)
    expected, blend, features = predict(model, X), model.blend_, see(model, X)
    models = model.probe_.models
    copy = clone(model)
    assert not hasattr(copy, "probe_")
    for again in (copy, model):
        torch.manual_seed(torch.seed())
        again.fit(X, y)
        np.testing.assert_array_equal(predict(again, X), expected)
        np.testing.assert_array_equal(again.blend_, blend)
        np.testing.assert_array_equal(see(again, X), features)
        for linear, expected_linear in zip(again.probe_.models, models, strict=True):
            np.testing.assert_array_equal(linear.coef, expected_linear.coef)


@BOTH
def test_the_blend_is_made_anew_in_a_warm_start(estimator_class):
    X, y = make_table(estimator_class)
    model = estimator_class(**{**QUICK, "lr": 1e-2}, warm_start=True).fit(X, y)
    blend, models = model.blend_, model.probe_.models
    model.fit(X, y)
    # The same folds and features, hence the same probe beside nets that went on.
    for again, before in zip(model.probe_.models, models, strict=True):
        np.testing.assert_array_equal(again.coef, before.coef)
    assert not np.array_equal(model.blend_, blend)
    model.set_params(linear_probe=False).fit(X, y)
    assert model.probe_ is None
    assert model.features_ is None
    assert model.blend_.shape == (1,)
    model.set_params(linear_probe=True).fit(X, y)
    assert model.blend_.shape == (2,)
    assert np.isfinite(predict(model, X)).all()


def test_targets_of_rows_without_weight_are_not_seen():
    X, y = make_regression(60, 5, random_state=0)
    weights = np.ones(60)
    weights[::4] = 0
    # The folds go by the order of the targets, which stays as it is.
    other = np.where(weights > 0, y, y + 1e-3)
    assert (np.argsort(other) == np.argsort(y)).all()
    models = [PaReRegressor(**QUICK).fit(X, target, weights) for target in (y, other)]
    one, two = (model.probe_.outputs(see(model, X)) for model in models)
    np.testing.assert_allclose(one, two, atol=1e-6)
    np.testing.assert_allclose(models[0].blend_, models[1].blend_, atol=1e-5)


def test_features_of_rows_without_weight_are_not_seen():
    X, y, weights = make_features()
    weights[::4] = 0
    folds = deal_folds(y, 2, np.random.RandomState(0))
    far = X.copy()
    far[::4] += 100
    one, two = (
        fit_probe(table, y, weights, folds, fit_three, lambda outputs: 0.0).outputs(X)
        for table in (X, far)
    )
    np.testing.assert_allclose(one, two, atol=1e-2)


@BOTH
def test_rows_without_weight_are_not_held_out(estimator_class):
    X, y = make_table(estimator_class)
    if estimator_class is PaReRegressor:
        y = y[:, 0]  # one target goes into the folds in an order that no weight changes
    weights = np.ones(len(X))
    weights[hold_out_fraction(y, 0.2, np.random.RandomState(0)).valid] = 0
    model = estimator_class(**{**QUICK, "n_estimators": 1}).fit(X, y, weights)
    # Others are, and weigh the probe.
    assert len(model.blend_) == 2
    assert len(model.ensemble_.held_out.keys) == weights.sum()


@BOTH
def test_a_single_row_with_weight_is_enough(estimator_class):
    X, y = make_table(estimator_class)
    model = estimator_class(**QUICK).fit(X, y, np.eye(len(X))[5])
    assert np.isfinite(predict(model, X)).all()


# Tables of all kinds


def make_odd_tables():
    rng = np.random.default_rng(0)
    missing = rng.normal(size=(30, 3))
    missing[rng.random((30, 3)) < 0.4] = np.nan
    missing[:, 2] = np.nan
    words = pd.DataFrame({name: rng.choice(list("pqr"), 30) for name in "ab"})
    return {
        "four rows": rng.normal(size=(4, 3)),
        "one feature": rng.normal(size=(30, 1)),
        "one value": np.ones((30, 2)),
        "categories only": words.astype("category"),
        "categories and numbers": words.assign(c=rng.normal(size=30)),
        "missing values": missing,
    }


@BOTH
@pytest.mark.parametrize("name", make_odd_tables())
def test_odd_tables_are_fitted_without_a_warning(name, estimator_class):
    X = make_odd_tables()[name]
    y = np.arange(len(X)) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Not specific to the probe, nor a fault of these tables.
        warnings.filterwarnings("default", category=DeprecationWarning)
        model = estimator_class(**QUICK).fit(X, y)
        predicted = predict(model, X)
    assert model.probe_ is not None
    assert len(predicted) == len(X)
    assert np.isfinite(predicted).all()


@pytest.mark.parametrize("n_estimators", [1, 2, 3])
def test_a_class_of_one_sample_is_no_hindrance(n_estimators):
    X, y = make_table(PaReClassifier)
    y = np.where(np.arange(len(y)) == 10, 3, y)
    model = PaReClassifier(**{**QUICK, "n_estimators": n_estimators}).fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == (len(X), 4)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert np.isfinite(proba).all()


def test_categories_never_seen_are_no_hindrance():
    X = make_odd_tables()["categories only"]
    model = PaReClassifier(**QUICK).fit(X, np.arange(30) % 2)
    proba = model.predict_proba(pd.DataFrame({"a": ["new", "p"], "b": ["q", None]}))
    assert np.isfinite(proba).all()


def test_rows_without_a_label_are_none_of_the_probe():
    # Where an intercept is not penalised, the rows of the fit are told right on the mean.
    X, y = make_table(PaReClassifier)
    hidden = np.where(np.arange(60) % 3 == 0, -1, y)
    model = PaReClassifier(**QUICK, semi_supervised=True).fit(X, hidden)
    assert model.ensemble_.held_out.by_member.shape == (2, 40)
    labelled = hidden >= 0
    folds = deal_folds(y[labelled], 2, np.random.RandomState(0))
    each = zip(model.probe_.models, see(model, X[labelled]), folds, strict=True)
    for linear, seen, fold in each:
        told = softmax(linear(seen[fold.train]), axis=1).mean(axis=0)
        right = np.bincount(y[labelled][fold.train]) / len(fold.train)
        np.testing.assert_allclose(told, right, atol=2e-3)
    X, targets = make_table(PaReRegressor)
    targets[::3] = np.nan
    labelled = np.arange(60) % 3 > 0
    regressor = PaReRegressor(**QUICK, semi_supervised=True).fit(X, targets)
    levels = regressor.y_scaler_.transform(targets[labelled])
    folds = deal_folds(levels.astype(np.float32).mean(axis=1), 2, np.random.RandomState(0))
    each = zip(regressor.probe_.models, see(regressor, X[labelled]), folds, strict=True)
    for linear, seen, fold in each:
        missed = linear(seen[fold.train]) - levels[fold.train]
        np.testing.assert_allclose(missed.mean(axis=0), 0, atol=1e-4)
    assert np.isfinite(regressor.predict(X)).all()


def test_classes_of_any_name_keep_their_place():
    X, y = make_table(PaReClassifier, n=240)
    names = np.array(["zebra", "ant", "mole"])
    model = PaReClassifier(**BARELY).fit(X, names[y])
    assert model.score(X, names[y]) > 0.65


def test_the_logistic_regressions_converge():
    X, y = make_table(PaReClassifier, n=240)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        PaReClassifier(**BARELY).fit(X, y)
