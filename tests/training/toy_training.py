"""Encoders with a quirk, and a training that rounding changes little."""

import torch
from skorch.callbacks import Callback
from torch import nn


class Small(nn.Module):
    """Encoder for which memory runs out above a number of rows, while training."""

    def __init__(self, encoder, most_rows, error):
        super().__init__()
        self.encoder, self.most_rows, self.error = encoder, most_rows, error

    def forward(self, tokens):
        if self.training and len(tokens) > self.most_rows:
            raise self.error
        return self.encoder(tokens)


class Noisy(nn.Module):
    """Encoder that keeps a random number drawn in each training step."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder, self.drawn = encoder, []

    def forward(self, tokens):
        if self.training:
            self.drawn.append(torch.rand(()).item())
        return self.encoder(tokens)


class Comparable(Callback):
    """No noise on the gate's scores, and no Adam that makes much of rounding."""

    def on_train_begin(self, net, **kwargs):
        net.exploration_epochs = 0
        for group in net.optimizer_.param_groups:
            group["eps"] = 1.0
