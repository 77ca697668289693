"""Pretrain the embedded backbone by classifying scikit-learn's digits."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from sklearn.model_selection import train_test_split
from torch import Tensor

from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.sources.digits import load_digits_source

BATCH_SIZE = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.05
DROPOUT = 0.1
LABEL_SMOOTHING = 0.1
NOISE = 0.1
HELD_OUT = 0.2
BACKGROUND = -1.0


class Pretrained(NamedTuple):
    """A pretrained backbone and its accuracy on the images held out."""

    backbone: EmbeddedBackbone
    accuracy: float


def shift(images: Tensor) -> Tensor:
    """Move each image by up to one pixel in each direction; background moves in."""
    n, _, height, width = images.shape
    padded = F.pad(images, (1, 1, 1, 1), value=BACKGROUND).squeeze(1)
    rows = torch.randint(3, (n, 1)) + torch.arange(height)
    columns = torch.randint(3, (n, 1)) + torch.arange(width)
    samples = torch.arange(n).view(n, 1, 1)
    return padded[samples, rows.unsqueeze(2), columns.unsqueeze(1)].unsqueeze(1)


def pretrain(epochs: int, seed: int, verbose: bool = True) -> Pretrained:
    """Train the backbone as a classifier of digits, shifted and noisy.

    Parameters
    ----------
    epochs : int
        Passes over the training images (80% of the 1,797; the rest only measures).
    seed : int
        Fixes split, weights and order.
    verbose : bool, default=True
        Print a line every tenth epoch.

    Returns
    -------
    Pretrained
    """
    X, y = load_digits_source()
    parts = train_test_split(X, y, test_size=HELD_OUT, stratify=y, random_state=seed)
    X_train, X_test, y_train, y_test = map(torch.from_numpy, parts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        backbone = EmbeddedBackbone(EmbeddedConfig(), DROPOUT)
        model = torch.nn.Sequential(
            backbone.source_embedder, backbone.encoder, Predictor(backbone.width, 10)
        )
        optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        n_steps = epochs * -(-len(X_train) // BATCH_SIZE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, n_steps)
        for epoch in range(epochs):
            model.train()
            for rows in torch.randperm(len(X_train)).split(BATCH_SIZE):
                images = shift(X_train[rows])
                logits = model(images + NOISE * torch.randn_like(images))
                loss = F.cross_entropy(logits, y_train[rows], label_smoothing=LABEL_SMOOTHING)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            if verbose and epoch % 10 == 9:
                accuracy = held_out_accuracy(model, X_test, y_test)
                print(f"epoch {epoch + 1}/{epochs}: held-out accuracy {accuracy:.4f}", flush=True)
        return Pretrained(backbone, held_out_accuracy(model, X_test, y_test))


@torch.no_grad()
def held_out_accuracy(model: torch.nn.Module, X: Tensor, y: Tensor) -> float:
    """Share of the images that `model` classifies rightly."""
    model.eval()
    return (model(X).argmax(1) == y).float().mean().item()
