"""The models compared, by name.

Each file of this folder adapts one library: its ``build(X, kind, seed, **parameters)`` gives an
unfitted scikit-learn estimator for tables like X. ``"package.module:function"`` names a function
of your own that does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sklearn.base import BaseEstimator

from benchmarks.functions import import_function
from benchmarks.unavailable import Unavailable

Build = Callable[..., BaseEstimator]

BOTH = ("classification", "regression")


@dataclass(frozen=True)
class Model:
    """One line of the registry."""

    module: str  # file of this folder
    package: str  # what Python imports
    install: str  # what pip installs
    kinds: tuple[str, ...] = BOTH
    parameters: dict[str, Any] = field(default_factory=dict)

    def is_installed(self) -> bool:
        try:
            return find_spec(self.package) is not None
        except ModuleNotFoundError:  # the package that it would be a part of
            return False

    def build(self) -> Build:
        """Import the adapter."""
        return partial(import_module(f"{__name__}.{self.module}").build, **self.parameters)


def _pare(**parameters: Any) -> Model:
    return Model("pare", "pare_sklearn", "pare-sklearn", parameters=parameters)


def _one_member(source: str) -> Model:
    return _pare(source=source, n_estimators=1)


def _few_labels(**parameters: Any) -> Model:
    return Model("few_labels", "pare_sklearn", "pare-sklearn", parameters=parameters)


def _scikit_learn(module: str, kinds: tuple[str, ...] = BOTH) -> Model:
    return Model(module, "sklearn", "scikit-learn", kinds)


MODELS: dict[str, Model] = {
    "pare": _pare(),
    "pare-finetune": _pare(strategy="finetune"),
    "pare-scratch": _pare(strategy="scratch"),
    "pare-random-gate": _pare(gate="random"),
    "pare-linear": _pare(k_schedule="linear"),
    "pare-exponential": _pare(k_schedule="exponential"),
    "pare-constant": _pare(k_schedule="constant"),
    "pare-one-patch": _pare(patch_size=1),
    "pare-orca": _pare(strategy="orca"),
    "pare-otdd-weighting": _pare(mix_weighting="otdd"),
    "pare-otdd-schedule": _pare(k_schedule="otdd"),
    "pare-patchmix": _pare(augmentation="patchmix"),
    "pare-single-digits": _one_member("digits"),
    "pare-single-contours": _one_member("contours"),
    "pare-single-fractals": _one_member("fractals"),
    "pare-single-signals": _one_member("signals"),
    "pare-few-labels": _few_labels(),
    "pare-few-labels-unlabelled": _few_labels(keep_unlabelled=True),
    "logreg": _scikit_learn("linear", kinds=("classification",)),
    "ridge": _scikit_learn("linear", kinds=("regression",)),
    "random-forest": _scikit_learn("random_forest"),
    "hist-gbdt": _scikit_learn("hist_gbdt"),
    "xgboost": Model("xgboost", "xgboost", "xgboost"),
    "lightgbm": Model("lightgbm", "lightgbm", "lightgbm"),
    "catboost": Model("catboost", "catboost", "catboost"),
    "realmlp": Model("realmlp", "pytabkit", "pytabkit"),
    "tabm": Model("tabm", "pytabkit", "pytabkit"),
    "tabpfn": Model("tabpfn", "tabpfn", "tabpfn"),
    "tabicl": Model("tabicl", "tabicl", "tabicl"),
    # Without these extras it knows only forests.
    "autogluon": Model(
        "autogluon", "autogluon.tabular", "autogluon.tabular[lightgbm,catboost,xgboost,tabm]"
    ),
}


def find_model(name: str) -> Model | None:
    """Find a model of the registry; None for ``"package.module:function"``."""
    return None if ":" in name else MODELS[name]


def check_installed(name: str) -> None:
    """Raise `Unavailable`, with what to install, where the library of a model is lacking."""
    model = find_model(name)
    if model is not None and not model.is_installed():
        raise Unavailable(f"the model {name!r} is not installed: pip install {model.install}")


def load_build(name: str) -> Build:
    """Import what builds the model of a name."""
    model = find_model(name)
    if model is not None:
        return model.build()
    return import_function(name)
