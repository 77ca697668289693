"""scikit-learn's side of both estimators: fit, what it publishes, and what follows from it."""

from __future__ import annotations

import math
import os
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted
from typing_extensions import Self

from pare_sklearn.backbones.contract import count_image_patches
from pare_sklearn.data.modalities import Modality
from pare_sklearn.data.prepared import Given, prepare
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.targets import Target
from pare_sklearn.ensemble.blend import blend_members, fit_probes
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.ensemble.probes import Probe
from pare_sklearn.parameters import Parameters
from pare_sklearn.recipe import Mixing, Task, make_recipe
from pare_sklearn.saving.estimators import load_estimator, save_estimator
from pare_sklearn.sources.choice import choose_source, load_frozen, source_distances
from pare_sklearn.training.fit_folder import keep_plan
from pare_sklearn.training.history import History, staged_scores
from pare_sklearn.training.member import Member
from pare_sklearn.training.members import train_members, worth_keeping
from pare_sklearn.training.mixing import settle_mixing
from pare_sklearn.training.named_callbacks import callback_parameters, set_callbacks
from pare_sklearn.training.net import PaReNet
from pare_sklearn.training.plan import Plan, make_plan
from pare_sklearn.training.progress import show_progress
from pare_sklearn.training.timing import TimeLimit
from pare_sklearn.utils.float_types import float_type
from pare_sklearn.utils.randomness import as_seed, new_rng
from pare_sklearn.utils.surroundings import undisturbed

# Of parameters that are callbacks.
PREFIX = "callbacks__"
# In the documentation, by the name of the class, as scikit-learn links to it.
ESTIMATOR_PAGE = (
    "https://pare-sklearn.readthedocs.io/en/stable/generated/pare_sklearn.{estimator_name}.html"
)


