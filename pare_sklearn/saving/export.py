"""The nets of a fitted estimator as one program of `torch.export`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from pare_sklearn.data.rows import ROW_BLOCK
from pare_sklearn.utils.surroundings import undisturbed


class StackedNets(nn.Module):
    """Outputs of several nets, side by side.

    Parameters
    ----------
    nets : sequence of torch.nn.Module
        Called with the same inputs by name.
    """

    def __init__(self, nets: Sequence[nn.Module]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Outputs (n_members, batch, n_outputs)."""
        return torch.stack([net(**inputs) for net in self.nets])


@undisturbed
def export_nets(estimator: Any, X: Any) -> torch.export.ExportedProgram:
    """Export the nets of a fitted estimator as one program, for any number of samples.

    The program takes the tensors that ``estimator.modality_`` makes of samples, and gives what the
    nets make of them: logits of the classes, or standardised targets. Linear probes, `blend_` and
    the units of the targets are not in it.

    Parameters
    ----------
    estimator : PaReClassifier or PaReRegressor
        Fitted.
    X : DataFrame or array-like of shape (n_samples, ...)
        Samples as in fit; one is enough. They tell the shapes, no values of them are kept.

    Returns
    -------
    torch.export.ExportedProgram
        From ``inputs``, a dict of str to Tensor, to outputs of shape
        (n_members, n_samples, n_outputs).

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If X is not as in fit.

    Examples
    --------
    >>> from pare_sklearn import PaReRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 3.0]
    >>> reg = PaReRegressor(n_estimators=1, max_epochs=1, random_state=0).fit(X, y)
    >>> program = export_nets(reg, X)
    >>> samples = reg.modality_.validate(X, "no_validation", reg, reset=False)
    >>> tuple(program.module()(reg.modality_.transform(samples)).shape)
    (1, 4, 1)
    """
    check_is_fitted(estimator)
    ensemble = estimator.ensemble_
    modality = ensemble.modality
    samples = modality.validate(X, "no_validation", estimator, reset=False)
    # Of a single sample, torch would take the number for fixed.
    rows = modality.rows(samples).fill_blocks()
    inputs, _ = rows[:ROW_BLOCK]
    nets = StackedNets([net.module_ for net in ensemble.nets]).eval()
    device = ensemble.nets[0].device
    batch = torch.export.Dim("batch")
    with torch.no_grad():
        return torch.export.export(
            nets,
            ({name: tensor.to(device) for name, tensor in inputs.items()},),
            dynamic_shapes={"inputs": {name: {0: batch} for name in inputs}},
        )
