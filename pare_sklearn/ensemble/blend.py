"""From trained members to an ensemble: probes beside the nets, and how much each counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from pare_sklearn.data.folds import Fold, hold_out_fraction, note_held_out, thin_folds
from pare_sklearn.data.prepared import Prepared
from pare_sklearn.data.rows import Rows
from pare_sklearn.ensemble.ensemble import Ensemble, net_outputs, see_features
from pare_sklearn.ensemble.features import build_features
from pare_sklearn.ensemble.importances import measure_importances
from pare_sklearn.ensemble.probes import FIELD_STRENGTHS, STRENGTHS, Probe, fit_probe
from pare_sklearn.recipe import Recipe
from pare_sklearn.sources.choice import ChosenSource
from pare_sklearn.training.member import Member
from pare_sklearn.training.plan import Plan
from pare_sklearn.utils.threads import limited_threads, process_threads

# Samples, at most, that the probes are fitted to and the blend is chosen by.
BLEND_SAMPLES = 10_000
# The same for the outputs of all samples, of which fields have many.
BLEND_NUMBERS = 1 << 24
# What the losses of held-out samples are kept of.
PARTS, BLEND = ("nets", "linear probes"), "blend"


def blend_members(
    recipe: Recipe,
    prepared: Prepared,
    plan: Plan,
    source: ChosenSource | None,
    members: Mapping[int, Member],
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

    Returns
    -------
    Ensemble
    """
    nets = tuple(member.net for member in members.values())
    folds = [plan.folds[number] for number in members]
    plain = Ensemble(
        recipe=recipe,
        modality=prepared.modality,
        target=prepared.target,
        nets=nets,
        source=source,
        held_out=note_held_out(plan.row_keys, folds),
        factors=np.ones(1),
    )
    with limited_threads(process_threads()):
        ensemble = _weigh(plain, prepared, folds, plan.seeds[0])
        return replace(ensemble, importances=measure_importances(ensemble, prepared.rows, folds))


def _weigh(plain: Ensemble, prepared: Prepared, folds: Sequence[Fold], seed: int) -> Ensemble:
    """The ensemble with probes and factors; as it is, where nothing was held out."""
    rows, folds = _thin(prepared, folds, seed)
    held_out = [rows.take(fold.valid) for fold in folds]
    y = torch.cat([part.y for part in held_out]).numpy()
    weights = torch.cat([part.weights for part in held_out]).numpy()
    if not weights.any():
        return plain
    nets = zip(plain.nets, held_out, strict=True)
    outputs = [torch.cat([net_outputs(net, part) for net, part in nets]).double().numpy()]
    features = probe = None
    if plain.recipe.linear_probe:
        features = build_features(plain.recipe, prepared, rows.inputs, seed)
    if features is not None:
        seen = see_features(features, rows, plain.nets[0])[: len(rows)]
        loss = partial(prepared.target.loss, codes=y, weights=weights)
        probe = _fit_probe(prepared, rows, seen, folds, loss)
        outputs.append(probe.held_out)
        # As large as all targets, and used here alone.
        probe = Probe(probe.scaler, probe.models)
    parts = dict(zip(PARTS, outputs, strict=False))
    factors = prepared.target.blend(np.stack(outputs), y, weights)
    parts[BLEND] = np.tensordot(factors, outputs, axes=1)
    losses = {name: float(prepared.target.loss(each, y, weights)) for name, each in parts.items()}
    return replace(plain, factors=factors, features=features, probe=probe, losses=losses)


def _thin(prepared: Prepared, folds: Sequence[Fold], seed: int) -> tuple[Rows, Sequence[Fold]]:
    """As many rows as are enough, and the folds of them."""
    rows = prepared.rows
    most = min(BLEND_SAMPLES, max(1, BLEND_NUMBERS // prepared.target.n_outputs))
    if len(rows) <= most:
        return rows, folds
    strata = prepared.target.strata(rows.y.numpy())
    kept = hold_out_fraction(strata, most / len(rows), np.random.RandomState(seed)).valid
    return rows.take(kept), thin_folds(folds, kept)


def _fit_probe(
    prepared: Prepared, rows: Rows, features: np.ndarray, folds: Sequence[Fold], loss: partial
) -> Probe:
    return fit_probe(
        features,
        rows.y.numpy(),
        rows.weights.double().numpy(),
        folds,
        prepared.target.fit_linear,
        loss,
        FIELD_STRENGTHS if prepared.is_field else STRENGTHS,
    )
