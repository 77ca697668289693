"""From trained members to an ensemble: probes beside the nets, and how much each counts."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from pare_sklearn.data.folds import Fold, note_held_out, spread_evenly
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows
from pare_sklearn.ensemble.ensemble import Ensemble, net_outputs, where_seen
from pare_sklearn.ensemble.features import build_features, see_features
from pare_sklearn.ensemble.focusing import LinearProbes, focus_probes
from pare_sklearn.ensemble.held_out import held_out_targets, thin_rows
from pare_sklearn.ensemble.importances import measure_importances
from pare_sklearn.ensemble.probes import FIELD_STRENGTHS, STRENGTHS, fit_probe
from pare_sklearn.ensemble.residuals import note_residuals
from pare_sklearn.modules.column_features import ColumnFeatures
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources.choice import ChosenSource
from pare_sklearn.training.member import Member
from pare_sklearn.training.net import PaReNet
from pare_sklearn.training.plan import Plan
from pare_sklearn.training.timing import OutOfTime, check_time, times_until
from pare_sklearn.utils.threads import limited_threads, process_threads

# Samples, at most, that the probes are fitted to and the blend is chosen by.
BLEND_SAMPLES = 10_000
# Of what a member held out, where there is no time for more.
FEWEST_HELD_OUT = 20
# What the losses of held-out samples are kept of.
PARTS, BLEND = ("nets", "linear probes"), "blend"


def fit_probes(
    recipe: Recipe, prepared: Prepared, plan: Plan, width: int, end: float
) -> LinearProbes | None:
    """Fit linear probes to the folds of the members.

    Parameters
    ----------
    recipe : Recipe
    prepared : Prepared
    plan : Plan
    width : int
        Embedding width of the backbone.
    end : float
        When they are to be fitted, as `time.time` has it; where that fails there are none, with a
        warning.

    Returns
    -------
    LinearProbes or None
        None where there are none, or nothing was held out.
    """
    rows, folds = thin_rows(prepared, plan.folds, plan.seeds[0], BLEND_SAMPLES)
    y, weights = held_out_targets(rows, folds)
    if not (recipe.linear_probe and weights.any()):
        return None
    n_rows = prepared.modality.rows_at_once(width)
    loss = partial(prepared.target.loss, codes=y, weights=weights)
    strengths = FIELD_STRENGTHS if prepared.is_field else STRENGTHS

    def fit(features: Any, strengths: Sequence[float]) -> LinearProbes:
        probe = fit_probe(
            see_features(features, rows, recipe.device, n_rows, end)[..., : len(rows), :],
            rows.y.numpy(),
            rows.weights.double().numpy(),
            folds,
            prepared.target.fit_linear,
            loss,
            strengths,
            end,
        )
        return LinearProbes(features, probe)

    with limited_threads(process_threads()):
        try:
            check_time(end)
            features = build_features(recipe, prepared, rows.inputs, len(folds), plan.seeds[0])
            if features is None:
                return None
            probes = fit(features, strengths)
        except OutOfTime:
            warnings.warn(
                f"time_limit={recipe.time_limit:g} leaves no time for the linear probes.",
                stacklevel=4,
            )
            return None
        if not isinstance(features, ColumnFeatures):
            return probes
        return focus_probes(probes, fit, rows, folds, loss, strengths, plan.seeds[0])


def blend_members(
    recipe: Recipe,
    prepared: Prepared,
    plan: Plan,
    source: ChosenSource | None,
    members: Mapping[int, Member],
    probes: LinearProbes | None,
    end: float,
) -> Ensemble:
    """Weigh the nets' outputs, and those of linear probes, by the held-out samples.

    Parameters
    ----------
    recipe : Recipe
    prepared : Prepared
    plan : Plan
    source : ChosenSource or None
    members : mapping of int to Member
        By the number of their fold, at least one.
    probes : LinearProbes or None
        Of all folds.
    end : float
        When they are to be weighed, as `time.time` has it: by fewer samples where time is short.

    Returns
    -------
    Ensemble
    """
    plain = Ensemble(
        recipe=recipe,
        modality=prepared.modality,
        target=prepared.target,
        nets=tuple(member.net for member in members.values()),
        source=source,
        held_out=note_held_out(plan.row_keys, [plan.folds[number] for number in members]),
        factors=np.ones(1),
    )
    with limited_threads(process_threads()):
        ensemble = _weigh(plain, prepared, plan, list(members), probes, end)
        folds = [plan.folds[number] for number in members]
        return replace(ensemble, importances=measure_importances(ensemble, prepared.rows, folds))


def _weigh(
    plain: Ensemble,
    prepared: Prepared,
    plan: Plan,
    numbers: Sequence[int],
    probes: LinearProbes | None,
    end: float,
) -> Ensemble:
    """The ensemble with probes and factors; as it is, where nothing was held out."""
    rows, all_folds = thin_rows(prepared, plan.folds, plan.seeds[0], BLEND_SAMPLES)
    folds = [all_folds[number] for number in numbers]
    if not any(len(fold.valid) for fold in folds):
        return plain
    places = _places_in_time(plain.nets[0], rows, folds, end)
    folds = [fold._replace(valid=fold.valid[of]) for fold, of in zip(folds, places, strict=True)]
    y, weights = held_out_targets(rows, folds)
    if not weights.any():
        return plain
    nets = zip(plain.nets, (rows.take(fold.valid) for fold in folds), strict=True)
    outputs = [torch.cat([net_outputs(net, part) for net, part in nets]).double().numpy()]
    features = probe = None
    if probes is not None:
        ends = np.cumsum([len(fold.valid) for fold in all_folds])
        held_out = np.split(probes.probe.held_out, ends[:-1])
        of_members = zip(numbers, places, strict=True)
        outputs.append(np.concatenate([held_out[number][of] for number, of in of_members]))
        # What the probes say of held-out samples is as large as all targets, and used here alone.
        features, probe = probes.take(numbers)
    parts = dict(zip(PARTS, outputs, strict=False))
    factors = prepared.target.blend(np.stack(outputs), y, weights)
    parts[BLEND] = np.tensordot(factors, outputs, axes=1)
    losses = {name: float(prepared.target.loss(each, y, weights)) for name, each in parts.items()}
    weighed = replace(plain, factors=factors, features=features, probe=probe, losses=losses)
    # Residuals of fields would be as large as all targets.
    if plain.recipe.task != "regression" or prepared.is_field:
        return weighed
    sizes = [len(fold.valid) for fold in folds]
    return replace(weighed, residuals=note_residuals(parts[BLEND], y, weights, sizes))


def _places_in_time(
    net: PaReNet, rows: Rows, folds: Sequence[Fold], end: float
) -> list[np.ndarray]:
    """Of what each fold holds out as much as nets can see until `end`, evenly spread."""
    n_at_once = where_seen(net)[1]
    some = rows.take(np.concatenate([fold.valid for fold in folds])[:n_at_once])
    affordable = n_at_once * times_until(end, lambda: net_outputs(net, some))
    most = int(min(max(affordable / len(folds), FEWEST_HELD_OUT), len(rows)))
    return [spread_evenly(len(fold.valid), most) for fold in folds]
