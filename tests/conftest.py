"""One thread and no window, here and in every process that a test starts."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
# Where numba has run with more threads, OpenMP gives torch as many.
os.environ["NUMBA_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import torch

torch.set_num_threads(1)

import pytest  # noqa: E402


@pytest.fixture(autouse=True)
def few_alignment_epochs(monkeypatch):
    """Let stage one of ORCA be short."""
    monkeypatch.setattr("pare_sklearn.training.member.ALIGN_EPOCHS", 2)
