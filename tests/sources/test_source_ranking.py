"""Which source is nearest: `rank_sources`, and the choice that fit makes by it."""

import json
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from openml.extensions import get_extension_by_model
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.utils import check_random_state
from torch import nn

from pare_sklearn import PaReClassifier, PaReRegressor, rank_sources
from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.embedded import EmbeddedBackbone
from pare_sklearn.modules.embedders.numbers import PiecewiseLinear, periodic
from pare_sklearn.modules.embedders.patch_maps import PatchMaps
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.otdd import otdd, pseudo_classes
from pare_sklearn.sources import embed_source, load_source

NUMPYS_OWN = check_random_state(None)
N, N_COLUMNS = 60, 4
AUTO = dict.fromkeys(EmbeddedBackbone.sources)
GIVEN = tuple(array[:150] for array in load_source("digits"))
FEW = {"max_samples": 100, "random_state": 0}
QUICK = {"n_estimators": 1, "max_epochs": 1, "random_state": 0}
# Nothing is drawn for folds then, so that fit starts its embedder as `rank_sources` does.
ALIKE = {**QUICK, "early_stopping": False}


@pytest.fixture(scope="module")
def data():
    return make_classification(N, N_COLUMNS, random_state=0)


class Flat(nn.Module):
    """Source embedder of a single patch that holds its sample as it is."""

    sample_shape = (64,)

    def forward(self, samples):
        return samples.unsqueeze(1)


def other_backbone(source_embedder):
    """The embedded backbone with another source embedder."""
    embedded = load_backbone("embedded", 0.0)
    module = nn.Module()
    module.width, module.encoder = embedded.width, embedded.encoder
    module.source_embedder = source_embedder
    return module


def embed_by_hand(model, X, seed):
    """The target as the untrained embedder sees it, as the mean of the patches."""
    rows = model._rows(X)
    backbone = load_backbone(model.backbone, 0.0)
    encoder = model.modality_.encoder_
    width = 4 * backbone.width
    torch.manual_seed(seed)
    if isinstance(model, PaReRegressor):
        own = PiecewiseLinear([torch.from_numpy(edges) for edges in encoder.edges_], width)
    else:
        own = periodic(len(encoder.numeric_), width)
    embedder = TableEmbedder(
        encoder.numeric_, encoder.categorical_, own, encoder.cardinalities_, backbone.width, 4
    )
    embedder.start_from(backbone)
    with torch.no_grad():
        return embedder(**rows.inputs).mean(1)


def distances_by_hand(model, X, y, sources, max_samples):
    """OTDD by name, the samples drawn as documented: target first, then source after source."""
    seed = np.random.RandomState(0).randint(2**31 - 1)
    rng = np.random.RandomState(seed)
    target = embed_by_hand(model, X, seed)
    rows = rng.permutation(len(X))[:max_samples]
    targets = model.target_.encode(y)[rows]
    classes = pseudo_classes(targets, random_state=rng)
    distances = {}
    for name, source in sources.items():
        X_s, y_s = load_source(source)
        drawn = rng.permutation(len(X_s))[:max_samples]
        embedded = embed_source((X_s[drawn], y_s[drawn]), load_backbone(model.backbone, 0.0))
        of_source = embedded.tokens.mean(1)
        distances[name] = float(otdd(of_source, embedded.labels, target[rows], classes))
    return distances


# The ranking


@pytest.mark.parametrize("max_samples", [30, 100])
def test_the_distances_are_those_by_hand(data, max_samples):
    X, y = data
    model = PaReClassifier(**QUICK, source="digits").fit(X, y)
    distances = rank_sources(X, y, max_samples=max_samples, random_state=0)
    expected = distances_by_hand(model, X, y, {name: name for name in AUTO}, max_samples)
    assert distances == pytest.approx(expected, rel=1e-4)


def test_the_distances_of_a_regression_are_those_by_hand():
    X, y = make_regression(N, N_COLUMNS, random_state=0)
    model = PaReRegressor(**QUICK, source="digits").fit(X, y)
    distances = rank_sources(X, y, sources=["digits", "signals"], **FEW)
    expected = distances_by_hand(model, X, y, {"digits": "digits", "signals": "signals"}, 100)
    assert distances == pytest.approx(expected, rel=1e-4)


def test_the_nearest_source_comes_first(data):
    distances = rank_sources(*data, **FEW)
    assert distances.keys() == AUTO.keys()
    assert list(distances.values()) == sorted(distances.values())
    assert all(isinstance(distance, float) and distance > 0 for distance in distances.values())


