"""Maps of numbers to patches that each column has for itself."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

# Frequencies of a column, and their spread at the start.
N_FREQUENCIES = 8
FREQUENCY_SCALE = 0.1


def periodic(n_columns: int, width: int) -> nn.Module:
    """Sines and cosines of trained frequencies, and a linear map of them [1]_.

    Parameters
    ----------
    n_columns : int
    width : int
        Numbers that one is mapped to.

    Returns
    -------
    torch.nn.Module
        From numbers (batch, n_columns) to (batch, n_columns, width).

    References
    ----------
    .. [1] Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular
       Deep Learning", section 3.3.
    """
    # Imported here, because importing the package is to be cheap, and this imports trees.
    from rtdl_num_embeddings import PeriodicEmbeddings

    return PeriodicEmbeddings(
        n_columns,
        width,
        n_frequencies=N_FREQUENCIES,
        frequency_init_scale=FREQUENCY_SCALE,
        activation=False,
        lite=False,
    )


class PiecewiseLinear(nn.Module):
    """Maps that are linear between the edges of bins [1]_, and start linear throughout [2]_.

    Parameters
    ----------
    edges : sequence of Tensor
        For each column two edges or more, ascending; beyond them its map is constant.
    width : int
        Numbers that one is mapped to.

    References
    ----------
    .. [1] Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular
       Deep Learning", section 3.2.
    .. [2] Gorishniy, Kotelnikov & Babenko (2025), "TabM: Advancing Tabular Deep Learning with
       Parameter-Efficient Ensembling", ICLR.
    """

    lowest: Tensor
    highest: Tensor

    def __init__(self, edges: Sequence[Tensor], width: int) -> None:
        from rtdl_num_embeddings import PiecewiseLinearEmbeddings

        super().__init__()
        with warnings.catch_warnings():
            # A column of two values needs no more than one piece.
            warnings.filterwarnings("ignore", "The .*feature has just two bin edges", UserWarning)
            self.maps = PiecewiseLinearEmbeddings([*edges], width, activation=False, version="B")
        self.register_buffer("lowest", torch.stack([column[0] for column in edges]))
        self.register_buffer("highest", torch.stack([column[-1] for column in edges]))

    def forward(self, numbers: Tensor) -> Tensor:
        """Map numbers (batch, n_columns) to (batch, n_columns, width)."""
        return self.maps(numbers.clamp(self.lowest, self.highest))
