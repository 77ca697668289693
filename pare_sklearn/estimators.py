"""PaReClassifier and PaReRegressor: validate, build, fit, predict."""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count, zip_longest
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from joblib import effective_n_jobs
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    GradientNormClipping,
    LRScheduler,
    PassthroughScoring,
)
from skorch.helper import predefined_split
from torch import Tensor, nn

from pare_sklearn.backbones import load_backbone, reset_parameters
from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.layers import encoder_layers
from pare_sklearn.data.folds import Fold, deal_folds, hold_out_fraction, thin_folds
from pare_sklearn.data.modalities import GRIDS, TABULAR, detect_modality
from pare_sklearn.data.modalities.grids import Grids
from pare_sklearn.data.modalities.table_encoder import is_dataframe
from pare_sklearn.data.modalities.tables import PERIODIC, PIECEWISE_LINEAR, Tables
from pare_sklearn.data.rows import BatchIterator, Rows
from pare_sklearn.data.targets.classes import Classes
from pare_sklearn.data.targets.continuous import Continuous
from pare_sklearn.data.targets.labels import Labels
from pare_sklearn.data.targets.target import Target
from pare_sklearn.data.validation import reject_text_and_dates
from pare_sklearn.ensemble.probes import FIELD_STRENGTHS, STRENGTHS, fit_probe
from pare_sklearn.modules.checkpointing import checkpointed
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.frozen_features import FrozenFeatures
from pare_sklearn.modules.gate import Gate, RandomGate
from pare_sklearn.modules.losses import CLASS_LOSSES, TARGET_LOSSES, SquaredError
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.modules.principal_components import PrincipalComponents
from pare_sklearn.otdd.pseudo_classes import pseudo_classes
from pare_sklearn.sources import EmbeddedSource, embed_source, name_sources
from pare_sklearn.sources.nearest import nearest_first
from pare_sklearn.training.alignment import AlignmentNet
from pare_sklearn.training.budget import Budget, choose_budget
from pare_sklearn.training.curriculum import Difficulty, KCurriculum, warmup_cosine
from pare_sklearn.training.finetuning import add_lora, freeze
from pare_sklearn.training.intermediate import sample_source
from pare_sklearn.training.members import Member, train_members
from pare_sklearn.training.net import LOSS_TERMS, PaReNet
from pare_sklearn.training.schedules import SCHEDULES, make_schedule
from pare_sklearn.utils.devices import ACCELERATE, check_device, pick_device
from pare_sklearn.utils.randomness import as_seed, kept_torch_rng, new_rng
from pare_sklearn.utils.validation import check_length

CLIP_NORM = 1.0
# Numbers, patches times width, that a batch holds in prediction, which bounds its memory however
# wide the table is.
PREDICT_NUMBERS = 1 << 20
# Weights of an encoder from which on it is large: a single member is trained then.
LARGE = 5_000_000
# Matrix kernels round the rows of an incomplete tile differently; predictions are made for whole
# tiles, so that a row's prediction does not depend on how many rows stand beside it.
ROW_BLOCK = 16
# Features of the frozen encoder, at least; so many embedders see a sample side by side.
PROBE_FEATURES = 1024
# Principal components of fields, at most, and the numbers that these and the probes may hold.
COMPONENTS = 128
COMPONENT_NUMBERS = 1 << 22
COEFFICIENTS = 1 << 20
# Samples, at most, that the probes are fitted to and the blend is chosen by.
BLEND_SAMPLES = 10_000
# The same for the outputs of all samples, of which fields have many.
BLEND_NUMBERS = 1 << 24
WITH_SOURCE = ("pare", "orca")
# Samples, of target and source, that the distances of the sources are measured on.
RANK_SAMPLES = 500
# The same for the difficulty of intermediate modalities, measured so often in a training.
DIFFICULTY_SAMPLES = 128
DIFFICULTY_MEASUREMENTS = 5
ALIGN_BATCH = 256
NO_DECAY = (
    "*bias*",
    "*norm*",
    "*Norm*",
    "*positions*",
    "*prefix*",
    "*missing*",
    "*gains*",
    "*frequencies*",
)


class TrainingSet(NamedTuple):
    """What a member is trained with."""

    train: Rows
    valid: Rows
    unlabelled: Rows | None
    source: EmbeddedSource | None


class SourceChoice(NamedTuple):
    """The source used, and the distances by which it was chosen."""

    name: str | None = None
    otdd: dict[str, float] | None = None
    embedded: EmbeddedSource | None = None


