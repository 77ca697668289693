"""Frames of pandas, polars and pyarrow are the same table, and what is no table is said to be."""

import datetime
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.modalities.table_encoder import TableEncoder

QUICK = {"n_estimators": 1, "max_epochs": 2, "random_state": 0, "source": "digits"}
RNG = np.random.default_rng(0)
N = 60
TABLE = pd.DataFrame(
    {
        "number": np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(size=N)),
        "count": RNG.integers(9, size=N),
        "flag": RNG.random(N) < 0.5,
        "text": RNG.choice(["u", "v", None], N),
        "category": pd.Categorical(RNG.choice(["a", "b"], N)),
    }
)
Y = (TABLE["text"] == "u").to_numpy().astype(int)
FRAMES = {
    "pandas": lambda table: table,
    "pandas, pyarrow": lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, nullable": lambda table: table.convert_dtypes(),
    "pandas, objects": lambda table: table.astype(object),
    "polars": pl.from_pandas,
    "pyarrow": lambda table: pa.Table.from_pandas(table, preserve_index=False),
}


@pytest.fixture(scope="module")
def expected():
    return PaReClassifier(**QUICK).fit(TABLE, Y).predict_proba(TABLE)


@pytest.mark.parametrize("name", FRAMES)
def test_all_frames_are_the_same_table(name, expected):
    frame = FRAMES[name](TABLE)
    model = PaReClassifier(**QUICK).fit(frame, Y)
    np.testing.assert_array_equal(model.predict_proba(frame), expected)
    np.testing.assert_array_equal(model.predict_proba(TABLE), expected)
    assert list(model.feature_names_in_) == list(TABLE.columns)
    assert model.n_features_in_ == 5


@pytest.mark.parametrize("name", FRAMES)
def test_a_model_of_pandas_predicts_for_all_frames(name, expected):
    model = PaReClassifier(**QUICK).fit(TABLE, Y)
    np.testing.assert_array_equal(model.predict_proba(FRAMES[name](TABLE)), expected)


