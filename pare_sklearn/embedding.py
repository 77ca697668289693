"""PaReEmbedding: features of a pretrained body that nothing is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from torch import nn
from typing_extensions import Self

from pare_sklearn.backbones.contract import count_image_patches
from pare_sklearn.data.modalities import new_modality
from pare_sklearn.ensemble.features import build_frozen, see_features
from pare_sklearn.parameters import AUTO, COUNT, ModalityName, Parameters, must_be
from pare_sklearn.recipe import make_recipe
from pare_sklearn.sources.choice import load_frozen
from pare_sklearn.training.plan import check_patches
from pare_sklearn.utils.float_types import float_type
from pare_sklearn.utils.randomness import as_seed, new_rng
from pare_sklearn.utils.surroundings import undisturbed

CONSTRAINTS = {parameter.name: parameter.metadata for parameter in fields(Parameters)}


@dataclass(eq=False, repr=False)
class PaReEmbedding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Features of a pretrained transformer's body as it is, without fine-tuning.

    It takes any modality; the linear probes of `PaReClassifier` see images so. Several embedders
    see a sample side by side, which start from the backbone's maps with random codes of their own
    for columns, categories or stems; the body's features are averaged over its patches. ``fit``
    learns scales and categories, no weights, and needs no y. In front of a linear model scale the
    features (`sklearn.preprocessing.StandardScaler`). `PaReClassifier.transform` gives those of
    fine-tuned bodies.

    Parameters
    ----------
    backbone : str or torch.nn.Module, default="embedded"
        Pretrained model, as in `PaReClassifier`.
    n_views : int or "auto", default="auto"
        Embedders that see a sample; each gives as many features as the body is wide. ``"auto"`` is
        the least that gives 1,024 features.
    modality : {"auto", "tabular", "sequence", "image"}, default="auto"
        What a sample is, as in `PaReClassifier`.
    patch_size : int, float or "auto", default="auto"
        Size of a patch, as in `PaReClassifier`.
    categorical_features : "from_dtype" or list of int, str or bool, default="from_dtype"
        Columns of categories, as in `PaReClassifier`.
    device : str or torch.device, default="auto"
        Where to compute; ``"auto"`` is the GPU if there is one.
    random_state : int, RandomState or None, default=None
        Fixes the codes: an int gives the same features bit for bit. None draws a new seed from the
        operating system. Global random states stay as they are.

    Attributes
    ----------
    n_features_in_ : int
        Number of features seen in fit; of sequences and images that of the channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all are strings.
    modality_ : Tables, Sequences or Images
        Checks and scales samples, and builds their embedders.
    features_ : FrozenFeatures
        The embedders and the body.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> embedding = PaReEmbedding(n_views=2, random_state=0)
    >>> embedding.fit_transform(X).shape
    (150, 128)
    >>> clf = make_pipeline(embedding, StandardScaler(), LogisticRegression()).fit(X, y)
    >>> clf.score(X, y) > 0.9
    True
    """

    backbone: str | nn.Module = field(default="embedded", metadata=CONSTRAINTS["backbone"])
    _: KW_ONLY
    n_views: int | Literal["auto"] = field(default="auto", metadata=must_be(AUTO, COUNT))
    modality: ModalityName = field(default="auto", metadata=CONSTRAINTS["modality"])
    patch_size: float | Literal["auto"] = field(default="auto", metadata=CONSTRAINTS["patch_size"])
    categorical_features: Literal["from_dtype"] | Sequence = field(
        default="from_dtype", metadata=CONSTRAINTS["categorical_features"]
    )
    device: str | torch.device = field(default="auto", metadata=CONSTRAINTS["device"])
    random_state: int | np.random.RandomState | None = field(
        default=None, metadata=CONSTRAINTS["random_state"]
    )

    @undisturbed
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn scales and categories, and load the body.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Tables, sequences or images, as `PaReClassifier.fit` takes them.
        y : None
            Not used; there for pipelines.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data is out of its bounds; the message names it.
        """
        self._validate_params()
        shared = self.get_params(deep=False)
        n_views = shared.pop("n_views")
        recipe = make_recipe("classification", Parameters(**shared)._parameters)
        backbone = load_frozen(recipe)
        modality = new_modality(recipe, X)
        # Another learns the columns: should this fit fail, this transformer stays as it was.
        columns = type(self).__new__(type(self))
        samples = modality.validate(X, "no_validation", columns, reset=True)
        modality.fit(samples, most_patches=count_image_patches(backbone))
        check_patches(modality.n_patches, backbone)
        seed = as_seed(new_rng(self.random_state))
        features = build_frozen(recipe, modality, seed, None if n_views == "auto" else int(n_views))
        self.__dict__.pop("feature_names_in_", None)
        self.__dict__.update(
            vars(columns),
            modality_=modality,
            features_=features,
            _device=recipe.device,
            _n_at_once=modality.rows_at_once(backbone.width),
            _n_features_out=len(features.embedders) * backbone.feature_width,
        )
        return self

    @undisturbed
    def transform(self, X: ArrayLike) -> np.ndarray:
        """Features of the body, averaged over a sample's patches.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            View after view. float32 where X is an array of float32, else float64. A DataFrame
            after ``set_output``.
        """
        check_is_fitted(self)
        rows = self.modality_.rows(self.modality_.validate(X, "no_validation", self, reset=False))
        features = see_features(self.features_, rows, self._device, self._n_at_once)
        return features[: len(rows)].astype(float_type(X), copy=False)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if "features_" in state:
            # A machine without a GPU is to read it.
            state["features_"] = self.features_.to("cpu")
        return state

    def __sklearn_is_fitted__(self) -> bool:
        return "features_" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.non_deterministic = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _parameter_constraints(self) -> dict[str, list]:
        return {parameter.name: parameter.metadata["constraints"] for parameter in fields(self)}
