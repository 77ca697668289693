"""scikit-learn's side of both estimators: fit, what it publishes, and what follows from it."""

from __future__ import annotations

import math
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import Self

from pare_sklearn.backbones.contract import count_image_patches
from pare_sklearn.data.prepared import Given, Prepared, prepare
from pare_sklearn.ensemble.blend import blend_members, fit_probes
from pare_sklearn.ensemble.ensemble import Ensemble
from pare_sklearn.ensemble.feature_selection import select_features
from pare_sklearn.fitted import FittedPaRe
from pare_sklearn.parameters import Parameters
from pare_sklearn.recipe import Recipe, Task, make_recipe
from pare_sklearn.saving.saved_estimator import SavedEstimator
from pare_sklearn.sources.choice import ChosenSource, choose_source, load_frozen, source_distances
from pare_sklearn.training.averaging import settle_averaging
from pare_sklearn.training.fit_folder import keep_plan
from pare_sklearn.training.forecast import warn_if_long
from pare_sklearn.training.history import History
from pare_sklearn.training.member import Member
from pare_sklearn.training.members import train_members, worth_keeping
from pare_sklearn.training.mixing import settle_mixing
from pare_sklearn.training.named_callbacks import NamedCallbacks
from pare_sklearn.training.plan import Plan, make_plan
from pare_sklearn.training.progress import Progress, show_progress
from pare_sklearn.training.timing import TimeLimit
from pare_sklearn.utils.randomness import as_seed, new_rng
from pare_sklearn.utils.surroundings import undisturbed

# In the documentation, by the name of the class, as scikit-learn links to it.
ESTIMATOR_PAGE = (
    "https://pare-sklearn.readthedocs.io/en/stable/generated/pare_sklearn.{estimator_name}.html"
)


@dataclass(eq=False, repr=False)
class BasePaRe(
    FittedPaRe,
    SavedEstimator,
    Parameters,
    NamedCallbacks,
    ABC,
):
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
            None and pandas.NA), infinities are not. Sequences and images larger than memory may be
            a `numpy.memmap`, a data set of h5py or what else gives slices of rows; they are read by
            batch.
        y : array-like of shape (n_samples,)
            Class labels, or targets. Several of them a sample: (n_samples, n_outputs) for
            regression; for classification a matrix of zeros and ones, (n_samples, n_labels), which
            may be sparse. Of sequences and images also fields of numbers, or maps of zeros and
            ones: (n_samples, n_channels, length), (n_samples, height, width) or (n_samples,
            n_channels, height, width). Their size need not be that of X. Fields of numbers may be
            larger than memory, as X.
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
        earlier = self.ensemble_ if self.warm_start and self.__sklearn_is_fitted__() else None
        # Another learns the columns: should this fit fail, this estimator stays as it was.
        columns = type(self).__new__(type(self)) if earlier is None else self
        backbone = load_frozen(recipe)
        whole = prepare(recipe, given, columns, count_image_patches(backbone), earlier)
        limit = TimeLimit(begin, recipe.time_limit or math.inf)
        prepared = whole if earlier else select_features(recipe, whole, limit)
        recipe = settle_averaging(settle_mixing(recipe, prepared, backbone), prepared, backbone)
        held_out, former = (None, None) if earlier is None else (earlier.held_out, earlier.source)
        plan = make_plan(recipe, prepared, backbone, self.random_state, held_out)
        plan = keep_plan(recipe, whole, backbone, plan, self.random_state)
        warn_if_long(recipe, prepared, plan, backbone)
        source = choose_source(recipe, prepared, backbone, plan.seeds[0], former)
        with show_progress(recipe, plan.budget, limit) as progress:
            progress.enter("linear probes")
            probes = fit_probes(recipe, prepared, plan, backbone.width, limit.probes_end())
            members = _train(recipe, prepared, source, plan, earlier, progress, limit)
            progress.enter("blend")
            ensemble = blend_members(recipe, prepared, plan, source, members, probes, limit.end)
            progress.conclude(members)
        return self._publish(ensemble, plan, members, {} if columns is self else vars(columns))

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


def _train(
    recipe: Recipe,
    prepared: Prepared,
    source: ChosenSource | None,
    plan: Plan,
    earlier: Ensemble | None,
    progress: Progress,
    limit: TimeLimit,
) -> Mapping[int, Member]:
    """The members that are worth keeping; what was cut short is told of."""
    loaded = None if source is None else source.load()
    states = [] if earlier is None else [net.module_.state_dict() for net in earlier.nets]
    trained = train_members(recipe, prepared, loaded, plan, states, progress, limit.members_end)
    members = worth_keeping(trained, plan.budget.max_epochs)
    _warn_if_ended_early(trained, members, len(plan.folds), limit)
    return members


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
