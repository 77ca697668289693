"""Data and parameters drawn at random: what fit must take, and ways to spoil it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st
from scipy import sparse

from pare_sklearn import PaReClassifier, PaReRegressor

TRIVIAL = {"n_estimators": 1, "max_epochs": 1, "device": "cpu", "random_state": 0}


@dataclass(frozen=True)
class Call:
    """A call of fit."""

    estimator_class: type
    X: Any
    y: Any
    weights: Any = None
    parameters: dict = field(default_factory=dict)

    def build(self) -> Any:
        return self.estimator_class(**TRIVIAL | self.parameters)


COLUMNS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "missing": lambda rng, n: np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
    "empty": lambda rng, n: np.full(n, np.nan),
    "constant": lambda rng, n: np.full(n, 7.5),
    "huge": lambda rng, n: rng.normal(size=n) * 1e300,
    "far": lambda rng, n: 1.7e9 + rng.normal(size=n),
    "tiny": lambda rng, n: rng.normal(size=n) * 1e-300,
    "counts": lambda rng, n: rng.poisson(2, size=n),
    "outlier": lambda rng, n: np.where(np.arange(n) == 0, 1e12, rng.normal(size=n)),
    "flags": lambda rng, n: rng.random(n) < 0.5,
}
WORDS = {
    "text": lambda rng, n: rng.choice(["u", "v", "ß"], n).astype(object),
    "gaps": lambda rng, n: rng.choice(np.array(["u", "v", None], dtype=object), n),
    "one": lambda rng, n: np.full(n, "same", dtype=object),
    "codes": lambda rng, n: rng.choice(["1", "2", "03"], n).astype(object),
}
FRAMES = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}


@st.composite
def tables(draw, n):
    """Arrays of numbers, and frames of all libraries."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    kinds = draw(st.lists(st.sampled_from([*COLUMNS]), min_size=1, max_size=4))
    columns = [COLUMNS[kind](rng, n) for kind in kinds]
    container = draw(st.sampled_from(["array", "list", *FRAMES]))
    if container in ("array", "list"):
        array = np.column_stack([column.astype(np.float64) for column in columns])
        return array.tolist() if container == "list" else array
    words = draw(st.lists(st.sampled_from([*WORDS]), max_size=2))
    columns += [WORDS[kind](rng, n) for kind in words]
    frame = pd.DataFrame({f"c{j}": column for j, column in enumerate(columns)})
    return FRAMES[container](frame)


@st.composite
def grids(draw, n):
    """Sequences, also of several lengths, and images."""
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    n_channels = draw(st.integers(1, 2))
    kind = draw(st.sampled_from(["sequence", "ragged", "objects", "image", "bytes"]))
    if kind in ("image", "bytes"):
        X = rng.normal(size=(n, n_channels, draw(st.integers(2, 6)), draw(st.integers(2, 6))))
        return (X * 40 + 128).clip(0, 255).astype(np.uint8) if kind == "bytes" else X
    X = COLUMNS[draw(st.sampled_from(["normal", "missing", "far", "huge", "constant", "empty"]))](
        rng, n * n_channels * 12
    ).reshape(n, n_channels, 12)
    if kind == "sequence":
        return X
    series = [row[:, : 6 + i % 7] for i, row in enumerate(X)]
    if kind == "ragged":
        return series
    objects = np.empty(n, dtype=object)
    objects[:] = series
    return objects


@st.composite
def class_targets(draw, n):
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    codes = np.arange(n) % draw(st.integers(2, 3))
    rng.shuffle(codes)
    kind = draw(st.sampled_from(["int", "text", "object", "float", "bool", "column", "labels"]))
    made = {
        "int": lambda: codes * 5 - 3,
        "text": lambda: np.array(["b", "a", "c"])[codes],
        "object": lambda: np.array(["b", "a", "c"], dtype=object)[codes],
        "float": lambda: codes.astype(float),
        "bool": lambda: codes > 0,
        "column": lambda: codes,
        "labels": lambda: np.stack([codes > 0, codes == 0], axis=1).astype(int),
    }
    y = made[kind]()
    return draw(st.sampled_from([y, y.tolist(), pd.Series(y)])) if y.ndim == 1 else y


@st.composite
def number_targets(draw, n):
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    factor = draw(st.sampled_from([1.0, 1e-200, 1e6, 1e200]))
    y = rng.normal(size=(n, 2)) * factor + draw(st.sampled_from([0.0, 1e9])) * factor
    return y if draw(st.booleans()) else y[:, 0]


@st.composite
def parameters(draw):
    """Parameters that all go together."""
    return draw(
        st.fixed_dictionaries(
            {"strategy": st.sampled_from(["finetune", "finetune", "pare", "scratch"])},
            optional={
                "source": st.sampled_from(["digits", ("digits",)]),
                "k_start": st.sampled_from([0.0, 0.5, 1.0]),
                "k_schedule": st.sampled_from(["linear", "constant", "piecewise"]),
                "gate": st.sampled_from(["learned", "random"]),
                "linear_probe": st.booleans(),
                "n_estimators": st.integers(1, 2),
                "batch_size": st.integers(1, 40),
                "early_stopping": st.booleans(),
                "augmentation": st.sampled_from([None, "patchmix", "patch_dropout"]),
                "layer_decay": st.sampled_from([0.5, 1.0]),
                "finetune": st.sampled_from(["all", "norm", "none"]),
                "lr": st.sampled_from([1e-4, 1e-2]),
            },
        )
    ).copy()


