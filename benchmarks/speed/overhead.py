"""What skorch and the estimator add to a training loop written by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.datasets import make_classification

from benchmarks.speed.plain_loop import PlainLoop
from benchmarks.speed.timing import Trial, clock, interleave, spread
from pare_sklearn import PaReClassifier
from pare_sklearn.estimators import TrainingSet
from pare_sklearn.modules.model import PaReModel


class Workbench(PaReClassifier):
    """A classifier that keeps what its one member was trained on, to train it again."""

    def _fit_net(self, *job: Any) -> Any:
        self.job_ = job
        return super()._fit_net(*job)

    def set_out(self) -> tuple[PaReModel, TrainingSet]:
        """The model before training, and what to train it on."""
        data, seed, _ = self.job_
        torch.manual_seed(seed)
        return self._build_model(data.source), data

    def train_by_skorch(self) -> tuple[PaReModel, float]:
        """The model trained by our net, and the seconds that took."""
        model, data = self.set_out()
        net = self._build_net(model, data, self.job_[1])
        return model, self._time(lambda: net.fit(data.train, y=None))

    def train_by_hand(self) -> tuple[PaReModel, float]:
        """The model trained by the loop written by hand, and the seconds that took."""
        model, data = self.set_out()
        loop = PlainLoop(self, model, data.source)
        return model, self._time(lambda: loop.fit(data.train, data.valid))

    def _time(self, training: Callable[[], object]) -> float:
        """Seconds of a training with the batches and the dropout of the fit."""
        torch.manual_seed(self.job_[1] + 1)
        return clock(training)


def overhead(
    n_samples: int = 500, n_features: int = 20, epochs: int = 20, repeats: int = 7
) -> None:
    """Training by our net, and fit as a whole, over the same training by a plain loop."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    for strategy in ("finetune", "pare"):
        clf = Workbench(strategy=strategy, n_estimators=1, max_epochs=epochs, random_state=0)
        clf.fit(X, y)
        check_same_weights(clf)
        net, fit, loop = measure(clf, partial(clf.fit, X, y), repeats)
        print(
            f"overhead, {strategy}, {n_samples} x {n_features}, {epochs} epochs: net "
            f"{spread(net, 2)} s / plain loop {spread(loop, 2)} s = {spread(net / loop)}; "
            f"the whole fit / plain loop = {spread(fit / loop)}; weights equal bit for bit"
        )


def measure(clf: Workbench, fit: Callable[[], object], repeats: int) -> np.ndarray:
    """Seconds of our net, the whole fit and the plain loop, shape (3, repeats)."""
    trials: list[Trial] = [
        lambda: clf.train_by_skorch()[1],
        lambda: clock(fit),
        lambda: clf.train_by_hand()[1],
    ]
    return interleave(trials, repeats).T


def check_same_weights(clf: Workbench) -> None:
    """Raise unless both trainings end at the weights of the fitted classifier, bit for bit."""
    fitted = clf.net_.module_.state_dict()
    for model, _ in (clf.train_by_skorch(), clf.train_by_hand()):
        torch.testing.assert_close(dict(model.state_dict()), dict(fitted), rtol=0, atol=0)
