"""What linear probes see of tables: the columns, and random units over a few of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pare_sklearn.utils.one_line import one_line

N_UNITS = 1024
# Columns, missing numbers and categories that a unit sees, at most.
MOST_INPUTS = 3
# Missing numbers and categories, of all columns together: the most frequent ones.
MOST_INDICATORS = 512
# Standard deviations; a rare category would lie much further out.
FURTHEST = 5.0
# Shares of the samples below a unit's threshold, and samples that these are counted of.
LEVELS = (0.1, 0.9)
THRESHOLD_SAMPLES = 2_000


class ColumnFeatures(nn.Module):
    r"""Standardised columns, and rectified sums :math:`\max(0, w^T z_S - q)` over a few of them.

    Each of 1,024 units draws a set S of one to three entries :math:`z_S`, with weights w: random
    features, of which linear models learn what columns mean together [1]_. Its threshold q is a
    quantile of the sums, so that no unit answers to a few samples alone. Entries are numbers,
    indicators of missing numbers, and indicators of categories.

    Parameters
    ----------
    numbers : Tensor of shape (n_samples, n_numeric)
        Scaled numbers, NaN where missing, from which means and spreads are taken.
    categories : int64 Tensor of shape (n_samples, n_categorical)
        Codes of the categories, 0 being "unseen in training".
    cardinalities : list of int
        Number of codes of each categorical column.
    positions : list of int
        Of the columns in the table, numbers first.
    seed : int
        Draws the units.

    Attributes
    ----------
    columns : int64 Tensor of shape (n_entries,)
        Position in the table of each entry's column.

    References
    ----------
    .. [1] Rahimi & Recht (2008), "Weighted Sums of Random Kitchen Sinks: Replacing Minimization
       with Randomization in Learning", NeurIPS.
    """

    offsets: Tensor
    slots: Tensor
    columns: Tensor
    means: Tensor
    spreads: Tensor
    chosen: Tensor
    weights: Tensor
    thresholds: Tensor

    def __init__(
        self,
        numbers: Tensor,
        categories: Tensor,
        cardinalities: list[int],
        positions: list[int],
        seed: int,
    ) -> None:
        super().__init__()
        # A missing number is code 1 of its column, beside which a number is code 0.
        sizes = torch.tensor([*[2] * numbers.shape[1], *cardinalities])
        self.register_buffer("offsets", sizes.cumsum(0) - sizes)
        counts = self._codes(numbers, categories).flatten().bincount(minlength=int(sizes.sum()))
        counts[self.offsets] = 0
        kept = counts.topk(min(MOST_INDICATORS, int((counts > 0).sum()))).indices.sort().values
        slots = torch.full_like(counts, len(kept))
        slots[kept] = torch.arange(len(kept))
        self.register_buffer("slots", slots)
        of_columns = torch.tensor(positions)
        of_indicators = of_columns.repeat_interleave(sizes)[kept]
        columns = torch.cat([of_columns[: numbers.shape[1]], of_indicators])
        self.register_buffer("columns", columns)
        entries = self._entries(numbers, categories)
        spreads, means = torch.std_mean(entries, dim=0, correction=0)
        self.register_buffer("means", means)
        self.register_buffer("spreads", torch.where(spreads > 0, spreads, 1.0))
        self._draw_units(self.standardise(numbers, categories), seed)

    def _draw_units(self, entries: Tensor, seed: int) -> None:
        """Draw what each unit sees of entries (n_samples, n_entries), and above which threshold."""
        generator = torch.Generator().manual_seed(seed)
        n_samples, n_entries = entries.shape
        n_most = min(MOST_INPUTS, n_entries)
        chosen = torch.rand(N_UNITS, n_entries, generator=generator).topk(n_most).indices.int()
        # Of those chosen the first so many count.
        n_seen = torch.randint(1, n_most + 1, (N_UNITS, 1), generator=generator)
        weights = torch.randn(N_UNITS, n_most, generator=generator) * n_seen.rsqrt()
        self.register_buffer("chosen", chosen.T.contiguous())
        self.register_buffer("weights", (weights * (torch.arange(n_most) < n_seen)).T.contiguous())
        spread = torch.linspace(0, n_samples - 1, min(n_samples, THRESHOLD_SAMPLES)).long()
        answers = self._sums(entries[spread]).sort(dim=0).values
        low, high = LEVELS
        levels = low + (high - low) * torch.rand(N_UNITS, generator=generator)
        ranks = (levels * len(answers)).long().unsqueeze(0)
        self.register_buffer("thresholds", answers.gather(0, ranks).squeeze(0))

    @torch.inference_mode()
    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Features of a table.

        Parameters
        ----------
        numbers : Tensor of shape (batch, n_numeric)
            Scaled numbers, NaN where missing.
        categories : int64 Tensor of shape (batch, n_categorical)
            Codes of the categories.

        Returns
        -------
        Tensor of shape (batch, n_entries + 1024)
        """
        return self.combine(self.standardise(numbers, categories))

    def standardise(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Standardised entries (batch, n_entries)."""
        entries = self._entries(numbers, categories)
        return ((entries - self.means) / self.spreads).clamp(-FURTHEST, FURTHEST)

    def combine(self, entries: Tensor) -> Tensor:
        """Features of standardised entries."""
        return torch.cat([entries, (self._sums(entries) - self.thresholds).relu()], dim=1)

    def __repr__(self) -> str:
        return one_line(self, n_entries=len(self.columns), n_units=len(self.thresholds))

    def _sums(self, entries: Tensor) -> Tensor:
        """What the units see (batch, 1024), weighed and added up."""
        sums = entries.new_zeros(len(entries), N_UNITS)
        for chosen, weights in zip(self.chosen, self.weights, strict=True):
            sums = sums + entries[:, chosen] * weights
        return sums

    def _codes(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Codes (batch, n_columns), counted through all columns."""
        return torch.cat([numbers.isnan().long(), categories], dim=1) + self.offsets

    def _entries(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Numbers, the missing ones at their median 0, and indicators."""
        slots = self.slots[self._codes(numbers, categories)]
        n_kept = len(self.columns) - numbers.shape[1]
        indicators = numbers.new_zeros(len(slots), n_kept + 1).scatter_(1, slots, 1.0)
        return torch.cat([numbers.nan_to_num(), indicators[:, :n_kept]], dim=1)