@st.composite
def calls(draw):
    """Calls that must succeed."""
    n = draw(st.integers(12, 24))
    X = draw(st.one_of(tables(n), grids(n)))
    settings = draw(parameters())
    if isinstance(settings.get("source"), tuple):
        settings["source"] = [*settings["source"]]
    weights = draw(st.sampled_from([None, np.ones(n), np.arange(1, n + 1) / n]))
    if draw(st.booleans()):
        return Call(PaReClassifier, X, draw(class_targets(n)), weights, settings)
    return Call(PaReRegressor, X, draw(number_targets(n)), weights, settings)


GARBAGE = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=3),
        st.binary(max_size=3), st.complex_numbers(), st.dates(), st.just(object()),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=2), inner, max_size=3),
        st.tuples(inner, inner), st.sets(st.integers(0, 3), max_size=3),
    ),
    max_leaves=12,
)  # fmt: skip


def put(X: Any, value: Any) -> Any:
    """Spoil the first entry."""
    if isinstance(X, np.ndarray) and X.dtype != object:
        X = X.astype(np.result_type(X, type(value)))
        X[(0,) * X.ndim] = value
        return X
    return [value, *list(X)[1:]] if isinstance(X, list) else np.full((len(X), 2), value)


PARAMETER_FAULTS = {
    "strategy": ["hope", None, 3], "source": ["nowhere", 5, [], ("a",)], "k_start": [-0.1, 2, "x"],
    "k_end": [0.9, -1], "k_schedule": ["steep", 4, lambda progress: 7.0],
    "gate": ["open"], "mix_weight": [-1, "a"], "finetune": ["some"], "lora_rank": [0, 1.5],
    "layer_decay": [0.0, 2.0], "linear_probe": ["yes"], "n_estimators": [0, -1, 2.5, "many", 1000],
    "max_epochs": [0, "long"], "patience": [0], "validation_fraction": [0, 1, 2],
    "batch_size": [0, 1.5, "big"], "lr": [0, -1, "fast", float("nan")], "weight_decay": [-1],
    "dropout": [1.0, -0.1], "loss": ["hinge", 3], "augmentation": ["blur"],
    "callbacks": ["stop", [3], [("a", 3)]], "modality": ["video"], "patch_size": [0, 0.4, "x"],
    "categorical_features": [["q"], [99], [True], "all"], "numeric_embedding": ["sine"],
    "n_jobs": [0, "x"], "device": ["cuda:99", "toaster", 3], "precision": ["int8"],
    "backbone": ["spine", 3, None], "random_state": ["x", -1], "verbose": ["x", -1],
}  # fmt: skip
DATA_FAULTS = [
    lambda c: replace(c, X=put(c.X, np.inf)),
    lambda c: replace(c, X=put(c.X, 1j)),
    lambda c: replace(c, X=list(c.X)[:-1] if hasattr(c.X, "__len__") else c.X),
    lambda c: replace(c, X=[]),
    lambda c: replace(c, X=np.zeros((0, 3))),
    lambda c: replace(c, X=np.zeros((len(c.y), 0))),
    lambda c: replace(c, X=np.zeros(len(c.y))),
    lambda c: replace(c, X=np.zeros((len(c.y), 1, 0))),
    lambda c: replace(c, X=np.zeros((len(c.y), 1, 1, 1, 1))),
    lambda c: replace(c, X=np.full((len(c.y), 2), "text")),
    lambda c: replace(c, X=np.full((len(c.y), 2), np.datetime64("2020-01-01"))),
    lambda c: replace(c, X=pd.DataFrame({"t": pd.date_range("2020", periods=len(c.y))})),
    lambda c: replace(c, X=pl.DataFrame({"t": [[1]] * len(c.y)})),
    lambda c: replace(c, X=[{"a": 1}] * len(c.y)),
    lambda c: replace(c, X=[[1, 2], [3]] * (len(c.y) // 2) + [[1]] * (len(c.y) % 2)),
    lambda c: replace(c, X=sparse.csr_matrix(np.eye(len(c.y)))),
    lambda c: replace(c, X=pd.Series(range(len(c.y)))),
    lambda c: replace(c, X=pl.DataFrame({"a": range(len(c.y))}).lazy()),
    lambda c: replace(c, y=None),
    lambda c: replace(c, y=list(c.y)[:-1]),
    lambda c: replace(c, y=[None, *list(c.y)[1:]]),
    lambda c: replace(c, y=[np.nan, *np.arange(len(c.y) - 1.0)]),
    lambda c: replace(c, y=[np.inf, *np.arange(len(c.y) - 1.0)]),
    lambda c: replace(c, y=[["a"], ["b", "c"]] * (len(c.y) // 2)),
    lambda c: replace(c, y=np.zeros((len(c.y), 2, 2, 2, 2))),
    lambda c: replace(c, y=np.full(len(c.y), 1j)),
    lambda c: replace(c, weights=-np.ones(len(c.y))),
    lambda c: replace(c, weights=np.zeros(len(c.y))),
    lambda c: replace(c, weights=np.ones(len(c.y) + 1)),
    lambda c: replace(c, weights=np.full(len(c.y), np.nan)),
    lambda c: replace(c, weights="heavy"),
]


@st.composite
def spoiled_calls(draw):
    """Calls of which something is wrong, or nothing that anybody foresaw."""
    call = draw(calls())
    way = draw(st.sampled_from(["data", "parameter", "X", "y", "weights"]))
    if way == "data":
        return draw(st.sampled_from(DATA_FAULTS))(call)
    if way == "parameter":
        name = draw(st.sampled_from(sorted(PARAMETER_FAULTS)))
        value = draw(st.sampled_from(PARAMETER_FAULTS[name]))
        return replace(call, parameters={**call.parameters, name: value})
    return replace(call, **{way: draw(GARBAGE)})
