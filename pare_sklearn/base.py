"""scikit-learn's side of both estimators: fit, what it publishes, and what follows from it."""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from typing_extensions import Self

from pare_sklearn.backbones.contract import count_image_patches
from pare_sklearn.data.modalities import Modality
from pare_sklearn.data.prepared import prepare
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.targets import Target
from pare_sklearn.ensemble.blend import blend_members
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.ensemble.probes import Probe
from pare_sklearn.parameters import Parameters
from pare_sklearn.recipe import Mixing, Recipe, Task, make_recipe
from pare_sklearn.sources.choice import choose_source, load_frozen, source_distances
from pare_sklearn.training.fit_folder import keep_plan
from pare_sklearn.training.history import History, report_member
from pare_sklearn.training.member import Member
from pare_sklearn.training.members import train_members
from pare_sklearn.training.mixing import settle_mixing
from pare_sklearn.training.net import PaReNet
from pare_sklearn.training.plan import Plan, make_plan
from pare_sklearn.utils.randomness import as_seed, new_rng
from pare_sklearn.utils.surroundings import undisturbed

# In the documentation, by the name of the class, as scikit-learn links to it.
ESTIMATOR_PAGE = (
    "https://pare-sklearn.readthedocs.io/en/stable/generated/pare_sklearn.{estimator_name}.html"
)


@dataclass(eq=False, repr=False)
class BasePaRe(Parameters, BaseEstimator, ABC):
    """What classifier and regressor share."""

    _task: ClassVar[Task]
    _doc_link_module: ClassVar[str] = "pare_sklearn"
    _doc_link_template: ClassVar[str] = ESTIMATOR_PAGE

    @undisturbed
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
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
        self._validate_params()
        recipe = make_recipe(self._task, self._parameters)
        earlier = self.ensemble_ if self.warm_start and self.__sklearn_is_fitted__() else None
        # Another learns the columns: should this fit fail, this estimator stays as it was.
        columns = type(self).__new__(type(self)) if earlier is None else self
        backbone = load_frozen(recipe)
        finest = count_image_patches(backbone)
        prepared = prepare(recipe, X, y, sample_weight, columns, finest, earlier)
        recipe = settle_mixing(recipe, prepared, backbone)
        held_out, former = (None, None) if earlier is None else (earlier.held_out, earlier.source)
        drawn = make_plan(recipe, prepared, backbone, self.random_state, held_out)
        plan = keep_plan(recipe, prepared, backbone, drawn, self.random_state)
        source = choose_source(recipe, prepared, backbone, plan.seeds[0], former)
        members = train_members(
            recipe,
            prepared,
            None if source is None else source.load(),
            plan,
            [] if earlier is None else [net.module_.state_dict() for net in earlier.nets],
            _reporter(recipe, len(plan.folds)),
        )
        _warn_if_interrupted(members, len(plan.folds))
        ensemble = blend_members(recipe, prepared, plan, source, members)
        return self._publish(ensemble, plan, members, {} if columns is self else vars(columns))

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
            Gate scores in (0, 1), averaged over the members. Feature j of a table has the patches
            ``j * r`` to ``(j + 1) * r - 1``, where r = ``n_patches_ // n_features_in_``; those of
            an image come row by row.

        Raises
        ------
        ValueError
            If the estimator has no learned gate.
        """
        check_is_fitted(self)
        return self.ensemble_.gate_scores(self._rows(X))

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
            If the samples are no table.
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

    def __sklearn_is_fitted__(self) -> bool:
        return "ensemble_" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.non_deterministic = False
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
        prepared = prepare(recipe, X, y, None, columns, count_image_patches(backbone))
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


def _reporter(recipe: Recipe, n_members: int) -> Callable[[int, Member], None]:
    """What tells of finished members, where this is asked for."""
    start, n_finished = time.perf_counter(), count(1)

    def report(number: int, member: Member) -> None:
        if recipe.verbose:
            seconds = time.perf_counter() - start
            report_member(number, next(n_finished), n_members, member.history, seconds)

    return report


def _warn_if_interrupted(members: Mapping[int, Member], n_folds: int) -> None:
    """Say what is kept; raise where there is nothing to keep."""
    if not members:
        raise KeyboardInterrupt
    if len(members) < n_folds or any(member.interrupted for member in members.values()):
        warnings.warn(
            f"fit was interrupted; of {n_folds} members the estimator keeps the best state of the "
            f"{len(members)} it has begun.",
            stacklevel=3,
        )