def test_a_source_like_the_target_is_nearest(data):
    X, y = data
    model = PaReClassifier(backbone=other_backbone(Flat()), source=(np.eye(64), np.arange(64)))
    model.set_params(**QUICK).fit(X, y)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    alike = embed_by_hand(model, X, seed).numpy() + 1e-3
    far = alike + 1.0
    distances = rank_sources(X, y, sources=[(far, y), (alike, y)], backbone=model.backbone, **FEW)
    assert list(distances) == ["given 2", "given"]
    assert distances["given 2"] < 1e-3 * distances["given"]
    # Labels count as well: the same samples, but mixed up.
    mixed = np.random.default_rng(0).permutation(y)
    sources = [(alike, mixed), (alike, y)]
    distances = rank_sources(X, y, sources=sources, backbone=model.backbone, **FEW)
    assert list(distances) == ["given 2", "given"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("auto", {*AUTO}),
        ("digits", {"digits"}),
        (["signals", "digits", "signals"], {"signals", "digits"}),
        (GIVEN, {"given"}),
        ([GIVEN, "digits"], {"given", "digits"}),
        (["auto", GIVEN, GIVEN], {*AUTO, "given", "given 2"}),
    ],
    ids=["auto", "name", "names", "arrays", "arrays and name", "all"],
)
def test_names(data, sources, expected):
    assert rank_sources(*data, sources=sources, **FEW).keys() == expected


def test_whole_numbers_are_labels_unless_told_otherwise():
    X, y = make_regression(N, N_COLUMNS, random_state=0)
    y = np.round(y / 50)
    tasks = ("auto", "classification", "regression")
    as_told = [rank_sources(X, y, sources="digits", task=task, **FEW) for task in tasks]
    assert as_told[0] == as_told[1] != as_told[2]
    continuous = [rank_sources(X, y / 7, sources="digits", task=task, **FEW) for task in tasks[::2]]
    assert continuous[0] == continuous[1]


@pytest.mark.parametrize("columns", [1, 2])
def test_several_outputs_may_be_ranked(columns):
    X, y = make_regression(N, N_COLUMNS, n_targets=2, random_state=0)
    assert rank_sources(X, y[:, :columns], sources="digits", **FEW)["digits"] > 0


def test_a_table_of_categories_and_missing_values(data):
    X, y = data
    table = pd.DataFrame(X).add_prefix("x").mask(X > 2)
    table["c"] = pd.Categorical(np.where(y, "red", "green"))
    distances = rank_sources(table, np.where(y, "yes", "no"), **FEW)
    assert distances.keys() == AUTO.keys()
    without = rank_sources(table.drop(columns="c"), np.where(y, "yes", "no"), **FEW)
    assert distances != without


def test_one_seed_one_ranking_and_the_global_generators_stay(data):
    before = torch.get_rng_state(), NUMPYS_OWN.get_state()[1].copy()
    settings = {"sources": "digits", "max_samples": 40}
    first, second, other, unseeded = (
        rank_sources(*data, **settings, random_state=seed) for seed in (3, 3, 4, None)
    )
    of_state = rank_sources(*data, **settings, random_state=np.random.RandomState(3))
    assert first == second == of_state
    assert len({distances["digits"] for distances in (first, other, unseeded)}) == 3
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(NUMPYS_OWN.get_state()[1], before[1])


def test_more_samples_than_the_distance_takes_by_default(data):
    sources = ["digits", "signals"]
    settings = {"sources": sources, "max_samples": 1100, "random_state": 0}
    assert rank_sources(*data, **settings) == rank_sources(*data, **settings)


def test_sources_that_the_backbone_cannot_take_are_left_out(data):
    backbone = other_backbone(Flat())
    fitting = np.random.default_rng(0).normal(size=(40, 64)), np.arange(40) % 3
    sources = ["auto", fitting]
    assert list(rank_sources(*data, sources=sources, backbone=backbone, **FEW)) == ["given"]
    model = PaReClassifier(backbone, source=sources, **QUICK).fit(*data)
    assert model.source_ == "given"
    assert list(model.otdd_) == ["given"]


