"""What skorch and the estimator add to a training loop written by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from sklearn.base import clone
from sklearn.datasets import make_classification

from benchmarks.speed.plain_loop import PlainLoop
from benchmarks.speed.timing import Trial, clock, interleave, spread
from pare_sklearn import PaReClassifier
from pare_sklearn.data.prepared import Given, prepare
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.recipe import make_recipe
from pare_sklearn.sources.choice import choose_source, load_frozen
from pare_sklearn.training.member import MemberTask, assemble, new_net
from pare_sklearn.training.plan import make_plan
from pare_sklearn.training.stopping import stop_sign
from pare_sklearn.utils.threads import limited_threads


def only_member(clf: PaReClassifier, X: np.ndarray, y: np.ndarray) -> MemberTask:
    """The task that fit gives to the one member of a classifier."""
    recipe = make_recipe("classification", clf.get_params(deep=False))
    backbone = load_frozen(recipe)
    prepared = prepare(recipe, Given(X, y), clone(clf))
    plan = make_plan(recipe, prepared, backbone, clf.random_state)
    source = choose_source(recipe, prepared, backbone, plan.seeds[0])
    arrays = None if source is None else source.load()
    with stop_sign(answers_signal=False) as sign:
        return MemberTask(
            recipe, prepared, arrays, plan.budget, plan.lr, plan.n_threads, sign, plan.folds[0],
            plan.seeds[0], None,
        )  # fmt: skip


def train_by_skorch(task: MemberTask) -> tuple[PaReModel, float]:
    """The model trained by our net, and the seconds that took."""
    torch.manual_seed(task.seed)
    source, model = assemble(task)
    train = task.prepared.rows.take(task.fold.train)
    net = new_net(task, model, train, source, task.turn.begin(task.budget.max_epochs))
    return model, _time(task, lambda: net.fit(train, y=None))


def train_by_hand(task: MemberTask) -> tuple[PaReModel, float]:
    """The model trained by the loop written by hand, and the seconds that took."""
    torch.manual_seed(task.seed)
    source, model = assemble(task)
    rows, fold = task.prepared.rows, task.fold
    train, valid = rows.take(fold.train), rows.take(fold.valid)
    loop = PlainLoop(task, model, source if model.gate is not None else None)
    return model, _time(task, lambda: loop.fit(train, valid))


def _time(task: MemberTask, training: Callable[[], object]) -> float:
    """Seconds of a training with the threads, the batches and the dropout of the fit."""
    torch.manual_seed(task.seed + 1)
    with limited_threads(task.n_threads):
        return clock(training)


def overhead(
    n_samples: int = 500, n_features: int = 20, epochs: int = 20, repeats: int = 7
) -> None:
    """Training by our net, and fit as a whole, over the same training by a plain loop."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    for strategy in ("finetune", "pare"):
        clf = PaReClassifier(strategy=strategy, n_estimators=1, max_epochs=epochs, random_state=0)
        clf.fit(X, y)
        task = only_member(clf, X, y)
        check_same_weights(clf, task)
        net, fit, loop = measure(task, partial(clf.fit, X, y), repeats)
        print(
            f"overhead, {strategy}, {n_samples} x {n_features}, {epochs} epochs: net "
            f"{spread(net, 2)} s / plain loop {spread(loop, 2)} s = {spread(net / loop)}; "
            f"the whole fit / plain loop = {spread(fit / loop)}; weights equal bit for bit"
        )


def measure(task: MemberTask, fit: Callable[[], object], repeats: int) -> np.ndarray:
    """Seconds of our net, the whole fit and the plain loop, shape (3, repeats)."""
    trials: list[Trial] = [
        lambda: train_by_skorch(task)[1],
        lambda: clock(fit),
        lambda: train_by_hand(task)[1],
    ]
    return interleave(trials, repeats).T


def check_same_weights(clf: PaReClassifier, task: MemberTask) -> None:
    """Raise unless both trainings end at the weights of the fitted classifier, bit for bit."""
    fitted = clf.net_.module_.state_dict()
    for model, _ in (train_by_skorch(task), train_by_hand(task)):
        torch.testing.assert_close(dict(model.state_dict()), dict(fitted), rtol=0, atol=0)