@dataclass(eq=False, repr=False)
class BasePaRe(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Parameters, BaseEstimator, ABC):
    """What classifier and regressor share."""

    _task: ClassVar[Task]
    _doc_link_module: ClassVar[str] = "pare_sklearn"
    _doc_link_template: ClassVar[str] = ESTIMATOR_PAGE

    @undisturbed
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Fine-tune the backbone.

        Parameters
        ----------
        X : DataFrame or array-like
            Tables of shape (n_samples, n_features): numbers, booleans, and, in a DataFrame,
            categories and strings. Sequences of shape (n_samples, n_channels, length), or a list
            of arrays (n_channels, length) whose lengths differ. Images and fields of shape
            (n_samples, n_channels, height, width). Missing values are welcome (NaN, and in tables
            None and pandas.NA), infinities are not.
        y : array-like of shape (n_samples,)
            Class labels, or targets. Several of them a sample: (n_samples, n_outputs) for
            regression; for classification a matrix of zeros and ones, (n_samples, n_labels), which
            may be sparse. Of sequences and images also fields of numbers, or maps of zeros and
            ones: (n_samples, n_channels, length), (n_samples, height, width) or (n_samples,
            n_channels, height, width). Their size need not be that of X.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights of the samples.
        X_val : DataFrame or array-like of shape (n_validation_samples, ...) or None, default=None
            Samples of your own to hold out, as `predict` takes them. All members train on the whole
            of X, each with its own seed; early stopping, the linear probes' penalty and the blend
            go by these samples. Scaling and categories do not see them.
        y_val : array-like of shape (n_validation_samples, ...) or None, default=None
            Their labels or targets, as in y; given with X_val, or not at all.
        groups : array-like of shape (n_samples,) or None, default=None
            Group of each sample, such as a patient: anything that can be hashed, none missing. No
            group is split between samples that a member trains on and samples that it holds out.
            ``n_estimators="auto"`` is at most the number of groups; `validation_fraction` is a
            share of the groups. Unlabelled samples of a held-out group do not train either. With
            X_val nothing is split.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data is out of its bounds; the message names it.
        FloatingPointError
            If the loss becomes NaN or infinite.
        OSError
            If the folder `checkpoint` cannot be made or written.
        MemoryError
            If memory does not suffice for a single sample; batches are split before.
        ImportError
            If ``device="accelerate"`` lacks the package accelerate.
        KeyboardInterrupt
            If interrupted before the first epoch ends. Later, fit keeps the best state so far,
            and warns.
        """
        return self._fit(Given(X, y, sample_weight, X_val, y_val, groups))

    def _fit(self, given: Given) -> Self:
        """All of `fit`, step by step."""
        begin = time.time()
        self._validate_params()
        recipe = make_recipe(self._task, self._parameters)
        limit = TimeLimit(begin, math.inf if recipe.time_limit is None else recipe.time_limit)
        earlier = self.ensemble_ if self.warm_start and self.__sklearn_is_fitted__() else None
        # Another learns the columns: should this fit fail, this estimator stays as it was.
        columns = type(self).__new__(type(self)) if earlier is None else self
        backbone = load_frozen(recipe)
        finest = count_image_patches(backbone)
        prepared = prepare(recipe, given, columns, finest, earlier)
        recipe = settle_mixing(recipe, prepared, backbone)
        held_out, former = (None, None) if earlier is None else (earlier.held_out, earlier.source)
        drawn = make_plan(recipe, prepared, backbone, self.random_state, held_out)
        plan = keep_plan(recipe, prepared, backbone, drawn, self.random_state)
        source = choose_source(recipe, prepared, backbone, plan.seeds[0], former)
        with show_progress(recipe, plan.budget, limit) as progress:
            progress.enter("linear probes")
            probes = fit_probes(recipe, prepared, plan, backbone.width, limit.probes_end())
            trained = train_members(
                recipe,
                prepared,
                None if source is None else source.load(),
                plan,
                [] if earlier is None else [net.module_.state_dict() for net in earlier.nets],
                progress,
                limit.members_end,
            )
            members = worth_keeping(trained, plan.budget.max_epochs)
            _warn_if_ended_early(trained, members, len(plan.folds), limit)
            progress.enter("blend")
            ensemble = blend_members(recipe, prepared, plan, source, members, probes)
            progress.conclude(members)
        return self._publish(ensemble, plan, members, {} if columns is self else vars(columns))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether `callbacks` that have a name come as ``callbacks__NAME`` too, and their own
            parameters as ``callbacks__NAME__PARAMETER``.

        Returns
        -------
        dict of str to object
        """
        named = callback_parameters(self.callbacks) if deep else {}
        return super().get_params(deep) | {PREFIX + name: value for name, value in named.items()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Parameters
        ----------
        **params : object
            Parameters by name. ``callbacks__NAME`` replaces or adds the callback of this name, and
            None switches it off; ``callbacks__NAME__PARAMETER`` sets a parameter of one.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no such parameter, or no callback of the name.
        """
        named = [name for name in params if name.startswith(PREFIX)]
        changes = {name.removeprefix(PREFIX): params.pop(name) for name in named}
        super().set_params(**params)
        if changes:
            self.callbacks = set_callbacks(self.callbacks, changes)
        return self

    @undisturbed
    def gate_scores(self, X: ArrayLike) -> np.ndarray:
        """Score how much each patch helps the prediction (paper, section 3.2).

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples, n_patches_)
            Gate scores in (0, 1), averaged over the members. Column j of a table has the patches
            ``modality_.column_patches_[j]``; those of an image come row by row.

        Raises
        ------
        ValueError
            If the estimator has no learned gate.
        """
        check_is_fitted(self)
        return self.ensemble_.gate_scores(self._rows(X))

    @undisturbed
    def transform(self, X: ArrayLike) -> np.ndarray:
        """Features of the fine-tuned encoders, averaged over a sample's patches.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Those of the members side by side, because each member has learned features of its own:
            n_features_out is the number of members times the width of the encoder. float32 where X
            is an array of float32, else float64. A DataFrame after ``set_output``.
        """
        check_is_fitted(self)
        each = self.ensemble_.embed(self._rows(X))
        return np.concatenate([*each], axis=1).astype(float_type(X), copy=False)

    def staged_scores(self) -> np.ndarray:
        """Validation scores after each epoch of fine-tuning, those of ``history_`` as an array.

        Returns
        -------
        ndarray of shape (n_members, n_epochs)
            Minus the loss of the samples that a member held out. NaN where it had stopped, or held
            nothing out.
        """
        check_is_fitted(self)
        return staged_scores(self.history_)

    def save(self, path: str | os.PathLike) -> None:
        """Save the fitted estimator as one file of safetensors and JSON, without pickles.

        It holds the parameters, all fitted attributes and the weights, but no training data, save
        for numbers by which a warm start knows rows again. Weights that the Hugging Face hub has
        are left out; `load` takes them from its cache, or downloads them.

        Parameters
        ----------
        path : str or path-like
            File to write; an earlier one is replaced once the new one is whole.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If the backbone was given as an `nn.Module`.
        OSError
            If the file cannot be written.

        Warns
        -----
        UserWarning
            Names the parameters that are code or data, such as `callbacks` or arrays as `source`:
            the loaded estimator has their defaults.

        See Also
        --------
        load : Load what was saved.
        """
        save_estimator(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike, device: str | torch.device = "cpu") -> Self:
        """Load an estimator that `save` has written; no code in the file is run.

        Parameters
        ----------
        path : str or path-like
            File to read.
        device : str or torch.device, default="cpu"
            Where to predict; ``"auto"`` is the GPU if there is one. The parameter `device` stays as
            it was, for another fit.

        Returns
        -------
        estimator
            With the same libraries on the same kind of processor it predicts bit for bit the same.

        Raises
        ------
        ValueError
            If the file is damaged, was not written by `save`, holds an estimator of the other
            class, or is of a later format; if the device is unknown.
        ConnectionError
            If the weights of a backbone of the hub are needed, are not in its cache, and the hub
            does not answer.
        ImportError
            If the backbone needs a package that is not installed.
        OSError
            If the file cannot be read.

        Warns
        -----
        UserWarning
            If a later version of this package wrote the file.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from pare_sklearn import PaReRegressor
        >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 3.0]
        >>> reg = PaReRegressor(n_estimators=1, max_epochs=1, random_state=0).fit(X, y)
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "reg.safetensors")
        ...     reg.save(path)
        ...     again = PaReRegressor.load(path)
        >>> bool((again.predict(X) == reg.predict(X)).all())
        True
        """
        return load_estimator(cls, path, device)

    @property
    def estimators_(self) -> list[PaReNet]:
        """The fitted skorch nets, one a member."""
        return list(self.ensemble_.nets)

    @property
    def net_(self) -> PaReNet:
        """The first of the fitted nets."""
        check_is_fitted(self)
        return self.ensemble_.nets[0]

    @property
    def modality_(self) -> Modality:
        """Checks and scales samples."""
        return self.ensemble_.modality

    @property
    def target_(self) -> Target:
        """Checks and codes targets."""
        return self.ensemble_.target

    @property
    def blend_(self) -> np.ndarray:
        """Factors of the nets' outputs and of the linear probes'."""
        return self.ensemble_.factors

    @property
    def probe_(self) -> Probe | None:
        """The linear probes."""
        return self.ensemble_.probe

    @property
    def features_(self) -> Any | None:
        """What the linear probes see."""
        return self.ensemble_.features

    @property
    def feature_importances_(self) -> np.ndarray:
        """How much each column of a table moves the loss, (n_features_in_,); of sum 1.

        To first order, by gradient times embedding (Shrikumar et al. 2016, arXiv:1605.01713), the
        mean over some held-out samples, of nets and linear probes together. It tells which columns
        this model uses, not which are causes, nor what the score loses without one: that
        `sklearn.inspection.permutation_importance` measures. The gate has no part in it. Gate
        scores say which patches help during mixing, and do not tell informative columns from noise.

        Raises
        ------
        AttributeError
            If the samples are no table, or one whose columns are principal components.
        """
        importances = self.ensemble_.importances
        if importances is None:
            raise AttributeError(
                "feature_importances_ is measured for tables alone; what the gate scores of a "
                "sequence or an image gate_scores(X) tells, and GateDisplay shows."
            )
        return importances

    @property
    def mixing_(self) -> Mixing:
        """`k_start`, `k_end` and `mix_weight` as used, and the share of exploring epochs."""
        return self.ensemble_.recipe.mixing

    @property
    def n_patches_(self) -> int:
        """Patches n of a sample."""
        return self.ensemble_.n_patches

    @property
    def source_(self) -> str | None:
        """Name of the source used."""
        source = self.ensemble_.source
        return None if source is None else source.name

    @property
    def otdd_(self) -> dict[str, float] | None:
        """OTDD of each source to the target, the nearest first."""
        source = self.ensemble_.source
        return None if source is None else source.otdd

    @property
    def _n_features_out(self) -> int:
        return len(self.ensemble_.nets) * self.ensemble_.feature_width

    def __sklearn_is_fitted__(self) -> bool:
        return "ensemble_" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.non_deterministic = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @abstractmethod
    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict; what, the estimators say."""

    def _publish(
        self,
        ensemble: Ensemble,
        plan: Plan,
        members: Mapping[int, Member],
        columns: Mapping[str, Any],
    ) -> Self:
        """Set the fitted attributes, all at once."""
        history = History(
            {"member": position, **row}
            for position, member in enumerate(members.values())
            for row in member.history
        )
        self.__dict__.pop("feature_names_in_", None) if columns else None
        self.__dict__.update(
            columns, ensemble_=ensemble, history_=history, budget_=plan.budget, lr_=plan.lr
        )
        return self

    @undisturbed
    def _rank_sources(self, X: Any, y: Any, max_samples: int) -> dict[str, float]:
        """OTDD of each source to the target, the nearest first."""
        self._validate_params()
        recipe = make_recipe(self._task, self._parameters)
        columns = type(self).__new__(type(self))
        backbone = load_frozen(recipe)
        prepared = prepare(recipe, Given(X, y), columns, count_image_patches(backbone))
        seed = as_seed(new_rng(self.random_state))
        return source_distances(recipe, prepared, backbone, seed, max_samples)

    def _rows(self, X: Any) -> Rows:
        """Samples to predict as rows of tensors."""
        modality = self.ensemble_.modality
        return modality.rows(modality.validate(X, "no_validation", self, reset=False))

    def _outputs(self, X: Any) -> np.ndarray:
        """Outputs of each member, shape (n_members, n_samples, n_outputs), as float64."""
        check_is_fitted(self)
        return self.ensemble_.outputs(self._rows(X))

    def _fields_like_fit(self, y: Any) -> np.ndarray:
        """Fields (n_samples, *field); raise where they have another shape than in fit."""
        fields = np.asarray(y)
        if fields.shape[1:] != self.target_.shape:
            raise ValueError(
                f"y holds fields of shape {fields.shape[1:]}, but fit saw {self.target_.shape}."
            )
        return fields


def _warn_if_ended_early(
    trained: Mapping[int, Member], members: Mapping[int, Member], n_folds: int, limit: TimeLimit
) -> None:
    """Say what is kept; raise where there is nothing to keep."""
    if not members:
        raise KeyboardInterrupt
    n_out_of_time = sum(member.out_of_time for member in members.values())
    # Time keeps members from being begun when it is over.
    is_stopped = len(trained) < n_folds and time.time() < limit.members_end
    if is_stopped or any(member.interrupted for member in trained.values()):
        warnings.warn(
            f"fit was interrupted; of {n_folds} members the estimator keeps the best state of the "
            f"{len(members)} it has begun.",
            stacklevel=4,
        )
    elif n_out_of_time or len(members) < n_folds:
        warnings.warn(
            f"time_limit={limit.seconds:g} is over: of {n_folds} members {n_out_of_time} ended "
            f"early and keep their best state, {n_folds - len(members)} were left out.",
            stacklevel=4,
        )