def test_a_backbone_that_can_take_none(data):
    backbone = other_backbone(PatchMaps(3, (16, 16), (4, 4), 64))
    message = r"None of the sources contours, fields.*\(3, 16, 16\).*give source=\(X_s, y_s\)"
    with pytest.raises(ValueError, match=message):
        rank_sources(*data, backbone=backbone)
    with pytest.raises(ValueError, match=message):
        PaReClassifier(backbone, **QUICK).fit(*data)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sources": "well"}, r"Unknown source 'well'; known are \['contours'.*'auto'\]"),
        ({"sources": ["digits", "well", "sea"]}, "Unknown source 'sea', 'well'"),
        ({"sources": ["given"]}, "Unknown source 'given'"),
        ({"sources": []}, "empty list"),
        ({"sources": None}, "'source'.*str.*tuple.*list"),
        ({"sources": [GIVEN[0]]}, "tuple of two arrays"),
        ({"backbone": "spine"}, "Unknown backbone 'spine'"),
        ({"backbone": 3}, "'backbone'.*str.*Module"),
        ({"max_samples": 0}, "max_samples=0.*at least 1"),
        ({"max_samples": "all"}, "max_samples='all' must be a whole number"),
        ({"task": "clustering"}, "task='clustering'.*'regression'"),
        ({"random_state": "seed"}, "'random_state'"),
    ],
)
def test_bad_parameters(data, parameters, message):
    with pytest.raises(ValueError, match=message):
        rank_sources(*data, **parameters)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X, y[:-1]), "inconsistent"),
        (lambda X, y: (X, np.where(y, np.nan, 0)), "NaN"),
        (lambda X, y: (X, np.zeros(N)), "one class only"),
        (lambda X, y: (X[:, 0], y), "Expected 2D"),
        (lambda X, y: (X[:0], y[:0]), "0 sample"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_bad_data(data, change, message):
    with pytest.raises(ValueError, match=message):
        rank_sources(*change(*data))


# The choice in fit


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
@pytest.mark.parametrize("strategy", ["pare", "orca"])
def test_fit_takes_the_nearest(estimator_class, strategy):
    make = make_classification if estimator_class is PaReClassifier else make_regression
    X, y = make(N, N_COLUMNS, random_state=1)
    model = estimator_class(**ALIKE, strategy=strategy).fit(X, y)
    distances = rank_sources(X, y, random_state=0)
    assert list(model.otdd_.items()) == list(distances.items())
    assert model.source_ == next(iter(distances))


def test_the_one_taken_is_the_one_trained_with(data):
    X, y = data
    sources = {"digits": "digits", "given": (GIVEN[0], np.arange(150) % 3)}
    model = PaReClassifier(**ALIKE, source=list(sources.values())).fit(X, y)
    n_classes = {"digits": 10, "given": 3}[model.source_]
    assert model.net_.module_.source_predictor.linear.out_features == n_classes
    alone = PaReClassifier(**ALIKE, source=sources[model.source_])
    np.testing.assert_array_equal(model.predict_proba(X), alone.fit(X, y).predict_proba(X))


@pytest.mark.parametrize("source", ["digits", GIVEN, ["digits"], [GIVEN]])
def test_of_one_source_there_is_nothing_to_choose(data, source):
    model = PaReClassifier(**QUICK, source=source).fit(*data)
    assert model.otdd_ is None
    assert model.source_ in ("digits", "given")


@pytest.mark.parametrize("strategy", ["finetune", "scratch"])
def test_without_a_source_nothing_is_measured(data, strategy, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("measured")

    monkeypatch.setattr("pare_sklearn.sources.choice.nearest_first", refuse)
    model = PaReClassifier(**QUICK, strategy=strategy).fit(*data)
    assert model.source_ is None
    assert model.otdd_ is None


@pytest.mark.parametrize(
    ("source", "message"), [(["digits", "well"], "Unknown source 'well'"), ([], "empty list")]
)
def test_fit_refuses_a_list_of_no_sources(data, source, message):
    with pytest.raises(ValueError, match=message):
        PaReClassifier(**QUICK, source=source).fit(*data)


@pytest.mark.parametrize("random_state", [0, np.random.RandomState])
def test_one_seed_one_choice(data, random_state):
    def fit():
        seed = random_state if isinstance(random_state, int) else random_state(3)
        return PaReClassifier(**{**QUICK, "random_state": seed}).fit(*data)

    first, second = fit(), fit()
    assert first.otdd_ == second.otdd_
    np.testing.assert_array_equal(first.predict_proba(data[0]), second.predict_proba(data[0]))


def test_a_warm_start_keeps_the_source(data):
    X, y = data
    model = PaReClassifier(**QUICK, source=["fractals", "digits"], warm_start=True).fit(X, y)
    source, distances = model.source_, model.otdd_
    # Of other rows another source might be the nearest.
    model.fit(100 * X[:20], y[:20])
    assert (model.source_, model.otdd_) == (source, distances)
    farthest = list(distances)[-1]
    model.set_params(source=farthest).fit(X, y)
    assert model.source_ == farthest
    assert model.otdd_ is None


def test_a_warm_start_with_a_source_for_the_first_time(data):
    model = PaReClassifier(**QUICK, strategy="finetune", warm_start=True).fit(*data)
    model.set_params(strategy="pare").fit(*data)
    assert model.source_ == next(iter(model.otdd_))


def test_a_list_of_names_is_plain_data(data):
    model = PaReClassifier(**QUICK, source=["digits", "signals"])
    parameters = json.loads(json.dumps(model.get_params()))
    assert PaReClassifier(**parameters).get_params() == model.get_params()
    extension = get_extension_by_model(model, raise_if_no_extension=True)
    back = extension.flow_to_model(extension.model_to_flow(model))
    assert back.get_params() == model.get_params()
    assert back.fit(*data).otdd_ == model.fit(*data).otdd_


def test_a_fitted_estimator_through_clone_and_pickle(data):
    X, y = data
    model = PaReClassifier(**QUICK, source=[GIVEN, "digits"]).fit(X, y)
    back = pickle.loads(pickle.dumps(model))
    assert (back.source_, back.otdd_) == (model.source_, model.otdd_)
    np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    copy = clone(model)
    assert not hasattr(copy, "otdd_")
    assert copy.fit(X, y).otdd_ == model.otdd_
