"""What a pretrained model knows of tables, whichever they are: maps that all columns share."""

import math

import torch
from torch import Tensor, nn

N_FREQUENCIES = 16
FREQUENCIES = (0.03, 0.5)
CODE_LENGTH = 16
GAIN_SPREAD = 0.1


class ValueMap(nn.Module):
    """Map a scaled number, its sines and its cosines linearly to a patch.

    Parameters
    ----------
    width : int
        Embedding width d.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.frequencies = nn.Parameter(torch.empty(N_FREQUENCIES))
        self.linear = nn.Linear(2 * N_FREQUENCIES + 1, width)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Spread the frequencies evenly in logarithm; the linear map resets itself."""
        low, high = FREQUENCIES
        with torch.no_grad():
            self.frequencies.copy_(
                torch.logspace(math.log2(low), math.log2(high), N_FREQUENCIES, 2)
            )

    def forward(self, numbers: Tensor) -> Tensor:
        """Map numbers (...) to patches (..., d)."""
        phases = 2 * math.pi * self.frequencies * numbers.unsqueeze(-1)
        return self.linear(torch.cat([phases.cos(), phases.sin(), numbers.unsqueeze(-1)], dim=-1))


class TableMaps(nn.Module):
    """Maps by which the columns of a new table start: of values, and of random codes.

    A number x of a patch with the random code z becomes ``values(x) * gain + identity``, a
    category ``category + identity``, both normalised. Pretraining draws new codes for each table,
    so that what it learns holds for columns and categories that it has never seen.

    Parameters
    ----------
    width : int
        Embedding width d.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.values = ValueMap(width)
        self.identity = nn.Linear(CODE_LENGTH, width)
        self.gain = nn.Linear(CODE_LENGTH, width)
        self.category = nn.Linear(CODE_LENGTH, width)
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.gain.weight, std=GAIN_SPREAD)
        nn.init.zeros_(self.gain.bias)

    def draw_patches(self, *shape: int) -> tuple[Tensor, Tensor]:
        """Identities and gains of new patches, each of shape (*shape, d)."""
        codes = torch.randn(*shape, CODE_LENGTH)
        return self.identity(codes), 1 + self.gain(codes)

    def draw_categories(self, *shape: int) -> Tensor:
        """Embeddings of new categories, of shape (*shape, d)."""
        return self.category(torch.randn(*shape, CODE_LENGTH))
