"""The folder of a fit: which fit it belongs to, and the plan that was drawn for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pare_sklearn._version import __version__
from pare_sklearn.backbones.contract import Backbone
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows
from pare_sklearn.recipe import Recipe
from pare_sklearn.training.plan import Plan
from pare_sklearn.utils.fingerprints import fingerprint
from pare_sklearn.utils.kept_files import keep, read_kept
from pare_sklearn.utils.whole_files import UNFINISHED

NAME = "fit.pickle"
# Of a recipe, what changes no bit of the result, or follows from the rest.
WITHOUT_EFFECT = ("checkpoint", "time_limit", "n_jobs", "verbose", "is_shared", "mixing")
# Fields of a recipe that users know by another name.
KNOWN_AS = {"autocast": "precision", "task": "the kind of estimator"}
ADVICE = "Choose another folder, or delete this one."
# Longer values are not shown in messages.
SHOWN = 40


def keep_plan(
    recipe: Recipe, prepared: Prepared, backbone: Backbone, plan: Plan, random_state: Any
) -> Plan:
    """The plan that the fit in the folder goes by, which is this one if it begins there.

    Parameters
    ----------
    recipe : Recipe
        Says which folder, if any.
    prepared : Prepared
        All columns, whichever are left out.
    backbone : Backbone
        As it was before any training.
    plan : Plan
        Drawn for this call.
    random_state : int, RandomState or None
        What it was drawn by.

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        If the folder holds another fit, something else, or is damaged.
    OSError
        If it cannot be made or written.
    """
    folder = recipe.checkpoint
    if folder is None:
        return plan
    folder.mkdir(parents=True, exist_ok=True)
    identity = _identity(recipe, prepared, backbone, random_state)
    for part in folder.glob(f"*{UNFINISHED}"):
        part.unlink(missing_ok=True)
    if not (folder / NAME).exists():
        _check_empty(folder)
        keep(folder / NAME, (identity, plan))
        return plan
    before, first_plan = _read(folder)
    _check_same(folder, before, identity)
    jobs = plan.budget.n_jobs
    return replace(first_plan, budget=first_plan.budget._replace(n_jobs=jobs))


def _identity(
    recipe: Recipe, prepared: Prepared, backbone: Backbone, random_state: Any
) -> dict[str, str]:
    """All that the result depends on by the name that users know, each as a text or a hash."""
    given = {
        KNOWN_AS.get(each.name, each.name): getattr(recipe, each.name)
        for each in fields(recipe)
        if each.name not in WITHOUT_EFFECT
    }
    given["random_state"] = int(random_state) if isinstance(random_state, Integral) else None
    modules = backbone.source_embedder, backbone.encoder
    rows, validation = _apart(prepared)
    return {
        "the version of pare-sklearn": __version__,
        "the version of torch": torch.__version__,
        "the number of rows": str(len(rows)),
        **{name: _known_by(value) for name, value in given.items()},
        "the weights of the backbone": fingerprint([each.state_dict() for each in modules]),
        "X": fingerprint(rows.inputs),
        "y": fingerprint(rows.y),
        "sample_weight": fingerprint(rows.weights),
        "the unlabelled rows": fingerprint(_inputs(prepared.unlabelled)),
        "X_val": fingerprint(_inputs(validation)),
        "y_val": fingerprint(None if validation is None else validation.y),
        "groups": fingerprint([prepared.groups, prepared.unlabelled_groups]),
    }


def _apart(prepared: Prepared) -> tuple[Rows, Rows | None]:
    """The labelled rows, and those of the user's own to validate on."""
    if not prepared.n_validation:
        return prepared.rows, None
    numbers = np.arange(len(prepared.rows))
    rows, validation = np.split(numbers, [prepared.n_samples])
    return prepared.rows.take(rows), prepared.rows.take(validation)


def _known_by(value: Any) -> str:
    is_plain = value is None or isinstance(value, (bool, int, float, str))
    return text if is_plain and len(text := repr(value)) <= SHOWN else fingerprint(value)


def _inputs(rows: Rows | None) -> Mapping[str, torch.Tensor] | None:
    return None if rows is None else rows.inputs


def _check_empty(folder: Path) -> None:
    """Raise where a folder that belongs to no fit holds something."""
    if found := sorted(os.listdir(folder)):
        raise ValueError(
            f"checkpoint={str(folder)!r} holds {found[0]!r}, but no fit: it must be empty at "
            f"first. {ADVICE}"
        )


def _read(folder: Path) -> tuple[dict[str, str], Plan]:
    kept = read_kept(folder / NAME)
    if kept is None:
        raise ValueError(
            f"checkpoint={str(folder)!r} cannot be told to hold this fit, because its file "
            f"{NAME!r} is damaged. {ADVICE}"
        )
    return kept


def _check_same(folder: Path, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise where a folder holds another fit, and name what differs."""
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    # Other rows are other inputs, targets and weights: the number says it all.
    if "the number of rows" in names:
        names = [name for name in names if name not in ("X", "y", "sample_weight")]
    if names:
        differing = "; ".join(_difference(name, before.get(name), now.get(name)) for name in names)
        raise ValueError(
            f"checkpoint={str(folder)!r} holds another fit, which differs in {differing}. {ADVICE}"
        )


def _difference(name: str, before: str | None, now: str | None) -> str:
    texts = [text for text in (before, now) if text is not None and len(text) <= SHOWN]
    return f"{name} ({texts[0]} there, {texts[1]} here)" if len(texts) == 2 else name