@pytest.mark.parametrize("name", ["polars", "pyarrow"])
def test_other_columns_are_refused_by_name(name):
    model = PaReClassifier(**QUICK).fit(FRAMES[name](TABLE), Y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(FRAMES[name](TABLE.rename(columns={"flag": "flags"})))
    with pytest.raises(ValueError, match=r"fit saw 5 columns \(number, count, .*X has 4"):
        model.predict(FRAMES[name](TABLE.drop(columns="flag")))


@pytest.mark.parametrize("as_y", [pl.Series, pa.array, pd.Series])
def test_targets_are_taken_as_well(as_y, expected):
    model = PaReClassifier(**QUICK).fit(TABLE, as_y(Y))
    np.testing.assert_array_equal(model.predict_proba(TABLE), expected)
    numbers = as_y(TABLE["count"].to_numpy().astype(float))
    assert PaReRegressor(**QUICK).fit(TABLE, numbers).predict(TABLE).shape == (N,)


DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(days=day) for day in range(N)]
NO_NUMBERS = {
    "pandas dates": pd.DataFrame({"a": range(N), "t": pd.to_datetime(DAYS)}),
    "pandas dates with a zone": pd.DataFrame({"t": pd.to_datetime(DAYS).tz_localize("UTC")}),
    "pandas periods": pd.DataFrame({"t": pd.period_range("2020", periods=N)}),
    "pandas durations": pd.DataFrame({"t": pd.to_timedelta(range(N), unit="s")}),
    "pandas objects of dates": pd.DataFrame({"a": range(N), "t": DAYS}, dtype=object),
    "polars dates": pl.DataFrame({"a": range(N), "t": DAYS}),
    "polars times": pl.DataFrame({"t": [datetime.time(1)] * N}),
    "polars durations": pl.DataFrame({"t": [datetime.timedelta(1)] * N}),
    "pyarrow dates": pa.table({"t": DAYS}),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_dates_are_refused_alike(name):
    with pytest.raises(TypeError, match=r"Column 't' .* holds dates or durations; turn them"):
        PaReClassifier(**QUICK).fit(NO_NUMBERS[name], Y)


@pytest.mark.parametrize(
    "frame",
    [pl.DataFrame({"t": [[1, 2]] * N}), pa.table({"t": [{"a": 1}] * N})],
    ids=["lists", "structs"],
)
def test_several_values_in_a_cell_are_refused(frame):
    with pytest.raises(TypeError, match=r"Column 't' .* several values a row"):
        PaReClassifier(**QUICK).fit(frame, Y)


def test_what_is_no_frame_is_said_to_be():
    model = PaReClassifier(**QUICK).fit(TABLE, Y)
    rows = {
        "Series": TABLE.iloc[0],
        "polars": pl.Series([1.0, 2.0]),
        "dicts": [TABLE.iloc[0].to_dict()],
        "dict": TABLE.iloc[0].to_dict(),
    }
    for row in rows.values():
        with pytest.raises(ValueError, match="pass a DataFrame"):
            model.predict(row)
    with pytest.raises(TypeError, match=r"X\.collect"):
        model.predict(pl.from_pandas(TABLE).lazy())
    assert model.predict(TABLE.iloc[[0]]).shape == (1,)


def test_columns_of_one_name_are_columns():
    table = TABLE[["number", "text"]].set_axis(["x", "x"], axis=1)
    codes = TableEncoder().fit(table)
    assert (codes.numeric_, codes.categorical_) == ([0], [1])


CODES = {
    "text": ["1", "2", "10"],
    "dotted": ["1.0", "2.0", "10.0"],
    "numbers": [1, 2, 10],
    "floats": [1.0, 2.0, 10.0],
    "decimals": [Decimal(1), Decimal("2.0"), Decimal(10)],
}


@pytest.mark.parametrize("later", CODES)
@pytest.mark.parametrize("at_fit", CODES)
def test_a_category_in_another_dress_is_the_same(at_fit, later):
    def frame(name):
        return pd.DataFrame({"c": pd.Series(CODES[name] * 4, dtype=object)})

    encoder = TableEncoder(categorical_features=["c"]).fit(frame(at_fit))
    same = encoder.transform(frame(at_fit))[1]
    np.testing.assert_array_equal(encoder.transform(frame(later))[1], same)
    assert len(np.unique(same)) == 3


def test_flags_as_text_are_flags_and_postcodes_keep_their_zeros():
    flags = pd.DataFrame({"c": ["True", "False", None]})
    encoder = TableEncoder().fit(flags)
    later = pd.DataFrame({"c": pd.Series([True, False, None], dtype=object)})
    np.testing.assert_array_equal(encoder.transform(flags)[1], encoder.transform(later)[1])
    codes = TableEncoder().fit(pd.DataFrame({"c": ["01", "1", "1e0"]}))
    assert len(codes.categories_[0]) == 3


def warnings_of(frame, y=None, **parameters):
    n = len(frame)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        y = np.arange(n) % 2 if y is None else y
        PaReClassifier(**QUICK, linear_probe=False, **parameters).fit(frame, y)
    return [str(warning.message) for warning in told if warning.category is UserWarning]


def test_text_that_is_no_category_is_told_of_once():
    n = 100
    numbers = RNG.normal(size=n).round(3).astype(str).astype(object)
    dirty = numbers.copy()
    dirty[3] = "?"
    table = pd.DataFrame(
        {
            "ok": RNG.normal(size=n),
            "kind": RNG.choice(["a", "b", "c"], n),
            "month": RNG.integers(1, 13, size=n).astype(str),
            "price": numbers,
            "weight": dirty,
            "age": RNG.integers(90, size=n).astype(str),
            "id": [f"row {row}" for row in range(n)],
        }
    )
    for frame in (table, pl.from_pandas(table)):
        (told,) = warnings_of(frame)
        assert "['price', 'weight', 'age'] hold numbers stored as text" in told
        assert "pandas.to_numeric" in told
        assert "['id'] hold text of which nearly each row has its own" in told
        assert "skrub" in told
    assert warnings_of(table, categorical_features=["price", "weight", "age", "id"]) == []
    assert warnings_of(table[["ok", "kind", "month"]]) == []


@pytest.mark.parametrize(
    ("columns", "named", "message"),
    [
        ([5, 0], [0], "ambiguous"),
        (["a", "b"], [True, 1], "mixes"),
        (["a", "b"], ["a", 1], "mixes"),
        (["a", "b"], [0, True], "mixes"),
    ],
)
def test_columns_that_are_named_in_two_ways_are_refused(columns, named, message):
    frame = pd.DataFrame(RNG.integers(3, size=(N, 2)), columns=columns)
    with pytest.raises(ValueError, match=message):
        TableEncoder(named).fit(frame)


def test_numbers_that_are_names_at_their_positions_are_no_riddle():
    frame = pd.DataFrame(RNG.integers(3, size=(N, 3)))
    assert TableEncoder([1]).fit(frame).categorical_ == [1]
