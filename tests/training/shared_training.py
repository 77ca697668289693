"""Script that `test_accelerated` starts in two processes: each pickles what it has fitted."""

import os
import pickle
import sys

import torch
from sklearn.datasets import make_classification
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from tests.training.toy_training import Comparable, Noisy, Small

X, Y = make_classification(40, 5, n_classes=3, n_informative=4, n_redundant=0, random_state=0)
# Of 32 rows to train on, the second batch has but one: fewer than processes.
SMALL = {"source": "digits", "n_estimators": 1, "max_epochs": 3, "batch_size": 31}
EXACT = {"dropout": 0.0, "lr": 0.3, "k_start": 0.5, "linear_probe": False, "random_state": 0}
RANK = os.environ.get("RANK")


class Explode(Callback):
    """Spoil the predictions of the second process alone."""

    def on_batch_begin(self, net, training=False, **kwargs):
        if training and RANK == "1":
            torch.nn.init.constant_(net.module_.predictor.linear.bias, torch.nan)


def small_backbone():
    """A backbone that fills the memory of the second process alone."""
    backbone = load_backbone("embedded", 0.0)
    most_rows = 8 if RANK == "1" else 10**6
    backbone.encoder = Small(backbone.encoder, most_rows, torch.OutOfMemoryError("too much"))
    return backbone


def noisy_backbone():
    backbone = load_backbone("embedded", 0.2)
    backbone.encoder = Noisy(backbone.encoder)
    return backbone


def fit_all(device):
    """Fits that are the same in one process and in two, up to rounding."""
    models = {
        "finetune": PaReClassifier(strategy="finetune", **SMALL, **EXACT),
        "pare": PaReClassifier(augmentation="patchmix", **SMALL, **EXACT),
        "small memory": PaReClassifier(small_backbone(), k_schedule="constant", **SMALL, **EXACT),
    }
    for model in models.values():
        model.set_params(device=device, callbacks=[Comparable()]).fit(X, Y)
    return models


def explode():
    model = PaReClassifier(**SMALL, device="accelerate", callbacks=[Explode()])
    try:
        model.fit(X, Y)
    except FloatingPointError as error:
        return str(error)


if __name__ == "__main__":
    models = fit_all("accelerate")
    # With dropout and noise, and seeds that each process would draw for itself.
    noisy = PaReClassifier(noisy_backbone(), **SMALL, device="accelerate", verbose=1)
    models["random"] = noisy.fit(X, Y)
    with open(f"{sys.argv[1]}/{RANK}.pickle", "wb") as file:
        pickle.dump((models, explode()), file)
