"""How far the intermediate modality is along k: the curve, and what the training makes of it."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from pare_sklearn.inspection import otdd_curve
from pare_sklearn.otdd import otdd, pseudo_classes
from pare_sklearn.sources import EmbeddedSource, embed_source, load_source
from pare_sklearn.training.curriculum import Difficulty
from pare_sklearn.training.intermediate import sample_source

N, N_COLUMNS, N_PATCHES = 48, 4, 16
SOURCE = tuple(array[:200] for array in load_source("digits"))
QUICK = {"source": SOURCE, "n_estimators": 1, "max_epochs": 3, "random_state": 0}
NUMPYS_OWN = check_random_state(None)


@pytest.fixture(scope="module")
def data():
    return make_classification(
        N,
        N_COLUMNS,
        n_informative=N_COLUMNS,
        n_redundant=0,
        n_clusters_per_class=1,
        class_sep=3.0,
        random_state=0,
    )


@pytest.fixture(scope="module", params=["learned", "random"])
def fitted(request, data):
    return PaReClassifier(**{**QUICK, "n_estimators": 2}, gate=request.param).fit(*data)


@pytest.fixture(scope="module")
def single(data):
    return PaReClassifier(**QUICK).fit(*data)


class Watch(Callback):
    """Keep, at the start of each epoch, the model, k, lambda and what was measured."""

    def __init__(self):
        self.epochs = []

    def __deepcopy__(self, memo):
        return self

    def on_epoch_begin(self, net, **kwargs):
        difficulty = dict(net.callbacks_).get("difficulty")
        measured = deepcopy(vars(difficulty)) if difficulty else {}
        self.epochs.append((deepcopy(net.module_), net.k_, net.lam_, measured))


@torch.no_grad()
def mix(module, inputs, tokens, k):
    """Target and intermediate samples, sample by sample: the mean of the patches."""
    targets, mixed = [], []
    for i, of_source in enumerate(tokens):
        one = {name: tensor[i : i + 1] for name, tensor in inputs.items()}
        target = module.embedder(**one)[0]
        leaving = module.gate(target[None])[0].argsort()[:k].sort().values
        entering = module.gate(of_source[None])[0].argsort(descending=True)[:k].sort().values
        intermediate = target.clone()
        intermediate[leaving] = of_source[entering]
        targets.append(target.mean(0))
        mixed.append(intermediate.mean(0))
    return torch.stack(targets), torch.stack(mixed)


def distances_by_hand(module, inputs, source, classes, k):
    target, mixed = mix(module, inputs, source.tokens, k)
    of_source = source.tokens.mean(1)
    to_source = otdd(of_source, source.labels, mixed, source.labels)
    return float(to_source), float(otdd(target, classes, mixed, classes))


def curve_by_hand(model, X, y, ks, max_samples, seed):
    """Distances (2, n_members, n_k)."""
    rng = np.random.RandomState(seed)
    chosen = rng.permutation(len(X))[:max_samples]
    columns = y.reshape(len(y), -1)
    targets = columns if isinstance(model, PaReRegressor) else y
    classes = pseudo_classes(targets[chosen], random_state=rng)
    embedded = embed_source(SOURCE, load_backbone("embedded", 0.0))
    source = sample_source(embedded, len(chosen), rng)
    inputs = model._rows(X[chosen]).inputs
    modules = [net.module_ for net in model.estimators_]
    return np.array(
        [[distances_by_hand(m, inputs, source, classes, k) for k in ks] for m in modules]
    ).transpose(2, 0, 1)


# The curve


@pytest.mark.parametrize("max_samples", [500, 30])
def test_the_curve_is_that_of_patches_replaced_by_hand_averaged_over_members(data, max_samples):
    X, y = data
    model = PaReClassifier(**{**QUICK, "n_estimators": 2}).fit(X, y)
    ks = [0, 1, 7, N_PATCHES]
    curve = otdd_curve(model, X, y, k=ks, max_samples=max_samples, random_state=5)
    to_source, to_target = curve_by_hand(model, X, y, ks, max_samples, seed=5)
    assert curve.k.tolist() == ks
    np.testing.assert_allclose(curve.to_source, to_source.mean(0), rtol=1e-4)
    np.testing.assert_allclose(curve.to_target, to_target.mean(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(curve.to_source_std, abs(np.diff(to_source, axis=0)[0] / 2), 1e-3)
    np.testing.assert_allclose(
        curve.to_target_std, abs(np.diff(to_target, axis=0)[0] / 2), rtol=1e-3, atol=1e-6
    )


def test_each_side_has_its_own_labels(data, single):
    X, y = data
    settings = {"k": [0, 8], "random_state": 0}
    curve = otdd_curve(single, X, y, **settings)
    other = otdd_curve(single, X, np.random.default_rng(0).permutation(y), **settings)
    named = otdd_curve(single, X, np.where(y, "yes", "no"), **settings)
    np.testing.assert_array_equal(other.to_source, curve.to_source)
    assert abs(other.to_target[1] - curve.to_target[1]) > 1e-3
    np.testing.assert_array_equal(named.to_target, curve.to_target)


@pytest.mark.parametrize("whole_numbers", [False, True])
def test_the_targets_of_a_regression_are_clustered(whole_numbers):
    X, y = make_regression(N, N_COLUMNS, random_state=0)
    y = np.round(y) if whole_numbers else y
    model = PaReRegressor(**QUICK).fit(X, y)
    curve = otdd_curve(model, X, y, k=[0, 8], random_state=1)
    by_hand = curve_by_hand(model, X, y, [0, 8], 500, seed=1)
    np.testing.assert_allclose(curve.to_source, by_hand[0, 0], rtol=1e-4)
    np.testing.assert_allclose(curve.to_target, by_hand[1, 0], rtol=1e-4, atol=1e-6)


def test_several_outputs_have_a_curve():
    X, y = make_regression(N, N_COLUMNS, n_targets=2, random_state=0)
    curve = otdd_curve(PaReRegressor(**QUICK).fit(X, y), X, y, k=[0, 8], random_state=0)
    assert curve.to_target[0] == pytest.approx(0, abs=1e-5)
    assert curve.to_target[1] > 0.1


def test_along_k_the_source_comes_near_and_the_target_goes_far(data, fitted):
    curve = otdd_curve(fitted, *data, random_state=0)
    assert curve.to_target[0] == pytest.approx(0, abs=1e-5)
    # Monotone up to the noise of the sample, which shows where hardly a patch is left to replace.
    noise = 0.04 * curve.to_source[0]
    assert (np.diff(curve.to_source) < noise).all()
    assert (np.diff(curve.to_target) > 0).all()
    assert curve.to_source[-1] < 0.5 * curve.to_source[0]


def test_the_exact_inner_distance_is_another(data, single):
    X, y = data
    gaussian, exact = (
        otdd_curve(single, X, y, k=[0, 8], inner=inner, random_state=0)
        for inner in ("gaussian", "exact")
    )
    # The Gaussians with the same moments are never farther apart than what they stand for.
    assert exact.to_source[1] > gaussian.to_source[1]


@pytest.mark.parametrize(
    ("patches", "expected"),
    [(1, [0, 1, 2, 3, 4]), (4, range(0, 17, 2)), (20, range(0, 65, 8))],
    ids=["fewer patches than points", "as many", "more than the source has"],
)
def test_by_default_k_covers_what_is_possible(data, patches, expected):
    X, y = data
    model = PaReClassifier(**{**QUICK, "max_epochs": 1}, patch_size=1 / patches).fit(X, y)
    curve = otdd_curve(model, X, y, max_samples=10, random_state=0)
    assert curve.k.tolist() == list(expected)
    assert all(len(values) == len(curve.k) for values in curve)


# Of 1100 samples, `otdd` itself would take 1000.
@pytest.mark.parametrize("max_samples", [20, 2000])
def test_one_seed_one_curve_and_the_global_generators_stay(single, max_samples):
    X, y = make_classification(1100, N_COLUMNS, random_state=0)
    before = torch.get_rng_state(), NUMPYS_OWN.get_state()[1].copy()
    settings = {"k": [2], "max_samples": max_samples}
    first, second = (otdd_curve(single, X, y, **settings, random_state=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(NUMPYS_OWN.get_state()[1], before[1])


def test_another_seed_another_curve(data, single):
    seeds = (0, 1, None)
    curves = [otdd_curve(single, *data, k=[2], max_samples=20, random_state=s) for s in seeds]
    assert len({curve.to_source.item() for curve in curves}) == 3


def test_by_default_five_hundred_samples_are_measured(single):
    X, y = make_classification(600, N_COLUMNS, random_state=0)
    default, explicit, fewer = (
        otdd_curve(single, X, y, k=[2], random_state=0, **settings)
        for settings in ({}, {"max_samples": 500}, {"max_samples": 499})
    )
    np.testing.assert_array_equal(default, explicit)
    assert default.to_source != fewer.to_source


def test_the_curve_leaves_the_estimator_as_it_is(data, fitted):
    X, y = data
    before = fitted.predict_proba(X)
    modes = [[part.training for part in net.module_.modules()] for net in fitted.estimators_]
    otdd_curve(fitted, X, y, k=[3])
    after = [[part.training for part in net.module_.modules()] for net in fitted.estimators_]
    assert after == modes
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


def test_not_fitted(data):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        otdd_curve(PaReClassifier(), *data)


@pytest.mark.parametrize("strategy", ["finetune", "scratch", "orca"])
def test_without_a_gate_there_is_no_curve(data, strategy):
    parameters = {**QUICK, "max_epochs": 1, "strategy": strategy}
    model = PaReClassifier(**parameters).fit(*data)
    with pytest.raises(ValueError, match=f"no intermediate.*strategy='{strategy}'.*'pare'"):
        otdd_curve(model, *data)


@pytest.mark.parametrize(
    "k", [[-1], [0, N_PATCHES + 1], [0.5], [1.0], [], 3, [[1]], [True], ["1"], [None]]
)
def test_k_out_of_its_range(data, single, k):
    with pytest.raises(ValueError, match=f"k=.*whole numbers from 0 to {N_PATCHES}"):
        otdd_curve(single, *data, k=k)


@pytest.mark.parametrize(
    ("columns", "rows", "parameters", "message"),
    [
        (3, N, {}, "has 3 features.*expecting 4"),
        (N_COLUMNS, N - 1, {}, "inconsistent.*X has 48, y 47"),
        (N_COLUMNS, N, {"inner": "outer"}, "inner='outer'.*exact.*gaussian"),
        (N_COLUMNS, N, {"max_samples": 0}, "max_samples=0.*at least 1"),
        (N_COLUMNS, N, {"max_samples": 2.5}, "max_samples=2.5 must be a whole number"),
    ],
)
def test_bad_input(data, single, columns, rows, parameters, message):
    X, y = data
    with pytest.raises(ValueError, match=message):
        otdd_curve(single, X[:, :columns], y[:rows], **parameters)


# Lambda by distances, and k by distances


def watched_fit(data, **parameters):
    watch = Watch()
    settings = {**QUICK, "early_stopping": False, "callbacks": [watch], **parameters}
    return PaReClassifier(**settings).fit(*data), watch.epochs


def test_the_weight_of_the_source_is_measured(data):
    model, epochs = watched_fit(data, mix_weighting="otdd", k_start=0.5, max_epochs=4)
    module, k, _, measured = epochs[0]
    assert k == N_PATCHES // 2
    classes = np.zeros(N)
    at_k, at_zero = (
        distances_by_hand(module, measured["inputs"], measured["source"], classes, count)[0]
        for count in (k, 0)
    )
    lambdas = [row["lam"] for row in model.history_]
    assert lambdas[0] == pytest.approx(1 - at_k / at_zero, rel=1e-4)
    assert abs(lambdas[0] - k / N_PATCHES) > 0.01
    assert lambdas == [lam for _, _, lam, _ in epochs]
    assert all(0 <= lam <= 1 for lam in lambdas)
    assert lambdas[-1] == model.history_[-1]["k"] == 0
    for row in model.history_[:-1]:
        mixed = (1 - row["lam"]) * row["intermediate_loss"] + row["lam"] * row["source_loss"]
        expected = row["target_loss"] + model.mixing_.mix_weight * mixed
        assert row["train_loss"] == pytest.approx(expected, rel=1e-4)


def test_what_is_measured_are_target_samples_and_as_many_of_the_source():
    data = make_classification(200, N_COLUMNS, random_state=0)
    model, epochs = watched_fit(data, mix_weighting="otdd", max_epochs=1)
    measured = epochs[0][3]
    assert len(measured["source"].labels) == len(measured["inputs"]["numbers"]) == 128
    rows = {tuple(row) for row in model._rows(data[0]).inputs["numbers"].tolist()}
    of_target = {tuple(row) for row in measured["inputs"]["numbers"].tolist()}
    assert of_target < rows
    assert len(of_target) == 128


@pytest.mark.parametrize(
    ("max_epochs", "expected"), [(3, [0, 1, 2]), (5, [0, 1, 2, 3, 4]), (12, [0, 3, 6, 9])]
)
@pytest.mark.parametrize("asked", [{"mix_weighting": "otdd"}, {"k_schedule": "otdd"}])
def test_the_distances_are_measured_anew_at_most_five_times(data, asked, max_epochs, expected):
    _, epochs = watched_fit(data, max_epochs=max_epochs, batch_size=N, **asked)
    distances = [measured["distance_"] for *_, measured in epochs]
    changed = [e for e in range(max_epochs) if e == 0 or (distances[e] != distances[e - 1]).any()]
    assert changed == expected


@pytest.mark.parametrize(
    ("asked", "n_measured"),
    [
        ({}, 0),
        ({"mix_weighting": "otdd"}, 2),
        ({"k_schedule": "otdd"}, 2),
        ({"mix_weighting": "otdd", "k_schedule": "otdd"}, 2),
        ({"mix_weighting": "otdd", "strategy": "finetune"}, 0),
    ],
)
def test_nothing_is_measured_unless_asked_for(data, monkeypatch, asked, n_measured):
    measured = []
    measure = Difficulty.measure
    monkeypatch.setattr(
        Difficulty, "measure", lambda self, model: measured.append(1) or measure(self, model)
    )
    watched_fit(data, max_epochs=2, **asked)
    assert len(measured) == n_measured


@pytest.mark.parametrize("gate", ["learned", "random"])
def test_measuring_changes_no_draw(data, gate):
    losses = [
        watched_fit(data, max_epochs=1, batch_size=N, gate=gate, mix_weighting=weighting)[0]
        .history_[0]
        .items()
        for weighting in ("count", "otdd")
    ]
    count, measured = map(dict, losses)
    for name in ("k", "target_loss", "intermediate_loss", "source_loss"):
        assert measured[name] == count[name]
    assert measured["train_loss"] != count["train_loss"]


def lies_at_the_wanted_distance(k, measured, progress, start, end):
    """Whether the distance wanted lies where numbers round to k."""
    distances = np.interp(
        [start, end, min(k + 0.5, start), max(k - 0.5, end)], measured["k_"], measured["distance_"]
    )
    first, last, below, above = distances
    tolerance = 1e-4 * measured["distance_"][0]
    return below - tolerance <= first + progress * (last - first) <= above + tolerance


@pytest.mark.parametrize(("early_stopping", "n_epochs"), [(True, 3), (False, 10)])
@pytest.mark.parametrize("end", [0.0, 0.25])
def test_k_has_fallen_before_early_stopping_finds_its_epoch(data, early_stopping, n_epochs, end):
    """Within a quarter of ten epochs, or within all of them."""
    _, epochs = watched_fit(
        data,
        early_stopping=early_stopping,
        patience=10,
        k_schedule="linear",
        k_start=1.0,
        k_end=end,
        max_epochs=10,
    )
    k = [each[1] for each in epochs]
    fractions = np.linspace(1, end, n_epochs)
    fallen = [int(fraction * N_PATCHES + 0.5) for fraction in fractions]
    assert k == fallen + (10 - n_epochs) * [round(end * N_PATCHES)]


def test_nothing_is_measured_once_k_has_fallen(data):
    _, epochs = watched_fit(
        data, early_stopping=True, patience=12, k_schedule="otdd", max_epochs=12, batch_size=N
    )
    distances = [measured["distance_"] for *_, measured in epochs]
    assert all(np.array_equal(each, distances[2]) for each in distances[2:])
    assert not np.array_equal(distances[0], distances[2])


@pytest.mark.parametrize("gate", ["learned", "random"])
@pytest.mark.parametrize(("start", "end"), [(0.5, 0.0), (1.0, 0.25)])
def test_k_follows_the_distances(data, gate, start, end):
    _, epochs = watched_fit(
        data, k_schedule="otdd", k_start=start, k_end=end, gate=gate, max_epochs=10, lr=1e-5
    )
    ks = [k for _, k, _, _ in epochs]
    assert (ks[0], ks[-1]) == (start * N_PATCHES, end * N_PATCHES)
    assert (np.diff(ks) <= 0).all()
    assert len(set(ks)) > 4
    # Unlike the linear schedule: the distance falls faster while k is small.
    assert ks != np.floor(np.linspace(ks[0], ks[-1], 10) + 0.5).tolist()
    for epoch, (_, k, _, measured) in enumerate(epochs):
        assert lies_at_the_wanted_distance(k, measured, epoch / 9, ks[0], ks[-1])


def make_difficulty(distances, k=None, n_patches=8):
    """Difficulty with given distances."""
    difficulty = Difficulty({}, EmbeddedSource(torch.zeros(1), torch.zeros(1)), 1, 9).initialize()
    difficulty.k_ = np.arange(len(distances)) if k is None else np.array(k)
    difficulty.distance_, difficulty.n_patches_ = np.array(distances, dtype=float), n_patches
    return difficulty


@pytest.mark.parametrize(("start", "end"), [(1.0, 0.0), (0.8, 0.1), (0.5, 0.5), (0.3, 0.25)])
def test_the_distance_rises_in_equal_steps(start, end):
    difficulty = make_difficulty([9, 4, 3, 2.5, 0.5, 0.1], k=[0, 1, 3, 4, 7, 8])
    fractions = [difficulty.fraction(p, start, end) for p in np.linspace(0, 1, 11)]
    assert fractions[0] == pytest.approx(start)
    assert fractions[-1] == pytest.approx(end)
    distances = np.interp(fractions, difficulty.k_ / 8, difficulty.distance_)
    np.testing.assert_allclose(np.diff(distances), (distances[-1] - distances[0]) / 10, atol=1e-4)

    fine = np.linspace(end, start, 20001)
    at_fine = np.interp(fine, difficulty.k_ / 8, difficulty.distance_)
    wanted = np.linspace(at_fine[-1], at_fine[0], 11)
    brute_force = fine[abs(at_fine[:, None] - wanted).argmin(0)]
    np.testing.assert_allclose(fractions, brute_force, atol=1e-3)


@pytest.mark.parametrize(
    "distances", [[5, 5, 5, 4, 3, 2, 2, 2, 2], [5] * 9, [5, 4.1, 4.1, 4.1, 4.1, 4.1, 3, 0.1, 0.1]]
)
@pytest.mark.parametrize(("start", "end"), [(1.0, 0.0), (0.9, 0.2)])
def test_a_level_distance_changes_neither_end(distances, start, end):
    difficulty = make_difficulty(distances)
    fractions = [difficulty.fraction(p, start, end) for p in np.linspace(0, 1, 11)]
    assert fractions[0] == pytest.approx(start)
    assert fractions[-1] == pytest.approx(end)
    assert (np.diff(fractions) <= 0).all()
    if len(set(distances)) == 1:
        np.testing.assert_allclose(fractions, np.linspace(start, end, 11))


def test_k_does_not_rise_with_another_measurement():
    difficulty = make_difficulty([4, 1, 0.5, 0.2, 0.0])
    before = difficulty.fraction(0.5, 0.5, 0.0)
    difficulty.distance_ = np.array([4, 3.8, 3.6, 3.4, 0.0])
    assert make_difficulty(difficulty.distance_).fraction(0.6, 0.5, 0.0) > before
    assert difficulty.fraction(0.6, 0.5, 0.0) == before
    assert difficulty.fraction(1.0, 0.5, 0.0) == 0


def test_the_measured_weight():
    difficulty = make_difficulty([8, 4, 3, 0], k=[0, 2, 4, 8])
    weights = [difficulty.weight(k) for k in (0, 1, 2, 3, 4, 8)]
    assert weights == pytest.approx([0, 0.25, 0.5, 0.5625, 0.625, 1])
    assert make_difficulty([0, 0, 0]).weight(2) == 0


def test_a_measured_rise_counts_as_level(data, single, monkeypatch):
    measured = iter([5.0, 6.0, 3.0, 4.0, 1.0, 0.5, 0.7, 0.2, 0.1])
    monkeypatch.setattr(
        "pare_sklearn.training.intermediate.IntermediateModality.distance_to_source",
        lambda self, k: next(measured),
    )
    embedded = embed_source(SOURCE, load_backbone("embedded", 0.0))
    source = sample_source(embedded, N, np.random.RandomState(0))
    difficulty = Difficulty(single._rows(data[0]).inputs, source, 1, 9)
    difficulty.measure(single.net_.module_)
    assert difficulty.k_.tolist() == list(range(0, 17, 2))
    assert difficulty.distance_.tolist() == [5.0, 5.0, 3.0, 3.0, 1.0, 0.5, 0.5, 0.2, 0.1]
