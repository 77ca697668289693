"""One member: a net trained on its fold, by a function of nothing but its task."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from skorch.callbacks import EarlyStopping, PassthroughScoring
from skorch.helper import predefined_split
from torch import Tensor, nn

from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.backbones.layers import encoder_layers
from pare_sklearn.data.folds import Fold
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import ROW_BLOCK, BatchIterator, Rows
from pare_sklearn.data.sliced import in_memory
from pare_sklearn.modules.checkpointing import checkpointed
from pare_sklearn.modules.half_precision import round_to_half
from pare_sklearn.modules.losses import SquaredError
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.otdd.pseudo_classes import pseudo_classes
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources import EmbeddedSource
from pare_sklearn.sources.choice import LoadedSource
from pare_sklearn.sources.embedding import embed_arrays
from pare_sklearn.training.accelerated import AcceleratedPaReNet
from pare_sklearn.training.alignment import ALIGN_BATCH, ALIGN_EPOCHS, ALIGN_RATE, AlignmentNet
from pare_sklearn.training.assembly import assemble_model
from pare_sklearn.training.averaging import WeightAveraging
from pare_sklearn.training.budget import Budget
from pare_sklearn.training.callbacks import Entry, callback_settings
from pare_sklearn.training.checkpoints import MemberFiles, fit_net
from pare_sklearn.training.curriculum import curriculum_callbacks, curriculum_epochs
from pare_sklearn.training.history import history_rows
from pare_sklearn.training.member_log import MemberLog, TellProgress
from pare_sklearn.training.net import LOSS_TERMS, SOURCE_ACCURACY, PaReNet
from pare_sklearn.training.optimisation import net_settings, optimizer_callbacks
from pare_sklearn.training.probing import start_predictor
from pare_sklearn.training.scoring import VALIDATION_SCORE, ValidationScore
from pare_sklearn.training.stopping import OfThisCall, StopAtSign, StopSign
from pare_sklearn.training.timing import UNLIMITED, Clock, StopInTime, Turn
from pare_sklearn.utils.arrays import writable
from pare_sklearn.utils.processes import new_accelerator
from pare_sklearn.utils.randomness import kept_torch_rng, seed_generators
from pare_sklearn.utils.threads import limited_threads


@dataclass(frozen=True)
class MemberTask:
    """All that training a member takes; it pickles, the large arrays by memory map.

    Attributes
    ----------
    recipe : Recipe
    prepared : Prepared
        All rows of the fit.
    source : LoadedSource or None
        None where the strategy uses none.
    budget : Budget
    lr : float
        Peak learning rate.
    n_threads : int
        Threads of torch.
    sign : StopSign
        Where members are told to stop.
    fold : Fold
        Which rows the member trains on, and which it holds out.
    seed : int
    state : dict of str to Tensor or None
        Weights that training goes on from.
    files : MemberFiles or None, default=None
        Where the member is kept, and what there is of it.
    turn : Turn, default=UNLIMITED
        How much of the time is for it.
    log : MemberLog or None, default=None
        Where it tells how far it is.
    """

    recipe: Recipe
    prepared: Prepared
    source: LoadedSource | None
    budget: Budget
    lr: float
    n_threads: int
    sign: StopSign
    fold: Fold
    seed: int
    state: dict[str, Tensor] | None
    files: MemberFiles | None = None
    turn: Turn = UNLIMITED
    log: MemberLog | None = None


class Member(NamedTuple):
    """A net that was trained, perhaps not to the end."""

    net: PaReNet
    history: list[dict[str, Any]]
    interrupted: bool = False
    out_of_time: bool = False

    @property
    def n_epochs(self) -> int:
        """Of fine-tuning."""
        return sum(row["stage"] == "finetune" for row in self.history)

    @property
    def is_finished(self) -> bool:
        """Whether it was trained to the end."""
        return not (self.interrupted or self.out_of_time)


def train_member(task: MemberTask) -> Member | None:
    """Train a member; None where it is stopped before its first epoch ends, or has no time.

    Parameters
    ----------
    task : MemberTask
        Without a limit of time the result is a function of it, bit for bit, whichever process
        trains.

    Returns
    -------
    Member or None
        Interrupted or out of time, it has the best state so far.

    Raises
    ------
    FloatingPointError
        If the loss, or what the net gives in the end, is not finite.
    MemoryError
        If memory does not suffice for a single sample.
    """
    task.sign.listen()
    if task.sign.is_up or task.turn.is_over:
        return None
    try:
        with kept_torch_rng(task.seed, task.recipe.device), limited_threads(task.n_threads):
            member = _train(task)
        if task.files is not None and member is not None and member.is_finished:
            task.files.finish(member)
        return member
    except KeyboardInterrupt:
        return None


def _train(task: MemberTask) -> Member | None:
    clock = task.turn.begin(task.budget.max_epochs)
    train = task.prepared.rows.take(task.fold.train)
    source, model = assemble(task)
    aligned: list[dict[str, Any]] = []
    path = _state_path(task, "finetune")
    if task.state is not None:
        _restore(model, task.state)
    elif task.recipe.strategy == "orca":
        assert source is not None
        aligner = _align(task, model, train, source, clock.first_half(ALIGN_EPOCHS))
        if aligner.interrupted_:
            # An embedder alone is no member, however many epochs it has finished.
            return None
        # What follows from a half-trained embedder is nothing to go on from.
        path = None if aligner.out_of_time_ else path
        aligned = history_rows(aligner, "align")
    if task.state is None and task.recipe.is_pretrained and task.prepared.starts_probed:
        n_rows = task.prepared.modality.rows_at_once(model.embedder.width)
        start_predictor(model, task.prepared.target, train, n_rows)
    net = new_net(task, model, train, source, clock.restart(), len(aligned))
    # Seeded again, so that what was built above does not change the order of the batches.
    seed_generators(task.seed + 1, task.recipe.device)
    layers = encoder_layers(model.encoder) if task.recipe.gradient_checkpointing else []
    with checkpointed(layers):
        fit_net(net, train, path)
    round_to_half(net.module_)
    _check_finite(net, train)
    finished = history_rows(net, "finetune")
    if net.interrupted_ and not finished:
        return None
    net.trim_for_prediction()
    return Member(net, aligned + finished, net.interrupted_, net.out_of_time_)


def assemble(task: MemberTask) -> tuple[EmbeddedSource | None, PaReModel]:
    """The source as the frozen source embedder sees it, and a model that starts from the same."""
    backbone = load_backbone(task.recipe.backbone, task.recipe.dropout)
    grid = backbone.arrange(task.prepared.modality.grid)
    source = None
    if task.source is not None:
        backbone.source_embedder.eval()
        source = embed_arrays(writable(task.source.X_s), writable(task.source.y_s), backbone)
    model = assemble_model(task.recipe, task.prepared, backbone, grid)
    if model.gate is not None:
        assert task.source is not None
        model.source_predictor = _source_predictor(task.source, backbone)
    return source, model


def _source_predictor(source: LoadedSource, backbone: Backbone) -> nn.Module:
    """What the backbone tells the classes of this source by, or a new predictor of them."""
    heads = getattr(backbone, "source_heads", {})
    if source.name in heads:
        return heads[source.name]
    return Predictor(backbone.feature_width, int(source.y_s.max()) + 1)


def _align(
    task: MemberTask, model: PaReModel, train: Rows, source: EmbeddedSource, clock: Clock
) -> AlignmentNet:
    """Train the embedder to bring the target near the source."""
    classes = pseudo_classes(in_memory(train.y).numpy(), random_state=task.seed)
    rows = train.label(classes, train.weights.numpy())
    n_steps = ALIGN_EPOCHS * -(-len(rows) // ALIGN_BATCH)
    net = AlignmentNet(
        model.embedder,
        SquaredError,
        source=source,
        max_epochs=ALIGN_EPOCHS,
        batch_size=ALIGN_BATCH,
        train_split=None,
        callbacks=[
            *optimizer_callbacks(n_steps, _pace(task, clock)),
            *_own_callbacks(task, clock, "align"),
        ],
        **net_settings(task.recipe, ALIGN_RATE * task.lr),
    )
    fit_net(net, rows, _state_path(task, "align"))
    return net


def _pace(task: MemberTask, clock: Clock) -> Clock:
    """The clock by which rates and k fall: that of the epochs alone, where a state is to go on."""
    return clock if task.files is None else UNLIMITED.begin(clock.max_epochs)


def _own_callbacks(
    task: MemberTask, clock: Clock, stage: str, n_before: int = 0
) -> list[OfThisCall]:
    """Callbacks of this call, without names, so that no one's replace them."""
    callbacks: list[OfThisCall] = [StopAtSign(task.sign)]
    if clock.end < math.inf:
        callbacks.append(StopInTime(clock))
    if task.log is not None:
        callbacks.append(TellProgress(task.log, stage, n_before))
    return callbacks


