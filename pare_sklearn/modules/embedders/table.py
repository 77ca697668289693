"""The target embedder for tables: each feature becomes one or several patches."""

import torch
from torch import Tensor, nn

N_FREQUENCIES = 8
FREQUENCY_SCALE = 0.1


class TableEmbedder(nn.Module):
    """Embed numbers periodically [1]_ and categories by look-up, a token or several a feature.

    Parameters
    ----------
    numeric, categorical : list of int
        Column positions of the numbers and of the categories in the table, together every
        column once. The patches come out in the order of the columns.
    cardinalities : list of int
        Number of codes of each categorical column, code 0 being "unseen in training", which
        embeds as zero: such a patch tells no more than its feature.
    width : int
        Embedding width d.
    patches_per_feature : int, default=1
        Patches a feature is embedded into.

    References
    ----------
    .. [1] Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular
       Deep Learning", section 3.3.
    """

    offsets: Tensor
    order: Tensor | None

    def __init__(
        self,
        numeric: list[int],
        categorical: list[int],
        cardinalities: list[int],
        width: int,
        patches_per_feature: int = 1,
    ) -> None:
        # Imported here, because importing the package is to be cheap, and this imports trees.
        from rtdl_num_embeddings import PeriodicEmbeddings

        super().__init__()
        self.width = width
        self.n_patches = (len(numeric) + len(categorical)) * patches_per_feature
        feature_width = width * patches_per_feature
        if numeric:
            self.numbers = PeriodicEmbeddings(
                len(numeric),
                feature_width,
                n_frequencies=N_FREQUENCIES,
                frequency_init_scale=FREQUENCY_SCALE,
                activation=False,
                lite=False,
            )
            self.missing = nn.Parameter(torch.zeros(len(numeric), feature_width))
        if categorical:
            # One table for all columns; each has its own rows, and all share row 0, the unseen.
            sizes = torch.tensor(cardinalities) - 1
            self.register_buffer("offsets", sizes.cumsum(0) - sizes, persistent=False)
            self.categories = nn.Embedding(int(sizes.sum()) + 1, feature_width, padding_idx=0)
        order = torch.tensor([*numeric, *categorical]).argsort()
        self.register_buffer("order", order if numeric and categorical else None, persistent=False)
        self.positions = nn.Parameter(torch.randn(self.n_patches, width) * 0.1)
        self.norm = nn.LayerNorm(width)

    def start_from(self, source_embedder: nn.Module) -> None:
        """Take over the source embedder's LayerNorm and the statistics of its positions.

        What `source_embedder` lacks, or has in another shape, stays as it is.
        """
        norm = getattr(source_embedder, "norm", None)
        if isinstance(norm, nn.LayerNorm) and norm.normalized_shape == self.norm.normalized_shape:
            self.norm.load_state_dict(norm.state_dict(), strict=False)
        positions = getattr(source_embedder, "positions", None)
        if positions is not None and positions.shape[-1] == self.width:
            noise = torch.randn_like(self.positions)
            with torch.no_grad():
                self.positions.copy_(positions.mean(0) + positions.std(0, correction=0) * noise)

    def forward(self, numbers: Tensor, categories: Tensor) -> Tensor:
        """Embed a table.

        Parameters
        ----------
        numbers : Tensor of shape (batch, n_numeric)
            Scaled numbers, NaN where missing.
        categories : int64 Tensor of shape (batch, n_categorical)
            Codes of the categories.

        Returns
        -------
        Tensor of shape (batch, n_patches, d)
        """
        features = []
        if numbers.shape[1]:
            missing = numbers.isnan().unsqueeze(-1)
            values = self.numbers(numbers.nan_to_num())
            features.append(torch.where(missing, self.missing, values))
        if categories.shape[1]:
            rows = torch.where(categories > 0, categories + self.offsets, 0)
            features.append(self.categories(rows))
        tokens = features[0] if self.order is None else torch.cat(features, dim=1)[:, self.order]
        return self.norm(tokens.reshape(len(tokens), self.n_patches, self.width) + self.positions)
