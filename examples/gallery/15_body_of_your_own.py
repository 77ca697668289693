"""
A body of your own
==================

Any module with a width, a source embedder and an encoder is a backbone. Here: a small transformer
that is pretrained for a few seconds on the sequences of the source, and fine-tuned on signals.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from pare_sklearn import PaReClassifier
from pare_sklearn.inspection import CurriculumDisplay
from pare_sklearn.sources import load_source

torch.manual_seed(0)
X_source, y_source = load_source("signals")  # (n_samples, 1, 128), ten classes


class Patches(nn.Module):
    """Tokens (batch, 16, width) of sequences of 128 points."""

    def __init__(self, width):
        super().__init__()
        self.project = nn.Conv1d(1, width, kernel_size=8, stride=8)

    def forward(self, X):
        return self.project(X).transpose(1, 2)


class Body(nn.Module):
    """What a backbone needs: a width, an embedder of the source, an encoder of tokens."""

    def __init__(self, width=32):
        super().__init__()
        self.width = width
        self.source_embedder = Patches(width)
        layer = nn.TransformerEncoderLayer(width, 4, 64, batch_first=True, dropout=0.0)
        self.encoder = nn.TransformerEncoder(layer, 2)


# %%
# Pretrain on the classes of the source.
body, head = Body(), nn.Linear(32, int(y_source.max()) + 1)
optimizer = torch.optim.AdamW([*body.parameters(), *head.parameters()], lr=2e-3)
rng = np.random.default_rng(0)
for _ in range(100):
    rows = rng.integers(len(X_source), size=64)
    tokens = body.source_embedder(torch.as_tensor(X_source[rows]))
    loss = nn.functional.cross_entropy(
        head(body.encoder(tokens).mean(dim=1)), torch.as_tensor(y_source[rows])
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"pretraining loss {loss.item():.2f}, by chance {np.log(head.out_features):.2f}")

# %%
# Fine-tune: does a chirp rise or fall?
y = np.arange(160) % 2
time = np.linspace(0, 1, 64)
pitch = np.where(y[:, None] == 1, 4 + 8 * time, 12 - 8 * time)
X = np.sin(2 * np.pi * pitch * time + rng.uniform(0, 6, (160, 1))) + rng.normal(size=(160, 64))
clf = PaReClassifier(
    body, source=(X_source, y_source), n_estimators=1, max_epochs=20, random_state=0
)
clf.fit(X[:100, None], y[:100])
print(f"accuracy {clf.score(X[100:, None], y[100:]):.2f}")

# %%
CurriculumDisplay.from_estimator(clf)
plt.show()
