"""What table embedders of the tests are made with."""

import torch


def bin_edges(n_columns):
    """Edges of numeric columns, of different number."""
    return [torch.linspace(-2, 2, 2 + j % 3) for j in range(n_columns)]
