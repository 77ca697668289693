"""The ten tasks: what reads them, and the metric that scores them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fits.relative_error import mean_relative_error
from benchmarks.nasbench360 import metrics
from benchmarks.nasbench360.data import Data
from benchmarks.nasbench360.readers import (
    cifar100,
    cosmic,
    darcy,
    deepsea,
    ecg,
    fsd50k,
    ninapro,
    psicov,
    satellite,
    spherical,
)


@dataclass(frozen=True)
class Task:
    """A task of the benchmark.

    Attributes
    ----------
    name : str
    kind : {"classes", "labels", "mask", "field"}
        What y holds: a class a sample, several labels, or a mask or a field of numbers over the
        points of X.
    metric_name : str
        As the papers write it; lower is better.
    read : callable, folder -> Data
    metric : callable
    needs : tuple of str
        What the metric takes of a `Part` beside y.
    """

    name: str
    kind: str
    metric_name: str
    read: Callable[[Path], Data]
    metric: Callable[..., float]
    needs: tuple[str, ...] = ()

    def score(self, data: Data, prediction: Any) -> float:
        """Score predictions for the test part, of its shape and on the scale of ``data.train.y``.

        They are classes, numbers, or for labels and masks scores.

        Raises
        ------
        ValueError
            If they are of another shape, or if the test part leaves the metric undefined.
        """
        if np.shape(prediction) != data.test.y.shape:
            raise ValueError(
                f"the prediction has the shape {np.shape(prediction)}, not {data.test.y.shape}"
            )
        extras = {name: getattr(data.test, name) for name in self.needs}
        return self.metric(data.test.y, data.decode(prediction), **extras)


ERROR = ("classes", "0-1 error %")

TASKS = {
    task.name: task
    for task in (
        Task("CIFAR-100", *ERROR, cifar100.read, metrics.error_percent),
        Task("Spherical", *ERROR, spherical.read, metrics.error_percent),
        Task("Darcy Flow", "field", "relative l2", darcy.read, mean_relative_error),
        Task("PSICOV", "field", "MAE8", psicov.read, metrics.mae8),
        Task(
            "Cosmic", "mask", "1-AUROC", cosmic.read, metrics.inverse_auroc_of_pixels, ("ignored",)
        ),
        Task("NinaPro", *ERROR, ninapro.read, metrics.error_percent),
        Task("FSD50K", "labels", "1-mAP", fsd50k.read, metrics.inverse_map, ("groups",)),
        Task("ECG", "classes", "1-F1", ecg.read, metrics.inverse_f1, ("groups",)),
        Task("Satellite", *ERROR, satellite.read, metrics.error_percent),
        Task("DeepSEA", "labels", "1-AUROC", deepsea.read, metrics.inverse_auroc_of_labels),
    )
}
