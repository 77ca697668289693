"""Batches that do not fit into memory are worked on in parts: the training stays what it was."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from tests.training.history_rows import assert_rows_near
from tests.training.toy_training import Comparable, Small

X, Y = make_classification(40, 5, n_classes=3, n_informative=4, n_redundant=0, random_state=0)
HALF_LABELLED = np.where(np.arange(40) % 2, Y, -1)
ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to ..."),
    MemoryError(),
]


def fit(most_rows, y=Y, error=ERRORS[0], **parameters):
    backbone = load_backbone("embedded", 0.0)
    backbone.encoder = Small(backbone.encoder, most_rows, error)
    settings = {"k_start": 0.5, "max_epochs": 3, "batch_size": 14, **parameters}
    model = PaReClassifier(
        backbone,
        source="digits",
        n_estimators=1,
        linear_probe=False,
        callbacks=[Comparable()],
        lr=0.3,
        dropout=0.0,
        random_state=0,
        **settings,
    )
    return model.fit(X, y)


def losses(model):
    dropped = {"seconds", "member", "stage"}
    return [{k: v for k, v in row.items() if k not in dropped} for row in model.history_]


@pytest.mark.parametrize(
    ("parameters", "y", "most_rows", "n_parts"),
    [
        # A batch of 14, which does not divide evenly; twice as many rows where there are
        # intermediate modalities, and three times as many again with unlabelled samples.
        ({"strategy": "finetune"}, Y, 5, 4),
        ({"strategy": "finetune"}, Y, 1, 16),
        ({"strategy": "finetune", "augmentation": "patchmix"}, Y, 5, 4),
        ({}, Y, 8, 4),
        ({"k_schedule": "constant", "mix_weight": 1.0}, Y, 16, 2),
        ({"augmentation": "patchmix"}, Y, 6, 8),
        ({"semi_supervised": True}, HALF_LABELLED, 30, 4),
        ({"semi_supervised": True, "augmentation": "patchmix"}, HALF_LABELLED, 24, 4),
    ],
)
def test_the_training_is_that_of_whole_batches(parameters, y, most_rows, n_parts):
    whole = fit(10**6, y, **parameters)
    with pytest.warns(UserWarning, match=f"split into {n_parts} parts") as caught:
        split = fit(most_rows, y, **parameters)
    assert len(caught) == 1
    assert split.net_.n_parts_ == n_parts
    for name, weight in whole.net_.module_.state_dict().items():
        torch.testing.assert_close(
            split.net_.module_.state_dict()[name], weight, rtol=2e-3, atol=1e-5
        )
    np.testing.assert_allclose(split.predict_proba(X), whole.predict_proba(X), atol=1e-4)
    assert_rows_near(losses(split), losses(whole))


@pytest.mark.parametrize("error", ERRORS)
def test_whatever_says_that_memory_ran_out(error):
    with pytest.warns(UserWarning, match="into 2 parts"):
        fit(8, error=error, strategy="finetune", max_epochs=1)


def test_another_error_is_passed_on_at_once():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        fit(8, error=RuntimeError("shapes cannot be multiplied"), strategy="finetune")


def test_where_one_sample_is_too_much_the_error_says_what_to_do():
    with pytest.raises(MemoryError, match=r"smaller batch_size.*patch_size.*lighter backbone"):
        fit(0, strategy="finetune")


def test_where_memory_suffices_nothing_is_split_or_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fit(32)
    assert model.net_.n_parts_ == 1
