"""Fits that processes begin and that are killed: `python -m tests.training.interrupted_fits`."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor
from tests.tiny_transformers import save_model, texts

SMALL = {"n_jobs": 1, "random_state": 0}
ONE = {**SMALL, "n_estimators": 1}
BERT = {**ONE, "source": texts(), "max_epochs": 8, "batch_size": 8, "lr": 3e-3}


class Slowing(Callback):
    """Let the learning rate fall by what it has counted, over all epochs."""

    def on_train_begin(self, net, **kwargs):
        self.n_epochs, self.weight = 0, next(net.module_.parameters())
        self.weight.requires_grad_(False)

    def on_epoch_end(self, net, **kwargs):
        self.n_epochs += 1
        assert self.weight is next(net.module_.parameters())
        for group in net.optimizer_.param_groups:
            group["initial_lr"] /= self.n_epochs


class CountingSchedule:
    """A schedule of k that falls at each call, by a function of its own."""

    def __init__(self):
        self.n_calls, self.share = 0, lambda n: 1 / n

    def __call__(self, progress):
        self.n_calls += 1
        return self.share(self.n_calls)


def estimators():
    """By name, without their folders; those of ``bert`` need the model `bert_folder`."""
    otdd = {"k_schedule": "otdd", "k_start": 0.5}
    counted = {"k_schedule": CountingSchedule(), "callbacks": [Slowing()]}
    return {
        "classifier": PaReClassifier(**SMALL, n_estimators=2, max_epochs=12, source="digits"),
        "regressor": PaReRegressor(**ONE, max_epochs=20, patience=3, lr=1e-2, source="digits"),
        "orca": PaReClassifier(**ONE, strategy="orca", max_epochs=6, source="digits"),
        "otdd": PaReClassifier(**ONE, **otdd, max_epochs=6, source="digits"),
        "counted": PaReClassifier(**ONE, **counted, max_epochs=6, source="digits"),
        "unlabelled": PaReClassifier(
            **ONE, semi_supervised=True, augmentation="patchmix", max_epochs=6, source="digits"
        ),
        "bert_all": PaReClassifier(**BERT),
        "bert_lora": PaReClassifier(**BERT, finetune="lora"),
    }


def data(name):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 5))
    y = X[:, 0] + X[:, 1] * X[:, 2]
    if name == "regressor":
        return X, y
    labels = (y > 0).astype(int)
    return X, np.where(np.arange(90) % 3, labels, -1) if name == "unlabelled" else labels


def new_estimator(name, folder, bert_folder):
    model = estimators()[name].set_params(checkpoint=folder)
    return model.set_params(backbone=str(bert_folder)) if name.startswith("bert") else model


def told(model, X):
    """All that a fit gives, but for the time that it took."""
    outputs = model.ensemble_.outputs(model._rows(X))
    history = [{**row, "seconds": 0} for row in model.history_]
    return [outputs.tobytes(), model.predict(X).tobytes(), repr(history), model.blend_.tobytes()]


def fit(name, folder, bert_folder):
    """What a fit in this process gives."""
    X, y = data(name)
    return told(new_estimator(name, folder, bert_folder).fit(X, y), X)


def fork(work):
    """Start a function in a copy of this process, which ends with it."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def ends_within(pid, seconds):
    """Whether a process ends by itself; it is killed where it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    return os.WIFEXITED(os.waitpid(pid, 0)[1])


def kill_some(name, folder, bert_folder, n_kills, seconds, rng):
    """Kill a fit at random moments within so many seconds, until all members are finished.

    Returns how often it was killed.
    """
    for n_killed in range(n_kills):
        if len(list(Path(folder).glob("member_?.pickle"))) == estimators()[name].n_estimators:
            return n_killed
        pid = fork(lambda: fit(name, folder, bert_folder))
        if ends_within(pid, rng.uniform(0, seconds)):
            return n_killed
    return n_kills


def main(n_kills=20):
    """Kill each fit many times, and tell how often it was killed and whether its bits are right."""
    root = Path(sys.argv[1])
    save_model(root / "bert", "bert")
    for name in sys.argv[2:] or estimators():
        expected = fit(name, None, root / "bert")
        start = time.monotonic()
        fit(name, root / name, root / "bert")
        seconds, n, rng, rounds, right = time.monotonic() - start, 0, random.Random(name), 0, True
        while n < n_kills:
            folder, rounds = root / f"{name}_{rounds}", rounds + 1
            n += kill_some(name, folder, root / "bert", n_kills - n, seconds, rng)
            right = right and fit(name, folder, root / "bert") == expected
        print(f"{name}: {n} kills in {rounds} fits, same bits: {right}", flush=True)


if __name__ == "__main__":
    main()
