"""What goes in: columns of every kind, missing values, labels and scales."""

import math
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.base import is_classifier

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.modalities.scaling import RobustSmoothClip
from pare_sklearn.data.modalities.table_encoder import TableEncoder
from pare_sklearn.sources import load_source

BOTH = [PaReClassifier, PaReRegressor]
# A few source samples are enough here, and quicker to embed.
SOURCE = tuple(array[:50] for array in load_source("digits"))
FAST = {"source": SOURCE, "n_estimators": 1, "max_epochs": 2, "device": "cpu", "random_state": 0}
LEARN = {**FAST, "max_epochs": 15, "lr": 1e-2}
N = 24
X = np.random.default_rng(0).normal(size=(N, 3)).round(2)

NUMERIC_COLUMNS = {
    "int": range(N),
    "float32 with NaN": pd.Series([0.5, np.nan] * (N // 2), dtype="float32"),
    "bool": [True, False] * (N // 2),
    "object bool with None": pd.Series([True, False, None] * (N // 3), dtype=object),
    "object numbers with None": pd.Series([1, 2.5, None] * (N // 3), dtype=object),
    "object decimals": [Decimal("1.5"), Decimal("2")] * (N // 2),
    "Int64 with NA": pd.array([1, 2, None] * (N // 3), dtype="Int64"),
    "Float64 with NA": pd.array([0.5, 2, None] * (N // 3), dtype="Float64"),
    "boolean with NA": pd.array([True, False, None] * (N // 3), dtype="boolean"),
    "all NaN": np.full(N, np.nan),
    "all NA": pd.array([None] * N, dtype="Int64"),
    "constant": np.full(N, 7.0),
    "one value, else NaN": [3.0] + [np.nan] * (N - 1),
    "huge": np.linspace(-1e300, 1e300, N),
    "tiny": np.linspace(-1e-300, 1e-300, N),
    "one outlier": [1e300] + [0.0, 1.0] * ((N - 1) // 2) + [2.0],
}
CATEGORICAL_COLUMNS = {
    "object text with None, NaN, NA": pd.Series(
        ["u", "v", None, np.nan, pd.NA, "w"] * (N // 6), dtype=object
    ),
    "object text and numbers": pd.Series(["u", 1, 2.5, True] * (N // 4), dtype=object),
    "str": ["u", "v"] * (N // 2),
    "string with NA": pd.array(["u", "v", None] * (N // 3), dtype="string"),
    "category of text with NaN": pd.Categorical(["u", "v", None] * (N // 3)),
    "category of numbers": pd.Categorical([3, 1, 2] * (N // 3), categories=[3, 1, 2, 9]),
    "category of intervals": pd.cut(np.arange(N), 3),
    "all None": pd.Series([None] * N, dtype=object),
    "one category": ["u"] * N,
    "every row another": [f"u{i}" for i in range(N)],
}
COLUMNS = {**NUMERIC_COLUMNS, **CATEGORICAL_COLUMNS}
NAMES = ["x", "code", "z"]
WITH_CODES = np.column_stack([X[:, 0], np.arange(N) % 4, X[:, 1]])


def targets(estimator_class, n=N):
    return np.arange(n) % 3 if estimator_class is PaReClassifier else np.linspace(-1, 5, n)


def outputs(model, X):
    return model.predict_proba(X) if is_classifier(model) else model.predict(X)


def assert_predicts(model, X):
    """Predictions are finite, of the right shape, and of known classes."""
    n = len(X)
    predicted = model.predict(X)
    assert predicted.shape == (n,)
    assert np.isfinite(outputs(model, X)).all()
    if is_classifier(model):
        probabilities = model.predict_proba(X)
        assert probabilities.shape == (n, len(model.classes_))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        np.testing.assert_array_equal(predicted, model.classes_[probabilities.argmax(axis=1)])


@pytest.fixture(scope="module", params=BOTH)
def on_array(request):
    """An estimator of each kind, fitted on `X`."""
    return request.param(**FAST).fit(X, targets(request.param))


# Columns


@pytest.mark.parametrize("estimator_class", BOTH)
@pytest.mark.parametrize("name", COLUMNS)
def test_column_alone(estimator_class, name):
    table = pd.DataFrame({name: COLUMNS[name]})
    model = estimator_class(**FAST).fit(table, targets(estimator_class))
    assert model.modality_.encoder_.categorical_ == ([0] if name in CATEGORICAL_COLUMNS else [])
    assert_predicts(model, table)


@pytest.mark.parametrize("estimator_class", BOTH)
def test_columns_together(estimator_class):
    table = pd.DataFrame(COLUMNS)
    model = estimator_class(**FAST, n_features_to_select=None).fit(table, targets(estimator_class))
    assert model.modality_.encoder_.numeric_ == list(range(len(NUMERIC_COLUMNS)))
    assert model.feature_names_in_.tolist() == list(COLUMNS)
    assert_predicts(model, table)
    nothing = pd.DataFrame(None, index=range(3), columns=table.columns, dtype=object)
    assert_predicts(model, nothing)


@pytest.mark.parametrize("estimator_class", BOTH)
def test_only_categories(estimator_class):
    table = pd.DataFrame(CATEGORICAL_COLUMNS)
    assert_predicts(estimator_class(**FAST).fit(table, targets(estimator_class)), table)


@pytest.mark.parametrize("estimator_class", BOTH)
def test_wide_table(estimator_class):
    wide = np.random.default_rng(0).normal(size=(N, 200))
    model = estimator_class(**FAST).fit(wide, targets(estimator_class))
    assert model.n_patches_ == 64
    assert_predicts(model, wide)


@pytest.mark.parametrize("n_features", [1, 2, 3, 7, 15, 16, 17, 33])
def test_narrow_tables_get_the_fewest_patches_from_16_on(n_features):
    table = np.random.default_rng(0).normal(size=(N, n_features))
    model = PaReClassifier(**FAST).fit(table, targets(PaReClassifier))
    r, remainder = divmod(model.n_patches_, n_features)
    assert remainder == 0
    assert model.n_patches_ >= 16
    assert (r - 1) * n_features < 16 or r == 1
    scores = model.gate_scores(table[:5])
    assert scores.shape == (5, model.n_patches_)
    assert ((scores > 0) & (scores < 1)).all()


# Categories


@pytest.fixture(scope="module")
def on_categories():
    """A classifier of a table with a column of 0 and 1 and one of u, v and missing."""
    table = pd.DataFrame(
        {
            "digit": pd.Categorical([0, 1] * (N // 2)),
            "text": pd.Categorical(["u", "v", None] * (N // 3)),
            "x": X[:, 0],
        }
    )
    return PaReClassifier(**FAST).fit(table, targets(PaReClassifier)), table


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        ("digit", "int64"),
        ("digit", "float32"),
        ("digit", "bool"),
        ("digit", "object"),
        ("digit", "Int64"),
        ("digit", "boolean"),
        ("digit", "str"),
        ("digit", pd.CategoricalDtype([2, 1, 0])),
        ("text", "object"),
        ("text", "string"),
        ("text", pd.CategoricalDtype(["w", "v", "u"])),
    ],
)
def test_category_is_the_same_in_any_dtype(on_categories, column, dtype):
    model, table = on_categories
    changed = table.assign(**{column: table[column].astype(dtype)})
    np.testing.assert_array_equal(model.predict_proba(changed), model.predict_proba(table))


def test_booleans_as_objects_are_the_same_categories(on_categories):
    model, table = on_categories
    flags = pd.Series(table["digit"].astype(bool).tolist(), dtype=object)
    np.testing.assert_array_equal(
        model.predict_proba(table.assign(digit=flags)), model.predict_proba(table)
    )


def test_unseen_categories_are_all_alike(on_categories):
    model, table = on_categories
    unseen = {
        name: model.predict_proba(table.assign(text=name)) for name in ("u", "w", "another", 5)
    }
    assert np.isfinite(unseen["w"]).all()
    np.testing.assert_array_equal(unseen["w"], unseen["another"])
    np.testing.assert_array_equal(unseen["w"], unseen[5])
    assert not np.array_equal(unseen["w"], unseen["u"])
    assert not np.array_equal(unseen["w"], model.predict_proba(table.assign(text=None)))


@pytest.mark.parametrize("estimator_class", BOTH)
def test_names_of_categories_do_not_matter(estimator_class):
    y = targets(estimator_class)
    letters = pd.Series(["a", "b", "c", "d"] * (N // 4))
    fits = []
    # In the same order, so that the codes stay the same.
    for names in (["a", "b", "c", "d"], ["north", "of", "the", "wall"], [2, 3, 5, 7]):
        renamed = letters.map(dict(zip("abcd", names, strict=True))).astype("category")
        table = pd.DataFrame({"x": X[:, 0], "letter": renamed})
        fits.append(outputs(estimator_class(**FAST).fit(table, y), table))
    np.testing.assert_array_equal(fits[0], fits[1])
    np.testing.assert_array_equal(fits[0], fits[2])


@pytest.mark.parametrize("as_table", [np.asarray, lambda array: pd.DataFrame(array, columns=NAMES)])
@pytest.mark.parametrize("named", [[1], [False, True, False], np.array([False, True, False])])
def test_categorical_features_by_position_and_mask(as_table, named):
    table = as_table(WITH_CODES)
    y = targets(PaReClassifier)
    model = PaReClassifier(categorical_features=named, **FAST).fit(table, y)
    assert model.modality_.encoder_.categorical_ == [1]
    by_position = PaReClassifier(categorical_features=[1], **FAST).fit(WITH_CODES, y)
    np.testing.assert_array_equal(model.predict_proba(table), by_position.predict_proba(WITH_CODES))


@pytest.mark.parametrize("named", [["code"], pd.Index(["code"]), np.array(["code"])])
def test_categorical_features_by_name(named):
    table = pd.DataFrame(WITH_CODES, columns=NAMES)
    model = PaReClassifier(categorical_features=named, **FAST).fit(table, targets(PaReClassifier))
    assert model.modality_.encoder_.categorical_ == [1]
    assert_predicts(model, table)


def test_columns_not_named_but_of_text_are_categories_too():
    table = pd.DataFrame({"x": X[:, 0], "text": ["u", "v"] * (N // 2), "code": np.arange(N) % 4})
    assert TableEncoder(categorical_features=["code"]).fit(table).categorical_ == [1, 2]


def test_codes_of_the_encoder():
    fitted = pd.DataFrame({"x": [0.0, 1.0, 2.0, np.nan], "text": ["v", "u", None, "w"]})
    encoder = TableEncoder().fit(fitted)
    numbers, codes = encoder.transform(fitted)
    assert codes.ravel().tolist() == [3, 2, 1, 4]
    np.testing.assert_array_equal(np.isnan(numbers.ravel()), [False, False, False, True])
    assert encoder.cardinalities_ == [5]
    unseen = pd.DataFrame({"x": [1.0, 1.0, 1.0], "text": ["q", "w", np.nan]})
    assert encoder.transform(unseen)[1].ravel().tolist() == [0, 4, 1]
    assert (numbers.dtype, codes.dtype) == (np.float32, np.int64)


def test_bins_of_a_column_hold_about_as_many_samples():
    skewed = np.random.RandomState(0).exponential(size=(1000, 1)) ** 3
    encoder = TableEncoder().fit(skewed)
    (edges,), (numbers, _) = encoder.edges_, encoder.transform(skewed)
    counts, _ = np.histogram(numbers, edges)
    assert len(counts) == 16
    # The lowest bins are so narrow that rounding moves samples across their edges.
    np.testing.assert_allclose(counts[4:], 1000 / 16, atol=3)
    assert edges[0] == pytest.approx(numbers.min(), abs=1e-4)
    assert edges[-1] == pytest.approx(numbers.max(), abs=1e-4)


@pytest.mark.parametrize(
    ("column", "n_edges"),
    [
        ([0.0, 1.0] * 50, 2),
        ([0.0] * 98 + [1.0, 2.0], 2),
        ([0.0] * 50 + [1.0] * 40 + [2.0] * 10, 3),
        ([7.0] * 100, 2),
        ([np.nan] * 100, 2),
        ([np.nan] * 99 + [1.0], 2),
        ([0.0, 1e-300] * 25 + [1.0] * 50, 2),
        (list(range(8)), 3),
        (list(range(20)), 6),
    ],
)
def test_bins_where_values_or_samples_are_few(column, n_edges):
    encoder = TableEncoder().fit(np.array(column, dtype=np.float64)[:, np.newaxis])
    (edges,) = encoder.edges_
    assert len(edges) == n_edges
    assert np.isfinite(edges).all()
    assert np.diff(edges).min() > 0.99e-4


@pytest.mark.parametrize(
    ("estimator_class", "auto", "other"),
    [
        (PaReClassifier, "periodic", "piecewise-linear"),
        (PaReRegressor, "piecewise-linear", "periodic"),
    ],
)
def test_the_embedding_of_numbers_follows_the_task_unless_it_is_chosen(
    estimator_class, auto, other
):
    X = np.random.RandomState(0).normal(size=(60, 3))
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    settings = {"n_estimators": 1, "max_epochs": 10, "linear_probe": False, "random_state": 0}
    default, same, chosen = (
        estimator_class(**settings, **choice).fit(X, y)._outputs(X)
        for choice in ({}, {"numeric_embedding": auto}, {"numeric_embedding": other})
    )
    np.testing.assert_array_equal(default, same)
    assert abs(default - chosen).max() > 1e-3


@pytest.mark.parametrize("numeric_embedding", ["periodic", "piecewise-linear"])
@pytest.mark.parametrize("strategy", ["pare", "orca", "finetune", "scratch"])
def test_both_embeddings_learn_with_every_strategy(numeric_embedding, strategy):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(150, 3))
    X[::10, 1] = np.nan
    y = np.where(X[:, 0] > 0, 2.0, -1.0) + 0.1 * rng.normal(size=150)
    model = PaReRegressor(
        strategy=strategy,
        numeric_embedding=numeric_embedding,
        n_estimators=1,
        max_epochs=30,
        random_state=0,
    )
    assert model.fit(X[:100], y[:100]).score(X[100:], y[100:]) > 0.8


def test_large_numbers_as_categories_are_kept_apart():
    # Neighbours that float64 cannot tell.
    numbers = pd.DataFrame({"id": pd.Categorical([2**53, 2**53 + 1, 2**53 + 2])})
    encoder = TableEncoder().fit(numbers)
    assert len(set(encoder.transform(numbers)[1].ravel())) == 3


# Learning


def test_missingness_is_learned():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(300, 3))
    table[rng.random(table.shape) < 0.4] = np.nan
    y = np.isnan(table[:, 1])
    model = PaReClassifier(**LEARN).fit(table[:200], y[:200])
    assert model.score(table[200:], y[200:]) > 0.9


def test_category_is_learned():
    rng = np.random.default_rng(0)
    letters = rng.choice(list("abcdef"), size=300)
    table = pd.DataFrame({"x": rng.normal(size=300), "letter": letters})
    y = np.isin(letters, ["a", "c", "f"])  # no order of the letters tells
    model = PaReClassifier(**LEARN).fit(table[:200], y[:200])
    assert model.score(table[200:], y[200:]) > 0.9


# Targets


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        pytest.param(np.array(["no", "yes"]), ["no", "yes"], id="text array"),
        pytest.param(["no", "yes"], ["no", "yes"], id="text list"),
        pytest.param(np.array(["no", "yes"], dtype=object), ["no", "yes"], id="object text"),
        pytest.param(np.array([False, True]), [False, True], id="bool"),
        pytest.param(np.array([-5, 3], dtype=np.int8), [-5, 3], id="int8"),
        pytest.param(np.array([1.0, 2.0]), [1.0, 2.0], id="whole floats"),
        pytest.param(pd.Series([7, 9], index=[5, 5]), [7, 9], id="Series with another index"),
        pytest.param(pd.Series(["no", "yes"], dtype="category"), ["no", "yes"], id="category"),
        pytest.param(pd.Series(["no", "yes"], dtype="string"), ["no", "yes"], id="string"),
        pytest.param(pd.Series([7, 9], dtype="Int64"), [7, 9], id="Int64"),
    ],
)
def test_labels(labels, classes):
    rows = (np.random.default_rng(0).random(80) < 0.5).astype(int)
    table = np.column_stack([2.0 * rows, np.ones(80)])
    if isinstance(labels, list):
        y = [labels[row] for row in rows]
    else:
        y = labels.iloc[rows] if isinstance(labels, pd.Series) else labels[rows]
    model = PaReClassifier(**LEARN).fit(table, y)
    assert model.classes_.tolist() == classes
    np.testing.assert_array_equal(model.predict(table), model.classes_[rows])


def test_one_target_or_several():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(200, 3))
    y = table @ rng.normal(size=(3, 3)) * [1, 1e4, 1e-4] + [0, 1e5, 0]
    model = PaReRegressor(**LEARN).fit(table, y)
    assert model.predict(table).shape == y.shape
    residual = ((model.predict(table) - y) ** 2).mean(axis=0) / y.var(axis=0)
    assert (residual < 0.3).all()
    one = PaReRegressor(**FAST)
    assert one.fit(table, y[:, 0]).predict(table).shape == (200,)
    assert one.fit(table, y[:, :1]).predict(table).shape == (200, 1)


@pytest.mark.parametrize(("factor", "shift"), [(2.0**20, 0.0), (1e-9, 0.0), (3e6, 4e8)])
def test_predictions_are_in_units_of_y(factor, shift):
    y = X[:, 0] + 0.1 * X[:, 1]
    plain = PaReRegressor(**FAST).fit(X, y).predict(X)
    moved = PaReRegressor(**FAST).fit(X, factor * y + shift).predict(X)
    np.testing.assert_allclose((moved - shift) / factor, plain, atol=1e-4 * y.std())


def test_constant_target():
    predicted = PaReRegressor(**LEARN).fit(X, np.full(N, 1e5)).predict(X)
    np.testing.assert_allclose(predicted, 1e5, atol=1)


# Scales and formats


def test_units_of_columns_do_not_matter(on_array):
    # By powers of two, so that scaling rounds nothing.
    scaled = X * [2.0**500, 2.0**-500, 2.0]
    model = type(on_array)(**FAST).fit(scaled, targets(type(on_array)))
    np.testing.assert_array_equal(outputs(model, scaled), outputs(on_array, X))


@pytest.mark.parametrize(
    "convert",
    [
        pytest.param(lambda table: table.astype(np.float32), id="float32"),
        pytest.param(lambda table: table.astype(np.int64), id="int64"),
        pytest.param(lambda table: table.astype(np.int8), id="int8"),
        pytest.param(lambda table: table.astype(object), id="object"),
        pytest.param(np.asfortranarray, id="Fortran order"),
        pytest.param(lambda table: np.repeat(table, 2, axis=0)[::2], id="strided"),
        pytest.param(lambda table: table.tolist(), id="list of lists"),
        pytest.param(lambda table: [tuple(row) for row in table], id="list of tuples"),
        pytest.param(pd.DataFrame, id="DataFrame"),
        pytest.param(lambda table: pd.DataFrame(table).astype("Int64"), id="Int64"),
        pytest.param(lambda table: pd.DataFrame(table, dtype=object), id="object DataFrame"),
    ],
)
def test_format_of_the_table_does_not_matter(convert):
    table = np.random.default_rng(0).integers(-9, 9, size=(N, 3)).astype(float)
    y = targets(PaReClassifier)
    expected = PaReClassifier(**FAST).fit(table, y).predict_proba(table)
    model = PaReClassifier(**FAST).fit(convert(table), y)
    np.testing.assert_array_equal(model.predict_proba(convert(table)), expected)
    np.testing.assert_array_equal(model.predict_proba(table), expected)


def test_missing_values_are_the_same_in_any_format():
    gaps = np.where(X > 0.5, np.nan, X)
    y = targets(PaReClassifier)
    model = PaReClassifier(**FAST).fit(gaps, y)
    expected = model.predict_proba(gaps)
    as_none = np.where(np.isnan(gaps), None, gaps.astype(object))
    for table in (as_none, as_none.tolist(), pd.DataFrame(gaps).astype("Float64")):
        np.testing.assert_array_equal(model.predict_proba(table), expected)


def test_rows_are_predicted_on_their_own(on_array):
    # More than a batch, and no whole number of blocks.
    table = np.random.default_rng(1).normal(size=(1500, 3))
    table[::7, 1] = np.nan
    whole = outputs(on_array, table)
    for rows in (
        slice(0, 1),
        slice(3, 10),
        slice(0, 16),
        slice(40, 57),
        slice(100, 1200),
        slice(1490, None),
        np.random.default_rng(2).permutation(1500),
    ):
        np.testing.assert_array_equal(outputs(on_array, table[rows]), whole[rows])


@pytest.mark.parametrize("infinity", [np.inf, -np.inf])
@pytest.mark.parametrize(
    "as_table",
    [
        pytest.param(np.asarray, id="array"),
        pytest.param(lambda table: table.tolist(), id="list"),
        pytest.param(lambda table: pd.DataFrame(table), id="DataFrame"),
        pytest.param(lambda table: pd.DataFrame(table).astype("Float64"), id="Float64"),
        pytest.param(lambda table: pd.DataFrame(table).astype(object), id="object"),
    ],
)
@pytest.mark.parametrize("estimator_class", BOTH)
def test_infinities_are_rejected(estimator_class, as_table, infinity):
    bad = X.copy()
    bad[5, 1] = infinity
    y = targets(estimator_class)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        estimator_class(**FAST).fit(as_table(bad), y)
    model = estimator_class(**FAST).fit(as_table(X), y)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        model.predict(as_table(bad))


def test_infinite_columns_are_named():
    table = pd.DataFrame({"text": ["u", "v"], "x": [1.0, np.inf], "y": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"infinity in \['x'\]; put numbers .* or NaN"):
        TableEncoder().fit(table)


# The robust scaling


def robust_smooth_clip(fitted, column):
    """The definition, for one column: one number after the other."""
    present = sorted(value for value in fitted if not math.isnan(value))
    if not present:
        return [math.nan for _ in column]
    missing = math.nan if len(present) < len(fitted) else 0.0
    if present[0] == present[-1]:
        return [missing if math.isnan(value) else 0.0 for value in column]

    def quantile(share):
        position = share * (len(present) - 1)
        below = math.floor(position)
        above = min(below + 1, len(present) - 1)
        return present[below] + (position - below) * (present[above] - present[below])

    spread = quantile(0.75) - quantile(0.25) or (present[-1] - present[0]) / 2
    z = [(value - quantile(0.5)) / spread for value in column]
    z = [missing if math.isnan(value) else max(-1e6, min(1e6, value)) for value in z]
    return [value / math.sqrt(1 + (value / 3) ** 2) for value in z]


# On a grid, so that no two numbers differ by rounding alone.
GRID = st.one_of(st.just(math.nan), st.integers(-800, 800).map(lambda i: i / 8), st.just(1e9))


@settings(deadline=None)
@given(st.data(), array_shapes(min_dims=2, max_dims=2, max_side=9))
def test_scaling_is_that_of_the_definition(data, shape):
    fitted, other = (data.draw(arrays(float, shape, elements=GRID)) for _ in range(2))
    scaler = RobustSmoothClip().fit(fitted)
    expected = [robust_smooth_clip(*columns) for columns in zip(fitted.T, other.T, strict=True)]
    np.testing.assert_allclose(scaler.transform(other).T, expected, rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(
    arrays(
        float, st.tuples(st.integers(1, 12), st.just(1)), elements=st.floats(allow_infinity=False)
    )
)
@example(np.array([[-1.7e308], [-1.7e308], [1.7e308], [1.7e308]]))  # their difference overflows
@example(np.array([[0.0], [5e-324], [math.nan]]))
def test_scaling_holds_for_every_float(column):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaled = RobustSmoothClip().fit(column).transform(column)
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(column))
    in_order = scaled[np.argsort(column, axis=0).ravel()]
    in_order = in_order[~np.isnan(in_order)]
    assert (np.abs(in_order) <= 3).all()
    assert (np.diff(in_order) >= -1e-12).all()