def _state_path(task: MemberTask, stage: str) -> Path | None:
    return None if task.files is None else task.files.stage(stage)


def new_net(
    task: MemberTask,
    model: PaReModel,
    train: Rows,
    source: EmbeddedSource | None,
    clock: Clock,
    n_before: int = 0,
) -> PaReNet:
    """Put the model into a skorch net with optimizer and callbacks."""
    recipe, prepared = task.recipe, task.prepared
    valid = prepared.rows.take(task.fold.valid)
    # Of rows without weight the loss is zero in every epoch, and the first would seem the best.
    has_valid = bool(valid.weights.any())
    criterion, criterion_parameters = prepared.target.criterion()
    return _net_class(recipe)(
        model,
        criterion,
        **criterion_parameters,
        source=source if model.gate is not None else None,
        unlabelled=prepared.unlabelled_beside(task.fold),
        patchmix=recipe.augmentation == "patchmix",
        mix_weight=recipe.mixing.mix_weight,
        exploration_epochs=round(recipe.mixing.exploration * _curriculum_epochs(task)),
        layer_decay=recipe.layer_decay if recipe.is_pretrained else 1.0,
        max_epochs=task.budget.max_epochs,
        batch_size=task.budget.batch_size,
        train_split=predefined_split(valid) if has_valid else None,
        iterator_valid=BatchIterator,
        iterator_valid__batch_size=prepared.modality.rows_at_once(model.embedder.width),
        **callback_settings(
            _first_callbacks(task, model, train, source, has_valid, _pace(task, clock)),
            recipe.callbacks,
            [*_own_callbacks(task, clock, "finetune", n_before), *_last_callbacks(task, has_valid)],
        ),
        **net_settings(recipe, task.lr),
    )


