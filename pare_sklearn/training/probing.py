"""Linear probing, then fine-tuning: the predictor starts from what the body tells already."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler

from pare_sklearn.data.rows import BatchIterator, Rows
from pare_sklearn.data.targets import Target
from pare_sklearn.linear.models import Linear
from pare_sklearn.modules.model import PaReModel

# Inverse strength of the penalty on standardised features, times samples. Weaker ones, whose
# probabilities are nearly certain, leave little to train: fine-tuning stays where it started.
STRENGTH = 10.0


def start_predictor(model: PaReModel, target: Target, train: Rows, batch_size: int) -> None:
    """Fit h_t in closed form to the features that the model starts with [1]_.

    With few labels an epoch has a step or two, which do not train a predictor that starts at
    random.

    Parameters
    ----------
    model : PaReModel
        Its predictor is changed in place.
    target : Target
        Fits the linear model.
    train : Rows
        Samples to fit to; where none has a weight, nothing changes.
    batch_size : int
        Samples embedded at a time.

    References
    ----------
    .. [1] Kumar et al. (2022), "Fine-Tuning can Distort Pretrained Features and Underperform
       Out-of-Distribution", ICLR, arXiv:2202.10054.
    """
    weights = train.weights.double().numpy()
    if not weights.any():
        return
    features = _mean_features(model, train, batch_size)
    scaler = StandardScaler().fit(features, sample_weight=weights)
    scaled, strength = scaler.transform(features), STRENGTH / len(train)
    fitted = target.fit_linear(scaled, train.y.numpy(), weights, strength)
    _copy(fitted, scaler, model.predictor)


@torch.no_grad()
def _mean_features(model: Any, rows: Rows, batch_size: int) -> np.ndarray:
    """Means over the patches (n_samples, d'), as float64."""
    device = next(model.parameters()).device
    model.eval()
    batches = [
        model.encoder(model.embedder(**{name: x.to(device) for name, x in inputs.items()})).mean(1)
        for inputs, _ in BatchIterator(rows, batch_size)
    ]
    model.train()
    return torch.cat(batches).double().cpu().numpy()


@torch.no_grad()
def _copy(fitted: Linear, scaler: StandardScaler, predictor: Any) -> None:
    """Let a predictor do what a linear model does behind a scaler."""
    linear = predictor.linear
    coef = fitted.coef / scaler.scale_
    linear.weight.copy_(torch.from_numpy(coef))
    linear.bias.copy_(torch.from_numpy(fitted.intercept - coef @ scaler.mean_))
