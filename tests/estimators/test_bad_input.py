"""What must not go in: the error says what was wrong, what was expected and what to do."""

import datetime
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError
from torch import nn

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.embedded import WEIGHTS, checksum_file, load_embedded
from pare_sklearn.sources import load_source

# scikit-learn looks for whole numbers in y before it looks for NaN.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")

BOTH = [PaReClassifier, PaReRegressor]
N = 20
X = np.random.default_rng(0).normal(size=(N, 3))
TABLE = pd.DataFrame(X, columns=["a", "b", "c"])
TEXT = TABLE.assign(t=["u", "v"] * (N // 2))
LABELS = np.arange(N) % 2
IMAGES, DIGITS = (array[:50] for array in load_source("digits"))
FAST = {"source": (IMAGES, DIGITS), "n_estimators": 1, "max_epochs": 1, "random_state": 0}
# A graphics card that no machine has.
ABSENT = "cuda:99" if torch.cuda.is_available() else "cuda"


class Thing:
    """An object of no use in a table."""


def says(*words):
    """Pattern of a message that holds all the words, in any order."""
    return "(?s)" + "".join(f"(?=.*{re.escape(word)})" for word in words)


def bad(name, words, error=ValueError, *, of=BOTH, **changes):
    """Arguments of `fit` and parameters that must raise `error` with these words."""
    words = [words] if isinstance(words, str) else words
    return [
        pytest.param(estimator_class, changes, error, says(*words), id=f"{name}-{role}")
        for estimator_class, role in zip(BOTH, ("classifier", "regressor"), strict=True)
        if estimator_class in of
    ]


def table_with(column):
    return TABLE.assign(z=column)


def spoiled(value, dtype=float):
    """A target of 0 and 1 with one bad entry."""
    y = LABELS.astype(dtype)
    y[3] = value
    return y


def weights(first, rest=1.0):
    return np.r_[first, np.full(N - 1, rest)]


def backbone(**parts):
    """The embedded backbone as a plain module with parts changed, or left out where None."""
    embedded = load_backbone("embedded", dropout=0.0)
    module = nn.Module()
    for name in ("width", "source_embedder", "encoder"):
        part = parts.get(name, getattr(embedded, name))
        if part is not None:
            setattr(module, name, part)
    return module


CLASSIFIER, REGRESSOR = BOTH[:1], BOTH[1:]
OBJECTS = np.array([[Thing(), 1, 2]] * N, dtype=object)
DAYS = pd.date_range("2020-01-01", periods=N)
LOOSE_LABELS = np.array([None, *range(49)], dtype=object)

TARGETS = [
    bad("y NaN", "Input y contains NaN", y=spoiled(np.nan)),
    bad("y None", "Input y contains NaN", y=spoiled(None, object)),
    bad("y NA", "Input y contains NaN", y=spoiled(pd.NA, object)),
    bad(
        "y nullable NA", "Input y contains NaN", y=pd.Series(spoiled(pd.NA, object), dtype="Int64")
    ),
    bad(
        "y text with None",
        ["Input y contains NaN", "drop the rows"],
        of=CLASSIFIER,
        y=np.where(LABELS, "yes", None),
    ),
    bad(
        "y text and numbers",
        ["'a'", "1", "all of them text"],
        TypeError,
        of=CLASSIFIER,
        y=np.array(["a", 1] * (N // 2), dtype=object),
    ),
    bad("y dates", ["y", "dates", "numbers"], TypeError, of=REGRESSOR, y=DAYS),
    bad("y days", ["y", "dates", "numbers"], TypeError, of=REGRESSOR, y=[*DAYS.date]),
    bad("y durations", ["y", "durations", "numbers"], TypeError, of=REGRESSOR, y=DAYS - DAYS[0]),
    bad("y infinite", "Input y contains infinity", y=spoiled(np.inf)),
    bad("y minus infinite", "Input y contains infinity", y=spoiled(-np.inf)),
    bad("y complex", "Complex data not supported", y=LABELS + 1j),
    bad(
        "y text", ["Input y", "'no'", "numbers"], of=REGRESSOR, y=np.array(["no", "yes"] * (N // 2))
    ),
    bad("y missing", ["requires y", "None"], y=None),
    bad("y missing for a DataFrame", ["requires y", "None"], X=TABLE, y=None),
    bad("y short", ["inconsistent", "X has 20, y 7"], y=LABELS[:7]),
    bad("y short for a DataFrame", ["inconsistent", "X has 20, y 7"], X=TABLE, y=LABELS[:7]),
    bad("labels not binary", ["(20, 2)", "holds 2", "0 or 1"], of=CLASSIFIER, y=2 * np.eye(N, 2)),
    bad("y 3-D", "y has 3 axes", y=np.ones((N, 2, 2))),
    bad("y continuous", ["continuous"], of=CLASSIFIER, y=X[:, 0]),
    bad("one class", ["one class only (1)", "at least 2"], of=CLASSIFIER, y=np.ones(N, dtype=int)),
    bad(
        "a class for each row",
        ["20 rows", "class of its own", "PaReRegressor"],
        of=CLASSIFIER,
        y=np.arange(N),
    ),
    bad(
        "fewer rows than folds",
        ["n_samples=3", "n_estimators=5 folds", "lower n_estimators"],
        X=X[:3],
        y=np.array([0, 1, 1]),
        n_estimators=5,
    ),
    bad("one row, classifier", "one class only", of=CLASSIFIER, X=X[:1], y=[1]),
    bad("one row, regressor", ["n_samples=1", "a row to train on"], of=REGRESSOR, X=X[:1], y=[1]),
]
TABLES = [
    bad("no rows", "0 sample(s)", X=X[:0], y=[]),
    bad("no rows, DataFrame", "0 sample(s)", X=TABLE[:0], y=[]),
    bad("no columns", "0 feature(s)", X=X[:, :0]),
    bad("no columns, DataFrame", "0 feature(s)", X=TABLE.iloc[:, :0]),
    bad("1-D", ["Expected 2D array, got 1D", "reshape"], X=X[:, 0]),
    bad("Series", ["Series", "pass a DataFrame"], X=TABLE["a"]),
    bad("file name", ["X", "str", "DataFrame"], TypeError, X="table.csv"),
    bad("generator", ["X", "generator", "DataFrame"], TypeError, X=(row for row in X)),
    bad(
        "structured array",
        ["structured array", "DataFrame"],
        TypeError,
        X=TABLE.to_records(index=False),
    ),
    bad("5-D", "X has 5 axes", X=X[:, :, np.newaxis, np.newaxis, np.newaxis]),
    bad("sparse", ["Sparse data", "toarray"], TypeError, X=sparse.csr_matrix(X)),
    bad("sparse array", ["Sparse data", "toarray"], TypeError, X=sparse.csr_array(X)),
    bad("complex", "Complex data not supported", X=X + 1j),
    bad("complex objects", ["real number", "complex"], TypeError, X=(X + 1j).astype(object)),
    bad("objects", ["real number", "Thing"], TypeError, X=OBJECTS),
    bad("integers too large", "too large", X=np.array([[10**400, 1, 2]] * N, dtype=object)),
    bad("array of text", ["text in it ('u')", "DataFrame"], X=np.array([["u", "v"]] * N)),
    bad("object array with text", ["text in it ('u')", "DataFrame"], X=TEXT.to_numpy()),
    bad("array of bytes", ["text in it", "DataFrame"], X=np.array([[b"u", b"v"]] * N)),
    bad("list with text", ["text in it ('u')", "DataFrame"], X=[[1.0, "u"]] * N),
    bad("array of dates", ["dates", "numbers"], TypeError, X=DAYS.to_numpy().reshape(-1, 1)),
    bad("array of durations", ["durations"], TypeError, X=(DAYS - DAYS[0]).to_numpy()[:, None]),
    bad("complex column", ["Complex data not supported", "'z'"], X=table_with(1j)),
    bad(
        "complex object column",
        ["Complex data not supported", "'z'"],
        X=table_with(pd.Series([1j] * N, dtype=object)),
    ),
    *(
        bad(
            f"column of {name}", ["Column 'z'", "dates", "numbers"], TypeError, X=table_with(column)
        )
        for name, column in {
            "datetimes": DAYS,
            "datetimes with zone": DAYS.tz_localize("UTC"),
            "durations": DAYS - DAYS[0],
            "periods": DAYS.to_period("D"),
            "date objects": [datetime.date(2020, 1, 1)] * N,
            "Timestamp objects": pd.Series(list(DAYS), dtype=object),
        }.items()
    ),
    *(
        bad(f"column of {name}", ["'z'", "strings or numbers"], TypeError, X=table_with(column))
        for name, column in {
            "dicts": [{}] * N,
            "lists": [[1]] * N,
            "arrays": [np.ones(2)] * N,
            "objects": [Thing() for _ in range(N)],
        }.items()
    ),
    bad(
        "column of integers too large",
        ["Column 'z'", "too large"],
        X=table_with(pd.Series([10**400] * N, dtype=object)),
    ),
]
WEIGHTS_OF_SAMPLES = [
    bad("negative weight", ["Negative", "sample_weight"], sample_weight=weights(-1)),
    bad("weights all zero", ["weights", "zero"], sample_weight=weights(0, 0)),
    bad("too few weights", ["sample_weight", "(7,)", "(20,)"], sample_weight=np.ones(7)),
    bad("NaN weight", "sample_weight contains NaN", sample_weight=weights(np.nan)),
    bad(
        "2-D weights",
        ["sample_weight", "2 axes", "one number a sample"],
        sample_weight=np.ones((N, 2)),
    ),
    bad("class weight for no class", "class_weight", of=CLASSIFIER, class_weight={5: 1.0}),
    bad(
        "negative class weight",
        ["class_weight", "negative"],
        of=CLASSIFIER,
        class_weight={0: -1.0, 1: 1.0},
    ),
]
PARAMETERS = [
    *(
        bad(f"{name}={value!r}", [name, *known, repr(value)], **{name: value})
        for name, value, known in [
            ("k_schedule", "steep", ["linear", "exponential", "piecewise", "constant"]),
            ("strategy", "hope", ["pare", "finetune", "scratch"]),
            ("gate", "open", ["learned", "random"]),
            ("finetune", "some", ["all", "norm", "lora", "none"]),
            ("lora_rank", 0, ["[1, inf)"]),
            ("numeric_embedding", "sine", ["'auto'", "'periodic'", "'piecewise-linear'"]),
            ("patch_size", 0.4, ["one feature or a part", "1/2", "'auto'"]),
            ("layer_decay", 0.0, ["(0.0, 1.0]"]),
            ("layer_decay", 1.5, ["(0.0, 1.0]"]),
            ("backbone", "spine", ["embedded"]),
            ("source", "well", ["auto", "digits"]),
            ("precision", "half", ["auto", "float32", "bfloat16"]),
            ("k_start", 1.5, ["[0.0, 1.0]"]),
            ("k_start", -0.1, ["[0.0, 1.0]"]),
            ("k_end", 2.0, ["[0.0, 1.0]"]),
            ("lr", 0.0, ["(0.0, inf)"]),
            ("n_estimators", 0, ["[1, inf)"]),
            ("callbacks", "epoch", ["list"]),
            ("backbone", 3, ["str", "Module"]),
        ]
    ),
    bad("k_end above k_start", ["k_end=0.9", "k_start=0.1", "falls"], k_start=0.1, k_end=0.9),
    *(
        bad(
            f"k schedule gives {value!r}",
            ["k schedule gave", repr(value), "[0, 1]"],
            k_schedule=lambda progress, value=value: value,
        )
        for value in (2.0, -0.5, np.nan, "much", None)
    ),
    *(
        bad(f"callbacks={value}", ["callbacks", "skorch"], TypeError, callbacks=value)
        for value in ([3], ["epoch"], [("name", 3)], [("name",)])
    ),
    bad("unknown device", ["device", "'nonsense'", "cpu"], device="nonsense"),
    bad("device not there", ["device", f"'{ABSENT}'", "cpu"], device=ABSENT),
    bad("unknown column", ["lacks: ['q']", "['a', 'b', 'c']"], X=TABLE, categorical_features=["q"]),
    bad("name for an array", ["lacks: ['a']", "0 to 2"], categorical_features=["a"]),
    bad("position too high", ["lacks: [3]", "0 to 2"], categorical_features=[1, 3]),
    bad("position negative", ["lacks: [-1]", "0 to 2"], categorical_features=[-1]),
    bad("nested positions", ["lacks: [[0]]", "0 to 2"], categorical_features=[[0]]),
    bad("mask of wrong length", ["2 entries", "3 columns"], categorical_features=[True, False]),
    bad(
        "mask of wrong length, DataFrame",
        ["4 entries", "3 columns"],
        X=TABLE,
        categorical_features=[True] * 4,
    ),
]
SOURCES = [
    bad(f"source: {name}", ["source", *words], source=source)
    for name, source, words in [
        ("one array", (IMAGES,), ["two arrays", "1 entries"]),
        ("three arrays", (IMAGES, DIGITS, DIGITS), ["two arrays", "3 entries"]),
        ("NaN", (np.full_like(IMAGES, np.nan), DIGITS), ["NaN or infinity", "remove"]),
        ("infinite", (np.full_like(IMAGES, np.inf), DIGITS), ["NaN or infinity"]),
        ("beyond float32", (np.full(IMAGES.shape, 1e300), DIGITS), ["too large", "rescale"]),
        ("complex", (IMAGES + 1j, DIGITS), ["real numbers", "complex"]),
        (
            "text",
            (["u", "v"], [0, 1]),
            ["texts", "tables (n_samples, n_features)", "language backbone"],
        ),
        ("text and number", (["u", 1.0], [0, 1]), ["texts", "1.0", "must be a str", "drop"]),
        ("text and None", (["u", None], [0, 1]), ["texts", "None", "drop"]),
        ("rows of text", ([["u"], ["v"]], [0, 1]), ["real numbers", "one a sample"]),
        ("ragged", ([[1.0], [1.0, 2.0]], [0, 1]), ["one shape"]),
        ("scalars", (3.0, 3), ["as many labels as samples", "()"]),
        ("empty", (IMAGES[:0], DIGITS[:0]), ["at least one", "(0, 1, 8, 8)"]),
        ("too few labels", (IMAGES, DIGITS[:3]), ["as many labels", "(50, 1, 8, 8)", "(3,)"]),
        ("2-D labels", (IMAGES, np.ones((50, 2))), ["as many labels", "(50, 2)"]),
        ("NaN label", (IMAGES, np.where(DIGITS, np.nan, 0)), ["y_s misses labels", "drop"]),
        ("None label", (IMAGES, LOOSE_LABELS), ["y_s misses labels"]),
        ("NA label", (IMAGES, pd.array(LOOSE_LABELS, "Int64")), ["y_s misses labels"]),
        ("mixed labels", (IMAGES, np.array(["u", *range(49)], object)), ["of one kind"]),
        (
            "one number each",
            (IMAGES[:, 0, 0, 0], DIGITS),
            ["(1,)", "tables (n_samples"],
        ),
        ("volumes", (IMAGES[:, None], DIGITS), ["(1, 1, 1, 8, 8)", "height, width)"]),
    ]
]
BACKBONES = [
    *(
        bad(f"backbone: {name}", ["backbone", *words], error, backbone=module)
        for name, module, error, words in [
            ("no part", nn.Linear(3, 3), TypeError, ["Linear", "width, source_embedder, encoder"]),
            ("no width", backbone(width=None), TypeError, ["lacks width;"]),
            ("no encoder", backbone(encoder=None), TypeError, ["lacks encoder;"]),
            ("no embedder", backbone(source_embedder=None), TypeError, ["lacks source_embedder;"]),
            ("width of text", backbone(width="64"), TypeError, ["'64'", "positive int"]),
            ("width 0", backbone(width=0), TypeError, ["is 0", "positive int"]),
            ("encoder no module", backbone(encoder=len), TypeError, ["encoder", "nn.Module"]),
            ("embedder no module", backbone(source_embedder=len), TypeError, ["nn.Module"]),
            ("width of another", backbone(width=32), ValueError, ["encoder", "d=32", "failed"]),
            (
                "encoder narrows",
                backbone(encoder=nn.Linear(64, 32)),
                ValueError,
                ["encoder", "same shape", "(2, 3, 64)", "(2, 3, 32)"],
            ),
        ]
    ),
    bad(
        "source embedder gives no tokens",
        ["source embedder Flatten", "(50, 1, 8, 8)", "(n_samples, n_s, d)", "gave (50, 64)"],
        backbone=backbone(source_embedder=nn.Flatten()),
    ),
    bad(
        "source embedder takes other samples",
        ["source embedder Linear", "(50, 1, 8, 8)", "failed"],
        backbone=backbone(source_embedder=nn.Linear(3, 64)),
    ),
    bad(
        "source embedder of another width",
        ["source embedder Sequential", "d=64", "gave (50, 64, 1)"],
        backbone=backbone(source_embedder=nn.Sequential(nn.Flatten(), nn.Unflatten(1, (64, 1)))),
    ),
]


CASES = [*TARGETS, *TABLES, *WEIGHTS_OF_SAMPLES, *PARAMETERS, *SOURCES, *BACKBONES]


@pytest.mark.parametrize(
    ("estimator_class", "changes", "error", "message"), [case for cases in CASES for case in cases]
)
def test_fit_refuses(estimator_class, changes, error, message):
    arguments = {"X": X, "y": LABELS, "sample_weight": None, **changes}
    data = [arguments.pop(name) for name in ("X", "y", "sample_weight")]
    model = estimator_class(**{**FAST, **arguments})
    with pytest.raises(error, match=message):
        model.fit(*data)
    with pytest.raises(NotFittedError):
        model.predict(X)


# Prediction


@pytest.fixture(scope="module", params=BOTH, ids=["classifier", "regressor"])
def fitted(request):
    """An estimator fitted on each of the tables, by name."""
    return {
        name: request.param(**FAST).fit(table, LABELS)
        for name, table in {"array": X, "table": TABLE, "text": TEXT}.items()
    }


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(
    ("name", "table", "error", "words"),
    [
        pytest.param(name, table, error, words, id=f"{id_} after {name}")
        for id_, name, table, error, words in [
            ("no rows", "array", X[:0], ValueError, ["0 sample(s)"]),
            ("no rows", "table", TABLE[:0], ValueError, ["0 sample(s)"]),
            ("1-D", "array", X[0], ValueError, ["Expected 2D array, got 1D", "reshape"]),
            ("3-D", "array", X[np.newaxis], ValueError, ["X has 3 axes"]),
            ("sparse", "array", sparse.csr_matrix(X), TypeError, ["Sparse data", "toarray"]),
            ("complex", "array", X + 1j, ValueError, ["Complex data not supported"]),
            ("objects", "array", OBJECTS, TypeError, ["real number", "Thing"]),
            ("dates", "array", np.tile(DAYS, (3, 1)).T, TypeError, ["dates", "numbers"]),
            ("text", "array", TEXT.to_numpy()[:, 1:], ValueError, ["text in it", "DataFrame"]),
            ("fewer columns", "array", X[:, :2], ValueError, ["has 2 features", "expecting 3"]),
            (
                "fewer columns",
                "table",
                TABLE[["a", "b"]],
                ValueError,
                ["missing", "- c", "fit saw 3 columns (a, b, c)", "X has 2 (a, b)"],
            ),
            (
                "more columns",
                "table",
                table_with(1),
                ValueError,
                ["unseen", "- z", "fit saw 3 columns (a, b, c)", "X has 4 (a, b, c, z)"],
            ),
            (
                "another order",
                "table",
                TABLE[["b", "a", "c"]],
                ValueError,
                ["same order", "fit saw 3 columns (a, b, c)", "X has 3 (b, a, c)"],
            ),
            (
                "another name",
                "table",
                TABLE.rename(columns={"b": "q"}),
                ValueError,
                ["- q", "- b", "fit saw 3 columns (a, b, c)", "X has 3 (a, q, c)"],
            ),
            ("text", "table", TABLE.assign(b="u"), ValueError, ["'b'", "numeric", "'u'"]),
            (
                "text category",
                "table",
                TABLE.assign(b=pd.Categorical(["u"] * N)),
                ValueError,
                ["'b'", "numeric", "'u'", "categories"],
            ),
            (
                "some text",
                "table",
                TABLE.assign(b=pd.Series([1.5, "u"] * (N // 2), dtype=object)),
                ValueError,
                ["'b'", "numeric", "'u'"],
            ),
            ("dates", "table", TABLE.assign(b=DAYS), TypeError, ["'b'", "dates", "numbers"]),
            (
                "durations",
                "table",
                TABLE.assign(b=DAYS - DAYS[0]),
                TypeError,
                ["'b'", "durations", "numbers"],
            ),
            ("complex column", "table", TABLE.assign(b=1j), ValueError, ["Complex", "'b'"]),
            ("dicts", "table", TABLE.assign(b=[{}] * N), ValueError, ["'b'", "numeric", "dict"]),
            ("dicts", "text", TEXT.assign(t=[{}] * N), TypeError, ["'t'", "strings or numbers"]),
            (
                "categories in an array",
                "text",
                TEXT.to_numpy(),
                ValueError,
                ["text in it ('u')", "DataFrame"],
            ),
            (
                "numbers in an array",
                "text",
                np.ones((N, 4)),
                ValueError,
                ["array", "1 columns of categories", "pass a DataFrame"],
            ),
        ]
    ],
)
def test_predict_refuses(fitted, name, table, error, words):
    model = fitted[name]
    for method in ("predict", "predict_proba", "gate_scores"):
        if hasattr(model, method):
            with pytest.raises(error, match=says(*words)):
                getattr(model, method)(table)


@pytest.mark.parametrize("estimator_class", BOTH)
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda model: model.predict(X), id="predict"),
        pytest.param(lambda model: model.gate_scores(X), id="gate_scores"),
        pytest.param(lambda model: model.net_, id="net_"),
    ],
)
def test_not_fitted(estimator_class, use):
    with pytest.raises(NotFittedError, match=r"not fitted yet. Call 'fit'"):
        use(estimator_class())


def test_not_fitted_probabilities():
    with pytest.raises(NotFittedError, match=r"not fitted yet. Call 'fit'"):
        PaReClassifier().predict_proba(X)


@pytest.mark.parametrize(
    "parameters", [{"strategy": "finetune"}, {"strategy": "scratch"}, {"gate": "random"}]
)
def test_no_gate_to_score_with(parameters):
    model = PaReClassifier(**FAST, **parameters).fit(X, LABELS)
    now = [f"{name}={value!r}" for name, value in parameters.items()]
    with pytest.raises(ValueError, match=says("no learned gate", "strategy='pare'", *now)):
        model.gate_scores(X)


# Fits that fail halfway


@pytest.mark.parametrize("estimator_class", BOTH)
@pytest.mark.parametrize("early_stopping", [True, False])
# After one epoch no step is left whose loss would tell.
@pytest.mark.parametrize("max_epochs", [1, 4])
def test_loss_that_explodes(estimator_class, early_stopping, max_epochs):
    model = estimator_class(
        **{**FAST, "max_epochs": max_epochs, "lr": 1e30, "early_stopping": early_stopping}
    )
    message = r"became (nan|inf) in epoch \d+, at the learning rate lr=1e\+30. Lower lr"
    with pytest.raises(FloatingPointError, match=message):
        model.fit(X, LABELS)
    with pytest.raises(NotFittedError):
        model.predict(X)


@pytest.mark.parametrize(
    ("bad_X", "bad_y", "parameters"),
    [
        pytest.param(X, spoiled(np.nan), {}, id="bad y"),
        pytest.param(X[:, :2] + 1j, LABELS, {}, id="bad X"),
        pytest.param(X[:, :2], LABELS, {"lr": 1e30, "max_epochs": 4}, id="loss explodes"),
        pytest.param(X, LABELS, {"n_estimators": 30}, id="bad folds"),
    ],
)
@pytest.mark.parametrize("warm_start", [False, True])
def test_a_failed_fit_leaves_the_earlier_one_whole(bad_X, bad_y, parameters, warm_start):
    model = PaReClassifier(**FAST, warm_start=warm_start).fit(X, LABELS)
    before, expected = dict(vars(model)), model.predict_proba(X)
    with pytest.raises((ValueError, FloatingPointError)):
        model.set_params(**parameters).fit(bad_X, bad_y)
    model.set_params(**{name: before[name] for name in parameters})
    assert vars(model) == before
    np.testing.assert_array_equal(model.predict_proba(X), expected)


# Going on from an earlier fit


@pytest.mark.parametrize(
    ("estimator_class", "table", "y", "parameters", "words"),
    [
        pytest.param(
            PaReClassifier,
            X,
            LABELS + 1,
            {},
            ["warm_start", "[1 2]", "[0 1]", "fit a new"],
            id="other classes",
        ),
        pytest.param(
            PaReClassifier,
            X,
            np.arange(N) % 3,
            {},
            ["warm_start", "[0 1 2]", "[0 1]", "fit a new"],
            id="more classes",
        ),
        pytest.param(
            PaReRegressor,
            X,
            np.column_stack([LABELS, LABELS]),
            {},
            ["warm_start", "2", "1", "fit a new"],
            id="more targets",
        ),
        pytest.param(
            PaReClassifier, X[:, :2], LABELS, {}, ["2 features", "expecting 3"], id="columns"
        ),
        pytest.param(
            PaReClassifier,
            X,
            LABELS,
            {"patch_size": 1},
            ["warm_start", "shapes", "fit a new"],
            id="patches",
        ),
        pytest.param(
            PaReClassifier,
            X,
            LABELS,
            {"numeric_embedding": "piecewise-linear"},
            ["warm_start", "numeric_embedding", "shapes", "fit a new"],
            id="embedding",
        ),
    ],
)
def test_warm_start_refuses_another_problem(estimator_class, table, y, parameters, words):
    model = estimator_class(**FAST, warm_start=True).fit(X, LABELS)
    before = model.predict(X)
    with pytest.raises(ValueError, match=says(*words)):
        model.set_params(**parameters).fit(table, y)
    np.testing.assert_array_equal(model.predict(X), before)


# Weights on disk


@pytest.fixture
def weights_copy(tmp_path):
    """The shipped weights and their checksum, in a folder of their own."""
    for path in (WEIGHTS, checksum_file(WEIGHTS)):
        shutil.copy(path, tmp_path)
    return tmp_path / WEIGHTS.name


def test_copied_weights_load(weights_copy):
    copied, shipped = load_embedded(0.0, weights=weights_copy), load_embedded(0.0)
    for name, tensor in shipped.state_dict().items():
        torch.testing.assert_close(copied.state_dict()[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("position", [0, 5000, -1])
def test_damaged_weights(weights_copy, position):
    data = bytearray(weights_copy.read_bytes())
    data[position] ^= 1
    weights_copy.write_bytes(data)
    with pytest.raises(
        ValueError, match=says(str(weights_copy), "damaged", "checksum", "Install pare-sklearn")
    ):
        load_embedded(0.0, weights=weights_copy)


@pytest.mark.parametrize("missing", ["weights", "checksum"])
def test_missing_weights(weights_copy, missing):
    path = weights_copy if missing == "weights" else checksum_file(weights_copy)
    path.unlink()
    with pytest.raises(ValueError, match=says(str(path), "missing", "Install pare-sklearn")):
        load_embedded(0.0, weights=weights_copy)