class _BasePaRe(BaseEstimator, ABC):
    """What classifier and regressor share; the task is in the methods they add."""

    # Epochs that a small table gets, the learning rate where the backbone has none of its own, and
    # what maps its numbers.
    _most_epochs: ClassVar[int]
    _lr: ClassVar[float]
    _numeric_embedding: ClassVar[str]
    lr_: float
    target_: Target
    _parameter_constraints: ClassVar[dict] = {
        "backbone": [str, nn.Module],
        "source": [str, tuple, list],
        "modality": [StrOptions({"auto", TABULAR, *GRIDS})],
        "strategy": [StrOptions({"pare", "orca", "finetune", "scratch"})],
        "k_schedule": [StrOptions({*SCHEDULES, "otdd"}), callable],
        "k_start": [Interval(Real, 0, 1, closed="both")],
        "k_end": [Interval(Real, 0, 1, closed="both")],
        "gate": [StrOptions({"learned", "random"})],
        "mix_weight": [Interval(Real, 0, None, closed="left")],
        "mix_weighting": [StrOptions({"count", "otdd"})],
        "align_epochs": [Interval(Integral, 1, None, closed="left")],
        "semi_supervised": ["boolean"],
        "augmentation": [StrOptions({"patchmix"}), None],
        "patch_dropout": [Interval(Real, 0, 1, closed="left")],
        "linear_probe": ["boolean"],
        "finetune": [StrOptions({"all", "norm", "lora", "none"})],
        "lora_rank": [Interval(Integral, 1, None, closed="left")],
        "lora_targets": [StrOptions({"all-linear"}), list, tuple],
        "layer_decay": [Interval(Real, 0, 1, closed="right")],
        "n_estimators": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "early_stopping": ["boolean"],
        "n_jobs": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
            Interval(Integral, None, -1, closed="right"),
            None,
        ],
        "patience": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "lr": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like"],
        "numeric_embedding": [StrOptions({"auto", PERIODIC, PIECEWISE_LINEAR})],
        "patches_per_feature": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "patch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, None],
        "device": [str],
        "precision": [StrOptions({"auto", "float32", "bfloat16"})],
        "gradient_checkpointing": ["boolean"],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        backbone: str | nn.Module = "embedded",
        *,
        source: str | tuple | list = "auto",
        modality: str = "auto",
        strategy: str = "pare",
        k_schedule: str | Callable[[float], float] = "linear",
        k_start: float = 0.1,
        k_end: float = 0.0,
        gate: str = "learned",
        mix_weight: float = 0.3,
        mix_weighting: str = "count",
        align_epochs: int = 60,
        semi_supervised: bool = False,
        augmentation: str | None = None,
        patch_dropout: float = 0.0,
        linear_probe: bool = True,
        finetune: str = "all",
        lora_rank: int = 8,
        lora_targets: str | Sequence[str] = "all-linear",
        layer_decay: float = 1.0,
        n_estimators: int | str = "auto",
        validation_fraction: float = 0.2,
        early_stopping: bool = True,
        patience: int | str = "auto",
        max_epochs: int | str = "auto",
        lr: float | str = "auto",
        weight_decay: float = 0.1,
        loss: str = "auto",
        batch_size: int | str = "auto",
        dropout: float = 0.0,
        categorical_features: str | Sequence = "from_dtype",
        numeric_embedding: str = "auto",
        patches_per_feature: str | int = "auto",
        patch_size: str | int = "auto",
        callbacks: Sequence | None = None,
        n_jobs: int | str | None = "auto",
        device: str = "auto",
        precision: str = "auto",
        gradient_checkpointing: bool = False,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.backbone = backbone
        self.source = source
        self.modality = modality
        self.strategy = strategy
        self.k_schedule = k_schedule
        self.k_start = k_start
        self.k_end = k_end
        self.gate = gate
        self.mix_weight = mix_weight
        self.mix_weighting = mix_weighting
        self.align_epochs = align_epochs
        self.semi_supervised = semi_supervised
        self.augmentation = augmentation
        self.patch_dropout = patch_dropout
        self.linear_probe = linear_probe
        self.finetune = finetune
        self.lora_rank = lora_rank
        self.lora_targets = lora_targets
        self.layer_decay = layer_decay
        self.n_estimators = n_estimators
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.max_epochs = max_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.loss = loss
        self.batch_size = batch_size
        self.dropout = dropout
        self.categorical_features = categorical_features
        self.numeric_embedding = numeric_embedding
        self.patches_per_feature = patches_per_feature
        self.patch_size = patch_size
        self.callbacks = callbacks
        self.n_jobs = n_jobs
        self.device = device
        self.precision = precision
        self.gradient_checkpointing = gradient_checkpointing
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> _BasePaRe:
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
            n_channels, height, width), whose size is free of that of X.
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
        MemoryError
            If memory does not suffice for a single sample; batches are split before.
        ImportError
            If ``device="accelerate"`` lacks the package accelerate.
        KeyboardInterrupt
            If interrupted before the first epoch ends. Later, fit keeps the best state so far,
            and warns.
        """
        self._validate_params()
        if self.k_end > self.k_start:
            raise ValueError(
                f"k_end={self.k_end} is above k_start={self.k_start}: k falls while training, from "
                "source-like to target-like."
            )
        check_callbacks(self.callbacks)
        check_device(self._device())
        continues = self.warm_start and self.__sklearn_is_fitted__()
        if not continues:
            # Should this fit fail, nothing is left of an earlier one beside new columns or classes.
            self.__dict__.pop("estimators_", None)
        with kept_torch_rng():
            backbone = load_backbone(self.backbone, 0.0).eval()
        rows, unlabelled = self._prepare(X, y, sample_weight, continues)
        self._check_patches(backbone)
        self._width = backbone.width
        self.budget_ = self._choose_budget(len(rows), backbone)
        self.lr_ = (backbone.lr or self._lr) if self.lr == "auto" else float(self.lr)
        rng = self._new_rng()
        folds = self._folds(rows.y.numpy(), rng)
        states = [net.module_.state_dict() for net in self.estimators_] if continues else []
        seeds = [as_seed(rng) for _ in folds]
        with kept_torch_rng():
            choice = self._choose_source(rows, backbone, seeds[0], continues)
            self._fit_members(rows, unlabelled, choice, folds, seeds, states)
        return self

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
        if not isinstance(self.estimators_[0].module_.gate, Gate):
            raise ValueError(
                "There is no learned gate to score patches: fit with strategy='pare' and "
                f"gate='learned' (now strategy={self.strategy!r}, gate={self.gate!r})."
            )
        rows = self._rows(X)
        whole = _fill_blocks(rows)
        scores = [_gate_scores(net, whole)[: len(rows)] for net in self.estimators_]
        return np.mean(scores, axis=0)

    @property
    def net_(self) -> PaReNet:
        """The fitted skorch net; of several members the first."""
        check_is_fitted(self)
        return self.estimators_[0]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimators_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        tags.non_deterministic = False
        return tags

    def _prepare(
        self, X: Any, y: Any, sample_weight: Any, continues: bool
    ) -> tuple[Rows, Rows | None]:
        """Check the data; give the labelled rows as tensors, and the unlabelled if any."""
        modality = self._new_modality(X)
        if not continues:
            self.modality_ = modality
        elif modality.shaping != self.modality_.shaping:
            raise ValueError(
                "warm_start: patches_per_feature, numeric_embedding or patch_size has changed, and "
                "with it the shapes of the weights; set it back, or fit a new estimator."
            )
        samples = self._validate_X(X, y, reset=not continues)
        labelled = np.ones(len(samples), dtype=bool)
        target = self._new_target(y)
        if self.semi_supervised:
            y, labelled = target.split(y)
            check_length(labelled, len(samples))
        given = target.check(y)
        check_length(given, labelled.sum())
        weights = self._weights(target, given, sample_weight, labelled)
        target.fit(given, weights)
        self.target_ = target.follow(self.target_) if continues else target
        if not continues:
            self.modality_.fit(samples, dense=self._is_dense())
        targets = self.target_.encode(given)
        rows = self.modality_.rows(samples)
        unlabelled = None if labelled.all() else rows.take(np.flatnonzero(~labelled))
        return rows.take(np.flatnonzero(labelled)).label(targets, weights), unlabelled

    def _new_modality(self, X: Any) -> Tables | Grids:
        name = detect_modality(X) if self.modality == "auto" else self.modality
        if name == TABULAR:
            auto = self.numeric_embedding == "auto"
            numeric_embedding = self._numeric_embedding if auto else self.numeric_embedding
            return Tables(self.categorical_features, numeric_embedding, self.patches_per_feature)
        return GRIDS[name](self.patch_size)

    def _validate_X(self, X: Any, y: Any = "no_validation", *, reset: bool = False) -> Any:
        """Check `X`, as its modality has it."""
        if isinstance(self.modality_, Tables):
            return self._validate_table(X, y, reset)
        samples = self.modality_.check(X)
        if reset or y is None:
            validate_data(self, samples, y, reset=reset, skip_check_array=True)
        return samples

    def _validate_table(self, X: Any, y: Any, reset: bool) -> Any:
        """Check `X`: a DataFrame stays one, all else becomes a float64 array."""
        if is_dataframe(X):
            try:
                validate_data(self, X, y, reset=reset, skip_check_array=True)
            except ValueError as error:
                if reset:
                    raise
                raise ValueError(f"{error}\n{self._name_columns(X)}") from None
            if 0 in X.shape:
                raise ValueError(
                    f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) (shape="
                    f"{X.shape}) while a minimum of 1 is required."
                )
            return X
        if y is None:
            validate_data(self, X, y)
        reject_text_and_dates(X)
        try:
            return validate_data(
                self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan"
            )
        except OverflowError as error:
            raise ValueError(
                f"X holds a number too large for float64 ({error}); rescale it, or put NaN."
            ) from error

    def _name_columns(self, X: Any) -> str:
        """Say which columns fit saw, and which `X` has."""
        seen = getattr(self, "feature_names_in_", None)
        names = "" if seen is None else f" ({', '.join(seen)})"
        return (
            f"fit saw {self.n_features_in_} columns{names}; X has {X.shape[1]} "
            f"({', '.join(map(str, X.columns))})."
        )

    @abstractmethod
    def _new_target(self, y: Any) -> Target:
        """What knows the kind of target that `y` is."""

    def _weights(
        self, target: Target, y: np.ndarray, sample_weight: Any, labelled: np.ndarray
    ) -> np.ndarray:
        """Weights of the labelled samples, with mean 1."""
        weights = _check_sample_weight(
            sample_weight, labelled[:, np.newaxis], dtype=np.float64, ensure_non_negative=True
        )
        weights = weights[labelled] * target.sample_weights(y)
        if weights.sum() <= 0:
            raise ValueError("All sample weights are zero; at least one must be positive.")
        return weights / weights.mean()

    def _rows(self, X: Any) -> Rows:
        """Samples to predict as rows of tensors."""
        return self.modality_.rows(self._validate_X(X))

    def _folds(self, targets: np.ndarray, rng: np.random.RandomState) -> list[Fold]:
        """Rows to train on and rows to validate on, for each member."""
        strata = self.target_.strata(targets)
        if self.budget_.n_estimators > 1:
            return deal_folds(strata, self.budget_.n_estimators, rng)
        if self.early_stopping:
            return [hold_out_fraction(strata, self.validation_fraction, rng)]
        return [Fold(np.arange(len(targets)), np.arange(0))]

    def _fit_members(
        self,
        rows: Rows,
        unlabelled: Rows | None,
        choice: SourceChoice,
        folds: Sequence[Fold],
        seeds: Sequence[int],
        states: Sequence[dict[str, Tensor]],
    ) -> None:
        """Fit a net for each fold, then set the fitted attributes at once."""
        start = time.perf_counter()
        tasks = [
            partial(self._fit_member, rows, unlabelled, choice.embedded, fold, seed, state)
            for fold, seed, state in zip_longest(folds, seeds, states[: len(folds)])
        ]
        n_finished = count(1)

        def report(number: int, member: Member) -> None:
            if self._verbosity():
                seconds = time.perf_counter() - start
                _report(number, next(n_finished), len(folds), member.history, seconds)

        members, interrupted = train_members(tasks, self.budget_.n_jobs, report)
        if interrupted:
            if not members:
                raise KeyboardInterrupt
            warnings.warn(
                f"fit was interrupted; of {len(folds)} members the estimator keeps the best state "
                f"of the {len(members)} it has begun.",
                stacklevel=3,
            )
        self.estimators_ = [member.net for member in members.values()]
        self.history_ = [
            {"member": position, **row}
            for position, member in enumerate(members.values())
            for row in member.history
        ]
        self.n_patches_ = self.estimators_[0].module_.n_patches
        self.source_, self.otdd_ = choice.name, choice.otdd
        self._blend(rows, [folds[number] for number in members], seeds[0])

    def _fit_member(
        self,
        rows: Rows,
        unlabelled: Rows | None,
        source: EmbeddedSource | None,
        fold: Fold,
        seed: int,
        state: dict[str, Tensor] | None,
    ) -> Member | None:
        """Fit a net to a fold; None if interrupted before its first epoch ends."""
        data = TrainingSet(rows.take(fold.train), rows.take(fold.valid), unlabelled, source)
        try:
            net, aligned = self._fit_net(data, seed, state)
        except KeyboardInterrupt:
            return None
        finished = _history_rows(net, "finetune")
        if net.interrupted_ and not finished:
            return None
        net.trim_for_prediction()
        return Member(net, aligned + finished, net.interrupted_)

    def _blend(self, rows: Rows, folds: Sequence[Fold], seed: int) -> None:
        """Weigh the nets' outputs, and those of linear probes, by the held-out samples."""
        self.features_, self.probe_, self.blend_ = None, None, np.ones(1)
        most = min(BLEND_SAMPLES, max(1, BLEND_NUMBERS // self.target_.n_outputs))
        if len(rows) > most:
            share = most / len(rows)
            strata = self.target_.strata(rows.y.numpy())
            kept = hold_out_fraction(strata, share, np.random.RandomState(seed)).valid
            rows, folds = rows.take(kept), thin_folds(folds, kept)
        held_out = [rows.take(fold.valid) for fold in folds]
        y, weights = (
            torch.cat([getattr(part, name) for part in held_out]).numpy()
            for name in ("y", "weights")
        )
        if not weights.any():
            return
        nets = zip(self.estimators_, held_out, strict=True)
        outputs = [torch.cat([_forward(net, part) for net, part in nets]).double().numpy()]
        probe = None
        self.features_ = self._build_features(rows, seed) if self.linear_probe else None
        if self.features_ is not None:
            probe = fit_probe(
                self._features(_fill_blocks(rows))[: len(rows)],
                rows.y.numpy(),
                rows.weights.double().numpy(),
                folds,
                self.target_.fit_linear,
                partial(self.target_.loss, codes=y, weights=weights),
                FIELD_STRENGTHS if self._is_dense() else STRENGTHS,
            )
            outputs.append(probe.held_out)
        self.probe_, self.blend_ = probe, self.target_.blend(np.stack(outputs), y, weights)

    def _build_features(self, rows: Rows, seed: int) -> nn.Module | None:
        """What the linear probes see of a sample; None if it is too large for them."""
        if self._is_dense():
            return self._build_components(rows.inputs["values"], seed)
        return self.modality_.build_features(rows.inputs, seed) or self._build_frozen(seed)

    def _build_components(self, values: Tensor, seed: int) -> PrincipalComponents | None:
        """Principal components, as many as samples and sizes allow."""
        n_components = min(
            COMPONENTS,
            values[0].numel(),
            len(values) // 4,
            COMPONENT_NUMBERS // values[0].numel(),
            COEFFICIENTS // self.target_.n_outputs,
        )
        return PrincipalComponents(values, n_components, seed) if n_components > 0 else None

    def _build_frozen(self, seed: int) -> FrozenFeatures:
        """The encoder as it is before training, behind several embedders that start from it."""
        torch.manual_seed(seed)
        backbone = load_backbone(self.backbone, 0.0)
        backbone.arrange(self.modality_.grid)
        if self.strategy == "scratch":
            reset_parameters(backbone.encoder)
        embedders = []
        for number in range(-(-PROBE_FEATURES // backbone.feature_width)):
            embedder = self.modality_.build_embedder(backbone.width)
            if self.strategy != "scratch":
                embedder.start_from(backbone)
            if isinstance(embedder, TableEmbedder):
                embedder.ready_view(number, pretrained=self.strategy != "scratch")
            embedders.append(embedder)
        return FrozenFeatures(embedders, backbone.encoder)

    def _features(self, rows: Rows) -> np.ndarray:
        """Features (n_samples, n_features) of the frozen encoder."""
        assert self.features_ is not None
        batches = BatchIterator(rows, self._predict_batch())
        # Where the nets are: several processes may have trained what only one predicts with.
        device = self.net_.device
        self.features_.to(device)
        features = [
            self.features_(**{name: tensor.to(device) for name, tensor in inputs.items()}).cpu()
            for inputs, _ in batches
        ]
        return torch.cat(features).numpy()

    def _choose_source(
        self, rows: Rows, backbone: Backbone, seed: int, continues: bool
    ) -> SourceChoice:
        """Embed the source that the strategy uses, of several the nearest."""
        if self.strategy not in WITH_SOURCE:
            return SourceChoice()
        sources = name_sources(self.source, backbone)
        name, otdd = next(iter(sources)), None
        if continues and self.source_ in sources:
            name, otdd = self.source_, self.otdd_
        elif len(sources) > 1:
            otdd = self._source_distances(rows, backbone, seed, RANK_SAMPLES)
            name = next(iter(otdd))
            if self._verbosity():
                print(f"source {name!r}, the nearest of {_format_distances(otdd)}", flush=True)
        return SourceChoice(name, otdd, embed_source(sources[name], backbone))

    def _rank_sources(self, X: Any, y: Any, max_samples: int) -> dict[str, float]:
        """OTDD of each source to a table, the nearest first."""
        self._validate_params()
        rows, _ = self._prepare(X, y, None, continues=False)
        seed = as_seed(new_rng(self.random_state))
        with kept_torch_rng():
            backbone = load_backbone(self.backbone, 0.0).eval()
            return self._source_distances(rows, backbone, seed, max_samples)

    def _source_distances(
        self, rows: Rows, backbone: Backbone, seed: int, max_samples: int
    ) -> dict[str, float]:
        """OTDD of the sources to the target as the untrained embedder sees it."""
        rng = np.random.RandomState(seed)
        torch.manual_seed(seed)
        embedder = self.modality_.build_embedder(backbone.width)
        embedder.start_from(backbone)
        sample = rows.take(rng.permutation(len(rows))[:max_samples])
        classes = pseudo_classes(sample.y.numpy(), random_state=rng)
        with torch.no_grad():
            target = embedder(**sample.inputs)
        sources = name_sources(self.source, backbone)
        return nearest_first(sources, backbone, target, classes, max_samples, rng)

    def _embed_source(self) -> EmbeddedSource:
        """The source used in fit, as the frozen source embedder sees it."""
        assert self.source_ is not None
        # A backbone draws weights before it loads its own.
        with kept_torch_rng():
            backbone = load_backbone(self.backbone, 0.0).eval()
            return embed_source(name_sources(self.source, backbone)[self.source_], backbone)

    def _fit_net(
        self, data: TrainingSet, seed: int, state: dict[str, Tensor] | None
    ) -> tuple[PaReNet, list[dict[str, Any]]]:
        """Build a net and train it; also the history of an alignment before."""
        torch.manual_seed(seed)
        model = self._build_model(data.source)
        aligned: list[dict[str, Any]] = []
        if state is not None:
            _restore(model, state)
        elif self.strategy == "orca":
            aligner = self._align(model, data, seed)
            if aligner.interrupted_:
                # An embedder alone is no member, however many epochs it has finished.
                aligner.history.clear()
                return aligner, []
            aligned = _history_rows(aligner, "align")
        net = self._build_net(model, data, seed)
        # Seeded again, so that what was built above does not change the order of the batches.
        torch.manual_seed(seed + 1)
        layers = encoder_layers(model.encoder) if self.gradient_checkpointing else []
        with checkpointed(layers):
            net.fit(data.train, y=None)
        # The last step has no loss after it that would tell.
        outputs = net.forward(data.train.take(np.arange(min(ROW_BLOCK, len(data.train)))))
        if not outputs.isfinite().all():
            raise net.explosion(float("nan"))
        return net, aligned

    def _build_model(self, source: EmbeddedSource | None) -> PaReModel:
        """Assemble the model for the strategy."""
        backbone = load_backbone(self.backbone, self.dropout)
        embedder = self.modality_.build_embedder(backbone.width)
        if self.strategy == "scratch":
            reset_parameters(backbone.encoder)
        else:
            embedder.start_from(backbone)
            freeze(backbone.encoder, self.finetune)
            if self.finetune == "lora":
                add_lora(backbone.encoder, self.lora_rank, self.lora_targets)
        width = backbone.feature_width
        predictor = self.modality_.build_predictor(
            width, backbone.arrange(self.modality_.grid), self.target_.shape, self.dropout
        )
        gate = source_predictor = None
        if self.strategy == "pare":
            assert source is not None
            gate = Gate(backbone.width) if self.gate == "learned" else RandomGate()
            source_predictor = Predictor(width, source.n_classes, self.dropout)
        return PaReModel(
            embedder, backbone.encoder, predictor, gate, source_predictor, self.patch_dropout
        )

    def _is_dense(self) -> bool:
        """Whether the target is a field, of which each patch predicts a piece."""
        return self.modality_.is_field(self.target_.shape)

    def _fields_like_fit(self, y: Any) -> np.ndarray:
        """Fields (n_samples, *field); raise where they have another shape than in fit."""
        fields = np.asarray(y)
        if fields.shape[1:] != self.target_.shape:
            raise ValueError(
                f"y holds fields of shape {fields.shape[1:]}, but fit saw {self.target_.shape}."
            )
        return fields

    def _check_patches(self, backbone: Backbone) -> None:
        """Raise where samples have more patches than the backbone takes."""
        n, most = self.modality_.n_patches, backbone.max_patches
        if most is not None and n > most:
            raise ValueError(
                f"A sample of X has {n} patches, more than the {most} that the backbone takes; "
                "lower patches_per_feature or raise patch_size, or keep fewer features."
            )

    def _choose_budget(self, n_samples: int, backbone: Backbone) -> Budget:
        given = {name: getattr(self, name) for name in Budget._fields}
        if given["n_jobs"] != "auto":
            given["n_jobs"] = effective_n_jobs(self.n_jobs)
            if self.device == ACCELERATE and given["n_jobs"] > 1:
                raise ValueError(
                    f"n_jobs={self.n_jobs} and device='accelerate' both train in several processes;"
                    " set n_jobs=1, or another device."
                )
        is_large = sum(p.numel() for p in backbone.encoder.parameters()) > LARGE
        return choose_budget(
            n_samples,
            self.modality_.n_patches,
            self._most_epochs,
            1 if is_large else self._most_jobs(),
            self._is_dense(),
            is_large,
            **given,
        )

    def _most_jobs(self) -> int:
        """How many members may be trained at once, where the user leaves it open.

        What is not ours may keep its state in this process; so do callbacks and modules. A GPU is
        not shared, and lines an epoch of several members would be a muddle.
        """
        stays = self.callbacks or isinstance(self.backbone, nn.Module) or self.verbose > 1
        elsewhere = self.device == ACCELERATE or self._device() != "cpu"
        return 1 if stays or elsewhere else torch.get_num_threads()

    def _align(self, model: PaReModel, data: TrainingSet, seed: int) -> AlignmentNet:
        """Train the embedder to bring the target near the source."""
        classes = pseudo_classes(data.train.y.numpy(), random_state=seed)
        rows = data.train.label(classes, data.train.weights.numpy())
        n_steps = self.align_epochs * -(-len(rows) // ALIGN_BATCH)
        net = AlignmentNet(
            model.embedder,
            SquaredError,
            source=data.source,
            max_epochs=self.align_epochs,
            batch_size=ALIGN_BATCH,
            train_split=None,
            callbacks=self._optimizer_callbacks(n_steps),
            **self._net_settings(),
        )
        return net.fit(rows, y=None)

    def _build_net(self, model: PaReModel, data: TrainingSet, seed: int) -> PaReNet:
        """Put the model into a skorch net with optimizer and callbacks."""
        criterion, criterion_parameters = self.target_.criterion()
        valid = data.valid
        return self._new_net(
            model,
            criterion,
            **criterion_parameters,
            source=data.source if model.gate is not None else None,
            unlabelled=data.unlabelled,
            patchmix=self.augmentation == "patchmix",
            mix_weight=self.mix_weight,
            layer_decay=1.0 if self.strategy == "scratch" else self.layer_decay,
            max_epochs=self.budget_.max_epochs,
            batch_size=self.budget_.batch_size,
            train_split=predefined_split(valid) if len(valid) else None,
            iterator_valid=BatchIterator,
            iterator_valid__batch_size=self._predict_batch(),
            callbacks=self._build_callbacks(model, data, seed),
            **self._net_settings(),
        )

    def _new_net(self, *args: Any, **settings: Any) -> PaReNet:
        """A net, which several processes train if asked for."""
        if self.device != ACCELERATE:
            return PaReNet(*args, **settings)
        from pare_sklearn.training.accelerated import AcceleratedPaReNet
        from pare_sklearn.utils.processes import new_accelerator

        # Of another sink than print, skorch does not ask whether the net is verbose.
        settings["callbacks__print_log__sink"] = print
        return AcceleratedPaReNet(*args, accelerator=new_accelerator(), **settings)

    def _net_settings(self) -> dict[str, Any]:
        """What both stages of training have in common."""
        return {
            "autocast": self._autocast(),
            "optimizer": torch.optim.AdamW,
            "optimizer__lr": self.lr_,
            "optimizer__weight_decay": self.weight_decay,
            "optimizer__fused": True,
            "optimizer__param_groups": [(pattern, {"weight_decay": 0.0}) for pattern in NO_DECAY],
            "lr": self.lr_,
            "iterator_train": BatchIterator,
            "iterator_train__shuffle": True,
            "iterator_train__pin_memory": self._device().startswith("cuda"),
            "device": self._device(),
            "verbose": max(0, self._verbosity() - 1),
        }

    def _optimizer_callbacks(self, n_steps: int) -> list:
        """Clip the gradient, and let the learning rate rise and fall over `n_steps`."""
        schedule = LRScheduler(
            torch.optim.lr_scheduler.LambdaLR,
            step_every="batch",
            event_name=None,
            lr_lambda=partial(warmup_cosine, n_steps=n_steps),
        )
        return [("clip", GradientNormClipping(CLIP_NORM)), ("lr_schedule", schedule)]

    def _build_callbacks(self, model: PaReModel, data: TrainingSet, seed: int) -> list:
        n_steps = self.budget_.max_epochs * -(-len(data.train) // self.budget_.batch_size)
        callbacks: list = [(name, PassthroughScoring(name, on_train=True)) for name in LOSS_TERMS]
        callbacks += self._optimizer_callbacks(n_steps)
        if model.gate is not None:
            callbacks += self._curriculum(model, data, seed)
        callbacks += self.callbacks or []
        if self.early_stopping and len(data.valid):
            stop = EarlyStopping(
                patience=self.budget_.patience, threshold=0, load_best=True, sink=_silent
            )
            callbacks.append(("early_stopping", stop))
        return callbacks

    def _curriculum(self, model: PaReModel, data: TrainingSet, seed: int) -> list:
        """The callback that sets k and lambda, behind one that measures where they need it."""
        assert data.source is not None
        schedule: Callable[[float], float] | None = None
        weighting: Callable[[int], float] | None = None
        callbacks: list = []
        if "otdd" in (self.k_schedule, self.mix_weighting):
            difficulty = self._difficulty(data.train, data.source, seed)
            callbacks.append(("difficulty", difficulty))
            if self.k_schedule == "otdd":
                schedule = partial(difficulty.fraction, start=self.k_start, end=self.k_end)
            if self.mix_weighting == "otdd":
                weighting = difficulty.weight
        if schedule is None:
            schedule = make_schedule(self.k_schedule, self.k_start, self.k_end)
        n_source_patches = data.source.tokens.shape[1]
        curriculum = KCurriculum(schedule, model.n_patches, n_source_patches, weighting)
        return [*callbacks, ("curriculum", curriculum)]

    def _difficulty(self, train: Rows, source: EmbeddedSource, seed: int) -> Difficulty:
        rng = np.random.RandomState(seed)
        chosen = rng.permutation(len(train))[:DIFFICULTY_SAMPLES]
        interval = -(-self.budget_.max_epochs // DIFFICULTY_MEASUREMENTS)
        sample = sample_source(source, len(chosen), rng)
        return Difficulty(train.take(chosen).inputs, sample, interval)

    def _predict_batch(self) -> int:
        """Rows a batch in prediction, whole blocks of them."""
        n_rows = PREDICT_NUMBERS // self._width // self.modality_.load
        return max(1, n_rows // ROW_BLOCK) * ROW_BLOCK

    def _device(self) -> str:
        return pick_device(self.device)

    def _new_rng(self) -> np.random.RandomState:
        """What folds and seeds are drawn from, the same in all processes that share a training."""
        rng = new_rng(self.random_state)
        if self.device != ACCELERATE:
            return rng
        from pare_sklearn.utils.processes import share_rng

        return share_rng(rng)

    def _verbosity(self) -> int:
        """How much to print; of several processes only the main one does."""
        if self.device != ACCELERATE:
            return int(self.verbose)
        from pare_sklearn.utils.processes import this_process

        return int(self.verbose) * this_process().is_main_process

    def _autocast(self) -> str | None:
        on_gpu = self._device().startswith("cuda")
        if self.precision == "bfloat16" or (self.precision == "auto" and on_gpu):
            return "bfloat16"
        return None

    def _outputs(self, X: Any) -> np.ndarray:
        """Outputs of each member, shape (n_members, n_samples, n_outputs), as float64."""
        check_is_fitted(self)
        rows = self._rows(X)
        nets = torch.stack([_forward(net, rows) for net in self.estimators_]).double().numpy()
        outputs = self.blend_[0] * nets
        if self.probe_ is not None and self.blend_[1]:
            probes = self.probe_.outputs(self._features(_fill_blocks(rows)))
            outputs += self.blend_[1] * probes[:, : len(rows)]
        return outputs


class PaReClassifier(ClassifierMixin, _BasePaRe):
    """Cross-modal fine-tuning of a pretrained transformer (PaRe [1]_), for classification.

    A sample has one class, several labels, or a map of zeros and ones. Tables go in as they are:
    numbers, booleans, categories, strings, missing values; so do sequences and images. Each sample
    becomes patches; while training, those that a gate finds least useful are replaced by the most
    useful patches of a source modality, fewer and fewer of them.

    Parameters
    ----------
    backbone : str or torch.nn.Module, default="embedded"
        Pretrained model to fine-tune: ``"embedded"``, which ships with the package; an encoder of
        the Hugging Face hub by its id, such as ``"FacebookAI/roberta-base"``, pinned to a revision
        by ``"id@revision"``, or a folder with such a model, see
        `pare_sklearn.backbones.huggingface.load_huggingface`; or a module with the attributes of
        `pare_sklearn.backbones.contract.Backbone`.
    source : str, tuple (X_s, y_s) or list of them, default="auto"
        Labelled samples of the modality that the backbone was pretrained on: ``"contours"``,
        ``"digits"``, ``"fractals"``, ``"signals"``; ``"cifar10"`` and ``"conll2003"``, which are
        downloaded, or read from the path in ``"cifar10:FOLDER"`` and ``"conll2003:FOLDER"``; or
        arrays of your own, X_s being a list of texts for a language backbone. Of a list the nearest
        by OTDD is taken, ``"auto"`` being those that suit the backbone, for the embedded one the
        first four; see `rank_sources`. Of more than 5,000 samples as many are used, drawn at random
        with a fixed seed and stratified by class. Used by the strategies ``"pare"`` and ``"orca"``.
    modality : {"auto", "tabular", "sequence", "image"}, default="auto"
        What a sample is; ``"auto"`` tells from the shape of X. Named ones may lack the axis of a
        single channel.
    strategy : {"pare", "orca", "finetune", "scratch"}, default="pare"
        The method of the paper; ORCA [2]_, which first trains the embedder alone to bring the
        target near the source by OTDD, and then fine-tunes; plain fine-tuning, without a source;
        or the same architecture from random weights.
    k_schedule : {"linear", "exponential", "piecewise", "constant", "otdd"} or callable, \
            default="linear"
        How the number k of replaced patches falls over the epochs; ``"otdd"`` lets the distance
        to the source rise in equal steps, measured as for `mix_weighting`; or a function
        ``progress -> fraction``, both in [0, 1].
    k_start, k_end : float, default=0.1 and 0.0
        Fraction of the patches replaced in the first and in the last epoch, in [0, 1];
        `k_end` is at most `k_start`. ``"constant"`` stays at `k_start`.
    gate : {"learned", "random"}, default="learned"
        Whether a gate network scores the patches, or chance does.
    mix_weight : float, default=0.3
        w, weight of the intermediate modality's loss terms; not negative.
    mix_weighting : {"count", "otdd"}, default="count"
        How lambda, the source's share in these terms, follows from k: ``"count"`` is k / n;
        ``"otdd"`` is 1 - OTDD(E_m(k), E_s) / OTDD(E_m(0), E_s), by the distance of the
        intermediate modality to the source, measured five times in a training on 128 samples.
    align_epochs : int, default=60
        Epochs of stage one of ``strategy="orca"``.
    semi_supervised : bool, default=False
        Whether rows may be unlabelled: those with y = -1 (text labels with dtype object; several
        labels -1 throughout). With
        ``strategy="pare"`` they join the intermediate modalities, where the source's patches
        still carry a label, and the predictions for them are to agree with those without
        replacement; other strategies do not use them. Scaling and categories see them in any
        case.
    augmentation : {"patchmix"} or None, default=None
        ``"patchmix"`` replaces patches of a sample by those of another target sample, and mixes
        their labels by the share; goes together with every strategy.
    patch_dropout : float, default=0.0
        Share of the patches that the encoder does not see while training, in [0, 1).
    linear_probe : bool, default=True
        Whether linear models on the features of the frozen encoder, before any training of it, join
        the fine-tuned nets [3]_. Of sequences they see how random convolutions answer, as in ROCKET
        [5]_; where y is a field, up to 128 principal components of X. The samples that the members
        held out decide how much each counts, and how strong the linear models' penalty is; without
        such samples there are none. Above 10,000 samples as many of them are used.
    finetune : {"all", "norm", "lora", "none"}, default="all"
        Which weights of the backbone's encoder train: all, those of its norms, low-rank adapters
        beside its frozen linear layers (LoRA [6]_), or none. Embedder and predictors train in
        any case, and with ``strategy="scratch"`` everything does. LoRA needs the extra
        ``pare-sklearn[huggingface]``.
    lora_rank : int, default=8
        Rank r of the adapters: a layer gets r (in + out) weights, scaled by alpha / r = 2.
    lora_targets : "all-linear" or list of str, default="all-linear"
        Linear layers that get an adapter: all in the encoder's layers, or those of these names or
        ends of names, such as ``["query", "value"]``.
    layer_decay : float, default=1.0
        Factor in (0, 1] by which each layer of the encoder learns slower than the next [7]_:
        layer l of L at ``lr * layer_decay ** (L - l)``, all that is no layer at `lr`. Not used
        with ``strategy="scratch"``.
    n_estimators : int or "auto", default="auto"
        Members, each holding out one of as many folds; predictions are averaged. 1 means a
        single member. ``"auto"`` is 5, above 20,000 samples 3, where y is a field or the
        backbone has more than five million weights 1.
    validation_fraction : float, default=0.2
        Share of the samples that a single member holds out for early stopping, in (0, 1).
    early_stopping : bool, default=True
        Stop a member when its score on the held-out samples no longer rises, and restore its
        best epoch. If False, train for `max_epochs`; a single member then trains on all samples.
    patience : int or "auto", default="auto"
        Epochs without a better score before a member stops; ``"auto"`` is a quarter of
        `max_epochs`, but at least 5.
    max_epochs : int or "auto", default="auto"
        Epochs at most; schedules of k and of the learning rate span them. ``"auto"`` is
        50 / sqrt(N / 5,000), N being samples times patches, or N / 100,000 where y is a field,
        but from 10 to 50; for fewer than 160 samples up to 150.
    lr : float or "auto", default="auto"
        Peak learning rate of AdamW, after a warm-up over 5% of the steps; it then falls to zero
        along a cosine. ``"auto"`` is 1e-3, for models of the Hugging Face hub 1e-4.
    weight_decay : float, default=0.1
        Weight decay of AdamW, not applied to biases, norms and positions.
    loss : {"log_loss", "focal"}, default="log_loss"
        What is minimised: cross entropy, of several labels the mean of theirs; or the focal loss
        [4]_ with exponent 2, for many samples that are easy.
    batch_size : int or "auto", default="auto"
        Samples a step; ``"auto"`` is 32, above 1,000 samples 64, above 5,000 128, above 20,000
        256, and half of that where y is a field.
    dropout : float, default=0.2
        Dropout rate before the predictors and of the hidden units of the embedded encoder, in
        [0, 1); other backbones keep their own.
    label_smoothing : float, default=0.1
        Share of a label that is spread evenly over all classes while training, in [0, 1); not
        with the focal loss.
    class_weight : "balanced", dict or None, default=None
        Weights of the classes, multiplied with the sample weights. Where y is a matrix or maps,
        the classes are 0 and 1: ``{0: 1, 1: 5}`` counts present labels five times, ``"balanced"``
        evens out absent and present for each label.
    categorical_features : "from_dtype" or list of int, str or bool, default="from_dtype"
        Columns of categories, by position, name or mask. Columns of a DataFrame that hold text,
        or whose dtype is category, are categories in any case.
    numeric_embedding : {"auto", "periodic", "piecewise-linear"}, default="auto"
        How numbers of tables are embedded beside the map that all columns share: by sines and
        cosines of trained frequencies, or linearly between edges of at most 16 bins of about as
        many samples [8]_. ``"auto"`` is ``"periodic"``.
    patches_per_feature : "auto" or int, default="auto"
        Patches a feature is embedded into; ``"auto"`` is the fewest that give 16 patches
        in all.
    patch_size : "auto" or int, default="auto"
        Length of a patch of a sequence, or height and width of one of an image, in samples or
        pixels; ``"auto"`` is the least with no more than 32 patches a sequence, 64 an image;
        where y is a field 64 and 256.
    callbacks : list of skorch callbacks or None, default=None
        Callbacks for each member's net, or pairs of name and callback.
    n_jobs : int, None or "auto", default="auto"
        Members trained at once, each in a process of its own, among which torch's threads are
        shared out; None and negative numbers as in joblib. ``"auto"`` is as many as torch has
        threads where the training would take some ten seconds, else 1, as it is on a GPU, with
        `callbacks`, with a module or a large model as the backbone, and with `verbose` above 1.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU if there is one. ``"accelerate"``: the processes that
        ``accelerate launch`` or ``torchrun`` started this script in share the training, each on its
        own device; needs the package accelerate and `n_jobs` of 1, see docs/several_processes.md.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the computation; ``"auto"`` is bfloat16 mixed precision on a GPU and
        float32 elsewhere.
    gradient_checkpointing : bool, default=False
        Whether the backward pass computes again what the encoder's layers hold in between: less
        memory, about a third more time.
    warm_start : bool, default=False
        Whether another call of `fit` goes on from the weights of the one before, with the same
        scaling and categories.
    random_state : int, RandomState or None, default=None
        Fixes folds, weights and order of the samples: an int gives the same result bit for bit
        on one machine with one thread count. None draws a new seed from the operating system.
        Global random states stay as they are.
    verbose : int, default=0
        1 prints a line a member, 2 one an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; of several labels their numbers, of maps 0 and 1.
    target_ : Classes or Labels
        Checks and codes targets, and turns outputs into probabilities.
    n_features_in_ : int
        Number of features seen in fit; of sequences and images that of the channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all are strings.
    history_ : list of dict
        A row an epoch: ``member``, ``stage`` (``"align"``, whose ``train_loss`` is the OTDD, or
        ``"finetune"``), ``epoch``, ``k``, ``lambda``, ``train_loss``, its terms ``target_loss``,
        ``intermediate_loss``, ``consistency_loss`` and ``source_loss``, ``validation_score`` (minus
        the loss of the held-out samples; None without any), ``seconds``.
    estimators_ : list of PaReNet
        The fitted skorch nets, one a member.
    net_ : PaReNet
        The first of them.
    blend_ : ndarray of shape (1,) or (2,)
        Factors of the nets' outputs and of the linear probes'.
    probe_ : Probe or None
        The linear probes.
    features_ : FrozenFeatures, RandomConvolutions, PrincipalComponents or None
        What they see.
    budget_ : Budget
        `n_estimators`, `batch_size`, `max_epochs`, `patience` and `n_jobs`, chosen where they
        were "auto".
    lr_ : float
        Peak learning rate, chosen where it was "auto".
    n_patches_ : int
        Patches n of a sample.
    source_ : str or None
        Name of the source used; ``"given"`` for arrays, None where the strategy uses none.
    otdd_ : dict of str to float or None
        OTDD of each source to the target as the untrained embedder sees it, the nearest first;
        None where there was nothing to choose.
    modality_ : Tables, Sequences or Images
        Checks and scales samples, and builds their embedder.

    References
    ----------
    .. [1] Cai et al. (2024), "Enhancing Cross-Modal Fine-Tuning with Gradually Intermediate
       Modality Generation", ICML, arXiv:2406.09003.
    .. [2] Shen et al. (2023), "Cross-Modal Fine-Tuning: Align then Refine", ICML,
       arXiv:2302.05738.
    .. [3] Kumar et al. (2022), "Fine-Tuning can Distort Pretrained Features and Underperform
       Out-of-Distribution", ICLR, arXiv:2202.10054.
    .. [4] Lin et al. (2017), "Focal Loss for Dense Object Detection", ICCV, arXiv:1708.02002.
    .. [5] Dempster, Petitjean & Webb (2020), "ROCKET: exceptionally fast and accurate time series
       classification using random convolutional kernels", Data Mining and Knowledge Discovery,
       arXiv:1910.13051.
    .. [6] Hu et al. (2022), "LoRA: Low-Rank Adaptation of Large Language Models", ICLR,
       arXiv:2106.09685.
    .. [7] Howard & Ruder (2018), "Universal Language Model Fine-tuning for Text Classification",
       ACL, arXiv:1801.06146.
    .. [8] Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular
       Deep Learning", NeurIPS, arXiv:2203.05556.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = PaReClassifier(n_estimators=1, max_epochs=20, random_state=0).fit(X, y)
    >>> clf.score(X, y) > 0.9
    True
    """

    _most_epochs = 50
    _numeric_embedding = PERIODIC
    _lr = 1e-3

    _parameter_constraints: ClassVar[dict] = {
        **_BasePaRe._parameter_constraints,
        "loss": [StrOptions({*CLASS_LOSSES})],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }
    target_: Classes | Labels

    def __init__(
        self,
        backbone: str | nn.Module = "embedded",
        *,
        source: str | tuple | list = "auto",
        modality: str = "auto",
        strategy: str = "pare",
        k_schedule: str | Callable[[float], float] = "linear",
        k_start: float = 0.1,
        k_end: float = 0.0,
        gate: str = "learned",
        mix_weight: float = 0.3,
        mix_weighting: str = "count",
        align_epochs: int = 60,
        semi_supervised: bool = False,
        augmentation: str | None = None,
        patch_dropout: float = 0.0,
        linear_probe: bool = True,
        finetune: str = "all",
        lora_rank: int = 8,
        lora_targets: str | Sequence[str] = "all-linear",
        layer_decay: float = 1.0,
        n_estimators: int | str = "auto",
        validation_fraction: float = 0.2,
        early_stopping: bool = True,
        patience: int | str = "auto",
        max_epochs: int | str = "auto",
        lr: float | str = "auto",
        weight_decay: float = 0.1,
        loss: str = "log_loss",
        batch_size: int | str = "auto",
        dropout: float = 0.2,
        label_smoothing: float = 0.1,
        class_weight: str | dict | None = None,
        categorical_features: str | Sequence = "from_dtype",
        numeric_embedding: str = "auto",
        patches_per_feature: str | int = "auto",
        patch_size: str | int = "auto",
        callbacks: Sequence | None = None,
        n_jobs: int | str | None = "auto",
        device: str = "auto",
        precision: str = "auto",
        gradient_checkpointing: bool = False,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            backbone,
            source=source,
            modality=modality,
            strategy=strategy,
            k_schedule=k_schedule,
            k_start=k_start,
            k_end=k_end,
            gate=gate,
            mix_weight=mix_weight,
            mix_weighting=mix_weighting,
            align_epochs=align_epochs,
            semi_supervised=semi_supervised,
            augmentation=augmentation,
            patch_dropout=patch_dropout,
            linear_probe=linear_probe,
            finetune=finetune,
            lora_rank=lora_rank,
            lora_targets=lora_targets,
            layer_decay=layer_decay,
            n_estimators=n_estimators,
            validation_fraction=validation_fraction,
            early_stopping=early_stopping,
            patience=patience,
            max_epochs=max_epochs,
            lr=lr,
            weight_decay=weight_decay,
            loss=loss,
            batch_size=batch_size,
            dropout=dropout,
            categorical_features=categorical_features,
            numeric_embedding=numeric_embedding,
            patches_per_feature=patches_per_feature,
            patch_size=patch_size,
            callbacks=callbacks,
            n_jobs=n_jobs,
            device=device,
            precision=precision,
            gradient_checkpointing=gradient_checkpointing,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        return tags

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """Predict class probabilities, averaged over the members.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), (n_samples, n_labels) or (n_samples, *map)
            Probabilities in the order of ``classes_``; of several labels, and of maps, that of
            each to be present.
        """
        outputs = self._outputs(X)
        return self.target_.proba(outputs)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict the most probable class, or the labels that are more probable than not.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_labels) or (n_samples, *map)
            Class labels, or zeros and ones.
        """
        proba = self.predict_proba(X)
        return self.target_.decode(proba)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy of the predictions; of several labels that of all together, of maps by point.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.
        y : array-like of shape (n_samples,), (n_samples, n_labels) or (n_samples, *map)
            True class labels, or zeros and ones.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the maps of y have another shape than in fit.
        """
        check_is_fitted(self)
        if not self._is_dense():
            return super().score(X, y, sample_weight)
        maps = self._fields_like_fit(y)
        weights = _check_sample_weight(sample_weight, maps)
        each = np.repeat(weights, maps[0].size)
        return accuracy_score(maps.ravel(), self.predict(X).ravel(), sample_weight=each)

    @property
    def classes_(self) -> np.ndarray:
        """Class labels; of several labels their numbers, of maps 0 and 1."""
        return self.target_.classes

    def _new_target(self, y: Any) -> Classes | Labels:
        settings = self.loss, self.label_smoothing, self.class_weight
        if _shape(y)[1:] not in ((), (1,)):
            return Labels(*settings, self.modality_.field_axes)
        return Classes(*settings)


class PaReRegressor(RegressorMixin, _BasePaRe):
    """Cross-modal fine-tuning of a pretrained transformer (PaRe [1]_), for regression.

    As `PaReClassifier`, for one continuous target or several, which are standardised inside.

    Parameters
    ----------
    backbone : str or torch.nn.Module, default="embedded"
        Pretrained model to fine-tune: ``"embedded"``, which ships with the package; an encoder of
        the Hugging Face hub by its id, such as ``"FacebookAI/roberta-base"``, pinned to a revision
        by ``"id@revision"``, or a folder with such a model, see
        `pare_sklearn.backbones.huggingface.load_huggingface`; or a module with the attributes of
        `pare_sklearn.backbones.contract.Backbone`.
    source : str, tuple (X_s, y_s) or list of them, default="auto"
        Labelled samples of the modality that the backbone was pretrained on: ``"contours"``,
        ``"digits"``, ``"fractals"``, ``"signals"``; ``"cifar10"`` and ``"conll2003"``, which are
        downloaded, or read from the path in ``"cifar10:FOLDER"`` and ``"conll2003:FOLDER"``; or
        arrays of your own, X_s being a list of texts for a language backbone. Of a list the nearest
        by OTDD is taken, ``"auto"`` being those that suit the backbone, for the embedded one the
        first four; see `rank_sources`. Of more than 5,000 samples as many are used, drawn at random
        with a fixed seed and stratified by class. Used by the strategies ``"pare"`` and ``"orca"``.
    modality : {"auto", "tabular", "sequence", "image"}, default="auto"
        What a sample is; ``"auto"`` tells from the shape of X. Named ones may lack the axis of a
        single channel.
    strategy : {"pare", "orca", "finetune", "scratch"}, default="pare"
        The method of the paper; ORCA [2]_, which first trains the embedder alone to bring the
        target near the source by OTDD, and then fine-tunes; plain fine-tuning, without a source;
        or the same architecture from random weights.
    k_schedule : {"linear", "exponential", "piecewise", "constant", "otdd"} or callable, \
            default="linear"
        How the number k of replaced patches falls over the epochs; ``"otdd"`` lets the distance
        to the source rise in equal steps, measured as for `mix_weighting`; or a function
        ``progress -> fraction``, both in [0, 1].
    k_start, k_end : float, default=0.1 and 0.0
        Fraction of the patches replaced in the first and in the last epoch, in [0, 1];
        `k_end` is at most `k_start`. ``"constant"`` stays at `k_start`.
    gate : {"learned", "random"}, default="learned"
        Whether a gate network scores the patches, or chance does.
    mix_weight : float, default=0.3
        w, weight of the intermediate modality's loss terms; not negative.
    mix_weighting : {"count", "otdd"}, default="count"
        How lambda, the source's share in these terms, follows from k: ``"count"`` is k / n;
        ``"otdd"`` is 1 - OTDD(E_m(k), E_s) / OTDD(E_m(0), E_s), by the distance of the
        intermediate modality to the source, measured five times in a training on 128 samples.
    align_epochs : int, default=60
        Epochs of stage one of ``strategy="orca"``.
    semi_supervised : bool, default=False
        Whether rows may be unlabelled: those with NaN in y. With ``strategy="pare"`` they join the
        intermediate modalities, where the source's patches still carry a label, and the
        predictions for them are to agree with those without replacement; other strategies do not
        use them. Scaling and categories see them in any case.
    augmentation : {"patchmix"} or None, default=None
        ``"patchmix"`` replaces patches of a sample by those of another target sample, and mixes
        their labels by the share; goes together with every strategy.
    patch_dropout : float, default=0.0
        Share of the patches that the encoder does not see while training, in [0, 1).
    linear_probe : bool, default=True
        Whether linear models on the features of the frozen encoder, before any training of it, join
        the fine-tuned nets [3]_. Of sequences they see how random convolutions answer, as in ROCKET
        [4]_; where y is a field, up to 128 principal components of X. The samples that the members
        held out decide how much each counts, and how strong the linear models' penalty is; without
        such samples there are none. Above 10,000 samples as many of them are used.
    finetune : {"all", "norm", "lora", "none"}, default="all"
        Which weights of the backbone's encoder train: all, those of its norms, low-rank adapters
        beside its frozen linear layers (LoRA [5]_), or none. Embedder and predictors train in
        any case, and with ``strategy="scratch"`` everything does. LoRA needs the extra
        ``pare-sklearn[huggingface]``.
    lora_rank : int, default=8
        Rank r of the adapters: a layer gets r (in + out) weights, scaled by alpha / r = 2.
    lora_targets : "all-linear" or list of str, default="all-linear"
        Linear layers that get an adapter: all in the encoder's layers, or those of these names or
        ends of names, such as ``["query", "value"]``.
    layer_decay : float, default=1.0
        Factor in (0, 1] by which each layer of the encoder learns slower than the next [6]_:
        layer l of L at ``lr * layer_decay ** (L - l)``, all that is no layer at `lr`. Not used
        with ``strategy="scratch"``.
    n_estimators : int or "auto", default="auto"
        Members, each holding out one of as many folds; predictions are averaged. 1 means a
        single member. ``"auto"`` is 5, above 20,000 samples 3, where y is a field or the
        backbone has more than five million weights 1.
    validation_fraction : float, default=0.2
        Share of the samples that a single member holds out for early stopping, in (0, 1).
    early_stopping : bool, default=True
        Stop a member when its score on the held-out samples no longer rises, and restore its
        best epoch. If False, train for `max_epochs`; a single member then trains on all samples.
    patience : int or "auto", default="auto"
        Epochs without a better score before a member stops; ``"auto"`` is a quarter of
        `max_epochs`, but at least 5.
    max_epochs : int or "auto", default="auto"
        Epochs at most; schedules of k and of the learning rate span them. ``"auto"`` is
        80 / sqrt(N / 5,000), N being samples times patches, or N / 100,000 where y is a field,
        but from 10 to 80; for fewer than 160 samples up to 240.
    lr : float or "auto", default="auto"
        Peak learning rate of AdamW, after a warm-up over 5% of the steps; it then falls to zero
        along a cosine. ``"auto"`` is 3e-3, for models of the Hugging Face hub 1e-4.
    weight_decay : float, default=0.1
        Weight decay of AdamW, not applied to biases, norms and positions.
    loss : {"auto", "squared_error", "absolute_error", "relative_l2", "nrmse"}, default="auto"
        What is minimised: the error of the standardised targets; or the norm of a sample's error,
        in the units of y, over that of its target, ``"nrmse"`` channel by channel of a field.
        ``"auto"`` is the squared error, for fields ``"relative_l2"`` unless one is zero
        throughout.
    batch_size : int or "auto", default="auto"
        Samples a step; ``"auto"`` is 32, above 1,000 samples 64, above 5,000 128, above 20,000
        256, and half of that where y is a field.
    dropout : float, default=0.0
        Dropout rate before the predictors and of the hidden units of the embedded encoder, in
        [0, 1); other backbones keep their own.
    categorical_features : "from_dtype" or list of int, str or bool, default="from_dtype"
        Columns of categories, by position, name or mask. Columns of a DataFrame that hold text,
        or whose dtype is category, are categories in any case.
    numeric_embedding : {"auto", "periodic", "piecewise-linear"}, default="auto"
        How numbers of tables are embedded beside the map that all columns share: by sines and
        cosines of trained frequencies, or linearly between edges of at most 16 bins of about as
        many samples [7]_. ``"auto"`` is ``"piecewise-linear"``.
    patches_per_feature : "auto" or int, default="auto"
        Patches a feature is embedded into; ``"auto"`` is the fewest that give 16 patches
        in all.
    patch_size : "auto" or int, default="auto"
        Length of a patch of a sequence, or height and width of one of an image, in samples or
        pixels; ``"auto"`` is the least with no more than 32 patches a sequence, 64 an image;
        where y is a field 64 and 256.
    callbacks : list of skorch callbacks or None, default=None
        Callbacks for each member's net, or pairs of name and callback.
    n_jobs : int, None or "auto", default="auto"
        Members trained at once, each in a process of its own, among which torch's threads are
        shared out; None and negative numbers as in joblib. ``"auto"`` is as many as torch has
        threads where the training would take some ten seconds, else 1, as it is on a GPU, with
        `callbacks`, with a module or a large model as the backbone, and with `verbose` above 1.
    device : str, default="auto"
        Torch device; ``"auto"`` is the GPU if there is one. ``"accelerate"``: the processes that
        ``accelerate launch`` or ``torchrun`` started this script in share the training, each on its
        own device; needs the package accelerate and `n_jobs` of 1, see docs/several_processes.md.
    precision : {"auto", "float32", "bfloat16"}, default="auto"
        Number format of the computation; ``"auto"`` is bfloat16 mixed precision on a GPU and
        float32 elsewhere.
    gradient_checkpointing : bool, default=False
        Whether the backward pass computes again what the encoder's layers hold in between: less
        memory, about a third more time.
    warm_start : bool, default=False
        Whether another call of `fit` goes on from the weights of the one before, with the same
        scaling and categories.
    random_state : int, RandomState or None, default=None
        Fixes folds, weights and order of the samples: an int gives the same result bit for bit
        on one machine with one thread count. None draws a new seed from the operating system.
        Global random states stay as they are.
    verbose : int, default=0
        1 prints a line a member, 2 one an epoch.

    Attributes
    ----------
    target_ : Continuous
        Checks and scales targets, and brings outputs back to their units.
    y_scaler_ : StandardScaler
        Standardises the targets.
    y_shape_ : tuple of int
        Shape of a target: ``()``, ``(n_outputs,)``, or that of a field.
    n_features_in_ : int
        Number of features seen in fit; of sequences and images that of the channels.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all are strings.
    history_ : list of dict
        A row an epoch: ``member``, ``stage`` (``"align"``, whose ``train_loss`` is the OTDD, or
        ``"finetune"``), ``epoch``, ``k``, ``lambda``, ``train_loss``, its terms ``target_loss``,
        ``intermediate_loss``, ``consistency_loss`` and ``source_loss``, ``validation_score`` (minus
        the loss of the held-out samples; None without any), ``seconds``.
    estimators_ : list of PaReNet
        The fitted skorch nets, one a member.
    net_ : PaReNet
        The first of them.
    blend_ : ndarray of shape (1,) or (2,)
        Factors of the nets' outputs and of the linear probes'.
    probe_ : Probe or None
        The linear probes.
    features_ : FrozenFeatures, RandomConvolutions, PrincipalComponents or None
        What they see.
    budget_ : Budget
        `n_estimators`, `batch_size`, `max_epochs`, `patience` and `n_jobs`, chosen where they
        were "auto".
    lr_ : float
        Peak learning rate, chosen where it was "auto".
    n_patches_ : int
        Patches n of a sample.
    source_ : str or None
        Name of the source used; ``"given"`` for arrays, None where the strategy uses none.
    otdd_ : dict of str to float or None
        OTDD of each source to the target as the untrained embedder sees it, the nearest first;
        None where there was nothing to choose.
    modality_ : Tables, Sequences or Images
        Checks and scales samples, and builds their embedder.

    References
    ----------
    .. [1] Cai et al. (2024), "Enhancing Cross-Modal Fine-Tuning with Gradually Intermediate
       Modality Generation", ICML, arXiv:2406.09003.
    .. [2] Shen et al. (2023), "Cross-Modal Fine-Tuning: Align then Refine", ICML,
       arXiv:2302.05738.
    .. [3] Kumar et al. (2022), "Fine-Tuning can Distort Pretrained Features and Underperform
       Out-of-Distribution", ICLR, arXiv:2202.10054.
    .. [4] Dempster, Petitjean & Webb (2020), "ROCKET: exceptionally fast and accurate time series
       classification using random convolutional kernels", Data Mining and Knowledge Discovery,
       arXiv:1910.13051.
    .. [5] Hu et al. (2022), "LoRA: Low-Rank Adaptation of Large Language Models", ICLR,
       arXiv:2106.09685.
    .. [6] Howard & Ruder (2018), "Universal Language Model Fine-tuning for Text Classification",
       ACL, arXiv:1801.06146.
    .. [7] Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular
       Deep Learning", NeurIPS, arXiv:2203.05556.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(200, 5, random_state=0)
    >>> reg = PaReRegressor(n_estimators=1, max_epochs=20, random_state=0).fit(X, y)
    >>> reg.score(X, y) > 0.5
    True
    """

    _most_epochs = 80
    _numeric_embedding = PIECEWISE_LINEAR
    _lr = 3e-3

    _parameter_constraints: ClassVar[dict] = {
        **_BasePaRe._parameter_constraints,
        "loss": [StrOptions({"auto", *TARGET_LOSSES})],
    }
    target_: Continuous

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Predict targets, averaged over the members.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit: with the same columns, or with as many channels and of the same
            size; sequences may be shorter, and where their lengths differ longer ones are cut.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
            Targets, in the units of y.
        """
        outputs = self._outputs(X).mean(axis=0)
        return self.target_.decode(outputs)

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Coefficient of determination R2 of the predictions, the mean over outputs or points.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, ...)
            Samples as in fit.
        y : array-like of shape (n_samples,), (n_samples, n_outputs) or (n_samples, *field)
            True targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If the fields of y have another shape than in fit.
        """
        check_is_fitted(self)
        if not self._is_dense():
            return super().score(X, y, sample_weight)
        fields = self._fields_like_fit(y)
        flat = fields.reshape(len(fields), -1)
        return r2_score(flat, self.predict(X).reshape(flat.shape), sample_weight=sample_weight)

    @property
    def y_scaler_(self) -> StandardScaler:
        """Standardises the targets."""
        return self.target_.scaler

    @property
    def y_shape_(self) -> tuple[int, ...]:
        """Shape of a target."""
        return self.target_.seen_shape

    def _new_target(self, y: Any) -> Continuous:
        return Continuous(self.loss, self.modality_.field_axes)


def check_callbacks(callbacks: Sequence | None) -> None:
    """Raise where an entry is neither a skorch callback nor a pair of name and callback."""
    for entry in callbacks or []:
        named = isinstance(entry, tuple) and len(entry) == 2
        callback = entry[1] if named else entry
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks must hold skorch callbacks, or pairs of name and callback; {entry!r} "
                "is neither."
            )


def _shape(y: Any) -> tuple[int, ...]:
    """Shape of an array-like; of a ragged one, none."""
    try:
        return (y if issparse(y) else np.asarray(y)).shape
    except ValueError:
        return ()


def _silent(text: str) -> None:
    """A sink for the words of skorch's callbacks."""


def _restore(model: PaReModel, state: dict[str, Tensor]) -> None:
    """Load the weights of an earlier fit; gate and source predictor may be new."""
    encoder = {name for name in model.state_dict() if name.startswith("encoder.")}
    if encoder != {name for name in state if name.startswith("encoder.")}:
        raise ValueError(
            "warm_start: finetune, lora_targets or the backbone has changed, and the fitted "
            "encoder has other weights than the parameters ask for now; set the parameters back, "
            "or fit a new estimator."
        )
    try:
        model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ValueError(
            "warm_start: the fitted weights have other shapes than the parameters ask for now; "
            f"set the parameters back, or fit a new estimator. {error}"
        ) from error


def _forward(net: PaReNet, rows: Rows) -> Tensor:
    """Outputs of one member, (n_samples, n_outputs)."""
    return net.forward(_fill_blocks(rows))[: len(rows)]


def _fill_blocks(rows: Rows) -> Rows:
    """Repeat the last row until the rows fill whole blocks."""
    n_filled = -(-len(rows) // ROW_BLOCK) * ROW_BLOCK
    return rows.take(np.minimum(np.arange(n_filled), len(rows) - 1))


def _gate_scores(net: PaReNet, rows: Rows) -> np.ndarray:
    """Scores of one member, shape (n_samples, n_patches)."""
    net.module_.eval()
    with torch.inference_mode():
        batches = [
            net.module_.gate(
                net.module_.embedder(**{k: v.to(net.device) for k, v in inputs.items()})
            )
            for inputs, _ in net.get_iterator(rows, training=False)
        ]
    return torch.cat(batches).double().cpu().numpy()


def _format_distances(distances: dict[str, float]) -> str:
    return ", ".join(f"{name} {distance:.3g}" for name, distance in distances.items())


def _history_rows(net: PaReNet, stage: str) -> list[dict[str, Any]]:
    """One row for each finished epoch."""
    return [
        {
            "stage": stage,
            "epoch": epoch["epoch"],
            "k": epoch.get("k", 0),
            "lambda": epoch.get("lam", 0.0),
            "train_loss": float(epoch["train_loss"]),
            **{name: float(epoch.get(name, 0.0)) for name in LOSS_TERMS},
            "validation_score": -float(epoch["valid_loss"]) if "valid_loss" in epoch else None,
            "seconds": epoch["dur"],
        }
        for epoch in net.history
        if "dur" in epoch
    ]


def _report(
    number: int, n_finished: int, n: int, history: list[dict[str, Any]], seconds: float
) -> None:
    """Print a line on a finished member."""
    scores = [row["validation_score"] for row in history if row["validation_score"] is not None]
    best = f", best validation score {max(scores):.4f}" if scores else ""
    left = seconds / n_finished * (n - n_finished)
    print(
        f"member {number + 1}/{n}: {len(history)} epochs{best}, "
        f"{seconds:.0f} s so far, about {left:.0f} s left",
        flush=True,
    )
