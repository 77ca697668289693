"""The models compared, by name: strategies of PaRe, and an operator that takes its time."""

from __future__ import annotations

from typing import Any

from benchmarks.fits.suite import Model
from pare_sklearn import PaReRegressor

MODELS = {
    "pare": Model(),
    "finetune": Model(),
    "scratch": Model(),
    "fno": Model("neuraloperator", timed_by="pare"),
    "fno-squared": Model("neuraloperator", timed_by="pare"),
}
FNO_LOSSES = {"fno": "relative_l2", "fno-squared": "squared_error"}


def build(name: str, seed: int, seconds: float | None) -> Any:
    """Build an unfitted model.

    Parameters
    ----------
    name : str
        Of `MODELS`.
    seed : int
    seconds : float or None
        Time that the fit is to take, for models whose time another sets.

    Returns
    -------
    model : estimator
        For fields x and y of shape (n_samples, channels, *space).
    """
    if name in FNO_LOSSES:
        from benchmarks.pdebench.models.fno import FNORegressor

        assert seconds is not None, "the plan sets it"
        return FNORegressor(seconds, FNO_LOSSES[name], random_state=seed)
    return PaReRegressor(random_state=seed).set_params(strategy=name)
