"""What a recipe comes to for the data at hand: budget, folds, seeds, threads."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from torch import nn

from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.folds import Fold, HeldOut, continue_folds, hold_out_fraction
from pare_sklearn.data.folds import row_keys as keys_of
from pare_sklearn.data.groups import hold_out_groups
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.budget import Budget, choose_budget
from pare_sklearn.utils.devices import ACCELERATE
from pare_sklearn.utils.processes import share_rng
from pare_sklearn.utils.randomness import as_seed, new_rng
from pare_sklearn.utils.threads import process_threads

# Weights of an encoder from which on it is large: a single member is trained then.
LARGE = 5_000_000
# Loads of samples, see `Modality.load`, that a batch may hold on its way forth and back.
MOST_LOAD = 1 << 18
# Limits of time, in seconds, up to which processes would take too much of it to start.
WORTH_SECONDS = 20


@dataclass(frozen=True)
class Plan:
    """How the members of a fit are trained.

    Attributes
    ----------
    budget : Budget
        The training's extent.
    lr : float
        Peak learning rate.
    n_threads : int
        Threads of torch that train a member. They do not depend on how many members train at
        once: other threads would round otherwise.
    folds : tuple of Fold
        Rows to train on and to hold out, for each member.
    seeds : tuple of int
        One for each member.
    row_keys : ndarray of shape (n_samples,)
        By which a fit that goes on knows the rows again.
    """

    budget: Budget
    lr: float
    n_threads: int
    folds: tuple[Fold, ...]
    seeds: tuple[int, ...]
    row_keys: np.ndarray


def make_plan(
    recipe: Recipe,
    prepared: Prepared,
    backbone: Backbone,
    random_state: int | np.random.RandomState | None,
    held_out: HeldOut | None = None,
) -> Plan:
    """Resolve what is ``"auto"``, and draw folds and seeds.

    Parameters
    ----------
    recipe : Recipe
        What is asked for.
    prepared : Prepared
        The data.
    backbone : Backbone
        Says how large it is, and at which rate it likes to learn.
    random_state : int, RandomState or None
        Draws.
    held_out : HeldOut or None, default=None
        What the members of the fit before held out, where it goes on.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If samples have more patches than the backbone takes, or fewer rows or groups than are to be
        held out.
    """
    check_patches(prepared.modality.n_patches, backbone)
    budget = _choose_budget(recipe, prepared, backbone)
    rng = new_rng(random_state)
    rng = share_rng(rng) if recipe.is_shared else rng
    folds = _deal(recipe, prepared, budget, rng)
    row_keys = _row_keys(prepared.rows)
    if held_out is not None and not prepared.n_validation:
        folds = continue_folds(folds, row_keys, held_out, prepared.groups)
    return Plan(
        budget=budget,
        lr=(backbone.lr or recipe.pace.lr) if recipe.lr == "auto" else float(recipe.lr),
        n_threads=max(1, process_threads() // len(folds)),
        folds=tuple(folds),
        seeds=tuple(as_seed(rng) for _ in folds),
        row_keys=row_keys,
    )


def _row_keys(rows: Rows) -> np.ndarray:
    """Keys of all rows, block by block where they are large."""
    blocks = rows.input_blocks()
    return np.concatenate([keys_of(part.numpy() for part in each.values()) for each in blocks])


def check_patches(n: int, backbone: Backbone) -> None:
    """Raise a ValueError where samples have more patches than the backbone takes."""
    most = backbone.max_patches
    if most is not None and n > most:
        raise ValueError(
            f"A sample of X has {n} patches, more than the {most} that the backbone takes; raise "
            "patch_size, or keep fewer features."
        )


def _deal(
    recipe: Recipe, prepared: Prepared, budget: Budget, rng: np.random.RandomState
) -> list[Fold]:
    """Rows to train on and rows to validate on, for each member."""
    if prepared.n_validation or budget.n_estimators > 1:
        return prepared.deal_folds(budget.n_estimators, rng)
    if not budget.early_stopping:
        return [Fold(np.arange(prepared.n_samples), np.arange(0))]
    if prepared.groups is not None:
        fraction = recipe.validation_fraction
        return [hold_out_groups(prepared.groups, prepared.strata, fraction, rng)]
    return [hold_out_fraction(prepared.strata, recipe.validation_fraction, rng)]


def _choose_budget(recipe: Recipe, prepared: Prepared, backbone: Backbone) -> Budget:
    given = {name: getattr(recipe, name) for name in Budget._fields}
    stays_here = _stays_here(recipe, prepared)
    given["n_jobs"] = _given_jobs(recipe, stays_here)
    is_large = sum(p.numel() for p in backbone.encoder.parameters()) > LARGE
    return choose_budget(
        prepared.n_samples,
        prepared.modality.n_patches,
        recipe.pace.most_epochs,
        1 if is_large or stays_here else _most_jobs(recipe),
        prepared.is_field,
        is_large,
        recipe.is_pretrained and prepared.starts_probed,
        None if prepared.groups is None else len(np.unique(prepared.groups)),
        max(1, MOST_LOAD // prepared.modality.load),
        **{name: _plain(value) for name, value in given.items()},
    )


def _plain(value: Any) -> int | str:
    """Numbers and booleans as Python's own, as numpy's would be shown otherwise."""
    if isinstance(value, str):
        return value
    return bool(value) if isinstance(value, (bool, np.bool_)) else int(value)


def _given_jobs(recipe: Recipe, stays_here: bool) -> int | str:
    """Members trained at once, where the user or joblib's configuration says so."""
    if recipe.n_jobs == "auto":
        # As of a cluster in `joblib.parallel_config`.
        configured = effective_n_jobs(None)
        return "auto" if configured == 1 or stays_here else configured
    n_jobs = effective_n_jobs(recipe.n_jobs)
    if recipe.is_shared and n_jobs > 1:
        raise ValueError(
            f"n_jobs={recipe.n_jobs} and device={ACCELERATE!r} both train in several processes; "
            "set n_jobs=1, or another device."
        )
    return n_jobs


def _most_jobs(recipe: Recipe) -> int:
    """How many members may be trained at once, where the user leaves it open."""
    has_time = recipe.time_limit is None or recipe.time_limit >= WORTH_SECONDS
    if not has_time:
        return 1
    with warnings.catch_warnings():
        # A worker of someone's pool may have no processes of its own, which joblib says.
        warnings.simplefilter("ignore", UserWarning)
        return effective_n_jobs(process_threads())


def _stays_here(recipe: Recipe, prepared: Prepared) -> bool:
    """Whether members train in this process, where the user leaves it open.

    What is not ours may keep its state in this process; so do callbacks, modules, and arrays that
    are read in a way of their own. A GPU is not shared.
    """
    is_ours = not recipe.callbacks and not isinstance(recipe.backbone, nn.Module)
    is_sent = all(part.is_sent for part in prepared.sliced)
    return not (is_ours and is_sent) or recipe.is_shared or recipe.device != "cpu"