def _net_class(recipe: Recipe) -> Any:
    """The net, or one that several processes train."""
    if not recipe.is_shared:
        return PaReNet
    # Of another sink than print, skorch does not ask whether the net is verbose.
    return partial(
        AcceleratedPaReNet, accelerator=new_accelerator(), callbacks__print_log__sink=print
    )


def _first_callbacks(
    task: MemberTask,
    model: PaReModel,
    train: Rows,
    source: EmbeddedSource | None,
    has_valid: bool,
    pace: Clock,
) -> list[Entry]:
    """Ours in front of the user's, by names that are in `recipe.CALLBACK_NAMES`."""
    recipe, budget = task.recipe, task.budget
    n_an_epoch = -(-len(train) // budget.batch_size)
    callbacks: list[Entry] = [
        (name, PassthroughScoring(name, on_train=True)) for name in (*LOSS_TERMS, SOURCE_ACCURACY)
    ]
    callbacks += optimizer_callbacks(budget.max_epochs * n_an_epoch, pace)
    if recipe.averages_weights:
        # In front of all that looks at the weights when an epoch begins.
        callbacks.append(("weight_averaging", WeightAveraging(n_an_epoch)))
    if model.gate is not None:
        assert source is not None
        callbacks += curriculum_callbacks(
            recipe, train, source, model.n_patches, _curriculum_epochs(task), task.seed, pace
        )
    if recipe.scoring is not None and has_valid:
        # In front of the user's, which may log it or go by it.
        score = ValidationScore(recipe.scoring, task.prepared.target)
        callbacks.append((VALIDATION_SCORE, score))
    return callbacks


def _curriculum_epochs(task: MemberTask) -> int:
    stops_early = task.budget.early_stopping and len(task.fold.valid) > 0
    return curriculum_epochs(task.budget.max_epochs, stops_early)


def _last_callbacks(task: MemberTask, has_valid: bool) -> list[Entry]:
    """Ours behind the user's, by names too."""
    if task.budget.early_stopping and has_valid:
        has_score = task.recipe.scoring is not None
        stop = EarlyStopping(
            monitor=VALIDATION_SCORE if has_score else "valid_loss",
            lower_is_better=not has_score,
            patience=task.budget.patience,
            threshold=0,
            load_best=True,
            sink=_silent,
        )
        return [("early_stopping", stop)]
    return []


def _silent(text: str) -> None:
    """A sink for the words of skorch's callbacks."""


def _check_finite(net: PaReNet, train: Rows) -> None:
    """Raise where the last step, which has no loss after it that would tell, spoiled the net."""
    outputs = net.forward(train.take(np.arange(min(ROW_BLOCK, len(train)))))
    if not outputs.isfinite().all():
        raise net.explosion(float("nan"))


def _restore(model: PaReModel, state: dict[str, Tensor]) -> None:
    """Load the weights of an earlier fit; gate and source predictor may be new."""
    encoder = {name for name in model.state_dict() if name.startswith("encoder.")}
    if encoder != {name for name in state if name.startswith("encoder.")}:
        raise ValueError(
            "warm_start: finetune or the backbone has changed, and the fitted encoder has other "
            "weights than the parameters ask for now; set the parameters back, or fit a new "
            "estimator."
        )
    try:
        model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ValueError(
            "warm_start: the fitted weights have other shapes than the parameters ask for now; "
            f"set the parameters back, or fit a new estimator. {error}"
        ) from error
