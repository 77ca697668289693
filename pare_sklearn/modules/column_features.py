"""What linear probes see of tables: the columns, and random units over a few of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import Self

from pare_sklearn.utils.one_line import one_line

N_UNITS = 768
# Columns that a unit sees, at most.
MOST_COLUMNS = 3
# Of the entries of a column.
MOST_MIXTURES = 8
# Missing numbers and categories, of all columns together: the most frequent ones.
MOST_INDICATORS = 512
# Standard deviations; a rare category would lie much further out.
FURTHEST = 5.0
# Shares of the samples below a unit's threshold.
LEVELS = (0.1, 0.9)
# Samples, at most, by which units are drawn.
MOST_SAMPLES = 2_000
# Above a threshold, lest rounding decides of samples that tie with it.
TIE = 1e-4
# Of the chances to be drawn, dealt evenly to all columns, however little they seem to matter.
EVEN_SHARE = 0.1


class ColumnFeatures(nn.Module):
    r"""Standardised columns, and rectified sums :math:`\max(0, w^T z_S - q)` over a few of them.

    Each of 768 units draws a set S of one to three columns :math:`z_S`, with weights w: random
    features, of which linear models learn what columns mean together [1]_. Its threshold q is a
    quantile of the sums, so that no unit answers to a few samples alone. Entries are numbers,
    indicators of missing numbers, and indicators of categories. Of a column with several entries a
    unit sees one of up to eight random mixtures. Each view has units of its own, so that the linear
    models of several views err apart.

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
    n_views : int
        Linear models.
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
    n_mixtures: Tensor
    mixing: Tensor
    mixtures: Tensor
    chosen: Tensor
    weights: Tensor
    thresholds: Tensor

    def __init__(
        self,
        numbers: Tensor,
        categories: Tensor,
        cardinalities: list[int],
        positions: list[int],
        n_views: int,
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
        generator = torch.Generator().manual_seed(seed)
        self._draw_mixtures(generator)
        even = torch.ones(n_views, len(self.n_mixtures))
        self._draw_units(self.standardise(numbers, categories), even, generator)

    def _draw_mixtures(self, generator: torch.Generator) -> None:
        """Draw a column's mixtures of its entries; a single entry stands as it is."""
        _, owners, n_entries = self.columns.unique(return_inverse=True, return_counts=True)
        n_mixtures = n_entries.clamp(max=MOST_MIXTURES)
        self.register_buffer("n_mixtures", n_mixtures)
        starts = n_mixtures.cumsum(0) - n_mixtures
        numbers = torch.arange(max(n_mixtures.tolist(), default=0)).unsqueeze(1)
        mixing = torch.randn(len(numbers), len(owners), generator=generator)
        mixing = torch.where(n_entries[owners] > 1, mixing * n_entries[owners].rsqrt(), 1.0)
        self.register_buffer("mixing", mixing * (numbers < n_mixtures[owners]))
        self.register_buffer("mixtures", starts[owners] + numbers.remainder(n_mixtures[owners]))

    def _draw_units(self, entries: Tensor, chances: Tensor, generator: torch.Generator) -> None:
        """Draw what units see, columns by their chances (n_views, n_columns), and thresholds."""
        n_views, n_columns = chances.shape
        n_most = min(MOST_COLUMNS, n_columns)
        shape = (n_views, N_UNITS, n_most)
        # The first of a race, each as fast as its chance, are a draw without replacement.
        times = torch.empty(n_views, N_UNITS, n_columns).exponential_(generator=generator)
        columns = (chances.unsqueeze(1) / times).topk(n_most).indices
        numbers = torch.rand(shape, generator=generator) * self.n_mixtures[columns]
        starts = self.n_mixtures.cumsum(0) - self.n_mixtures
        # Of those chosen the first so many count.
        n_seen = torch.randint(1, n_most + 1, (n_views, N_UNITS, 1), generator=generator)
        weights = torch.randn(shape, generator=generator) * n_seen.rsqrt()
        weights = weights * (torch.arange(n_most) < n_seen)
        # Small types, because all is kept: there are at most 2,512 mixtures.
        self.register_buffer("chosen", (starts[columns] + numbers.long()).short())
        self.register_buffer("weights", weights.half())
        answers = self._sums(_spread(entries)).sort(dim=1).values
        low, high = LEVELS
        levels = low + (high - low) * torch.rand(n_views, 1, N_UNITS, generator=generator)
        ranks = (levels * answers.shape[1]).long()
        self.register_buffer("thresholds", answers.gather(1, ranks) + TIE)

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
        Tensor of shape (n_views, batch, n_entries + 768)
        """
        return self.combine(self.standardise(numbers, categories))

    def standardise(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Standardised entries (batch, n_entries)."""
        entries = self._entries(numbers, categories)
        return ((entries - self.means) / self.spreads).clamp(-FURTHEST, FURTHEST)

    def combine(self, entries: Tensor) -> Tensor:
        """Features of standardised entries."""
        units = (self._sums(entries) - self.thresholds).relu()
        return torch.cat([entries.expand(len(units), -1, -1), units], dim=2)

    def take(self, views: Sequence[int]) -> Self:
        """Some of the views."""
        taken = copy.deepcopy(self)
        for name in ("chosen", "weights", "thresholds"):
            setattr(taken, name, getattr(self, name)[[*views]])
        return taken

    def focus(
        self, entries: Tensor, seen: Sequence[Any], coefs: Sequence[Tensor], seed: int
    ) -> Self:
        r"""The same columns, with units over those along which linear models change most.

        A column comes up in proportion to the mean of :math:`\lVert\partial f/\partial z\rVert^2`
        over its entries and the samples: the diagonal of the average gradient outer product [1]_.

        Parameters
        ----------
        entries : Tensor of shape (n_samples, n_entries)
            Standardised.
        seen : sequence of int ndarray
            For each view, samples that its model was fitted to.
        coefs : sequence of Tensor of shape (n_outputs, n_features)
            For each view, the coefficients of its model f of the features.
        seed : int
            Draws the units.

        Returns
        -------
        ColumnFeatures

        References
        ----------
        .. [1] Radhakrishnan, Beaglehole, Pandit & Belkin (2024), "Mechanism for feature learning in
           neural networks and backpropagation-free machine learning models", Science 383.
        """
        squared = torch.stack(
            [
                self.take([view])._squared_slopes(_spread(entries[rows]), coef)
                for view, (rows, coef) in enumerate(zip(seen, coefs, strict=True))
            ]
        ).cpu()
        _, owners = self.columns.cpu().unique(return_inverse=True)
        slopes = torch.zeros(len(coefs), len(self.n_mixtures)).index_add(1, owners, squared)
        shares = slopes / slopes.sum(dim=1, keepdim=True).clamp(min=torch.finfo().tiny)
        chances = EVEN_SHARE / shares.shape[1] + (1 - EVEN_SHARE) * shares
        focused = copy.deepcopy(self).cpu()
        focused._draw_units(entries.cpu(), chances, torch.Generator().manual_seed(seed))
        return focused

    def __repr__(self) -> str:
        n_views, _, n_units = self.thresholds.shape
        return one_line(self, n_views=n_views, n_entries=len(self.columns), n_units=n_units)

    def _squared_slopes(self, entries: Tensor, coef: Tensor) -> Tensor:
        """Mean squared derivative of a view's outputs by each entry, added up over outputs."""
        entries = entries.clone().requires_grad_()
        outputs = (self.combine(entries)[0] @ coef.T).sum(dim=0)
        slopes = [torch.autograd.grad(each, entries, retain_graph=True)[0] for each in outputs]
        return torch.stack([slope.square().mean(dim=0) for slope in slopes]).sum(dim=0)

    def _sums(self, entries: Tensor) -> Tensor:
        """What the units see (n_views, batch, 768), weighed and added up."""
        n_views, n_units, _ = self.chosen.shape
        mixed = self._mix(entries)
        sums = entries.new_zeros(len(entries), n_views * n_units)
        flat = self.chosen.flatten(0, 1).T, self.weights.flatten(0, 1).T
        for chosen, weights in zip(*flat, strict=True):
            sums = sums + mixed[:, chosen.long()] * weights.to(entries)
        return sums.unflatten(1, (n_views, n_units)).transpose(0, 1)

    def _mix(self, entries: Tensor) -> Tensor:
        """Mixtures (batch, n_mixtures) of the entries of each column."""
        mixed = entries.new_zeros(len(entries), int(self.n_mixtures.sum()))
        for weights, mixtures in zip(self.mixing, self.mixtures, strict=True):
            mixed = mixed.index_add(1, mixtures, entries * weights)
        return mixed

    def _codes(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Codes (batch, n_columns), counted through all columns."""
        return torch.cat([numbers.isnan().long(), categories], dim=1) + self.offsets

    def _entries(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Numbers, the missing ones at their median 0, and indicators."""
        slots = self.slots[self._codes(numbers, categories)]
        n_kept = len(self.columns) - numbers.shape[1]
        indicators = numbers.new_zeros(len(slots), n_kept + 1).scatter_(1, slots, 1.0)
        return torch.cat([numbers.nan_to_num(), indicators[:, :n_kept]], dim=1)


def _spread(entries: Tensor) -> Tensor:
    """As many samples as are enough, evenly over all."""
    n_samples = len(entries)
    return entries[torch.linspace(0, n_samples - 1, min(n_samples, MOST_SAMPLES)).long()]
