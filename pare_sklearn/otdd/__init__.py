"""Optimal transport data set distance, and the difficulty of intermediate modalities."""

from pare_sklearn.otdd.classes import pseudo_classes
from pare_sklearn.otdd.difficulty import OTDDCurve, otdd_curve
from pare_sklearn.otdd.distance import Coupling, otdd
from pare_sklearn.otdd.label_distances import label_distances

__all__ = ["Coupling", "OTDDCurve", "label_distances", "otdd", "otdd_curve", "pseudo_classes"]
