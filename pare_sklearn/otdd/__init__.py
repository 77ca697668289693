"""Optimal transport data set distance, and the difficulty of intermediate modalities."""

from pare_sklearn.otdd.distance import Coupling, otdd
from pare_sklearn.otdd.label_distances import label_distances
from pare_sklearn.otdd.pseudo_classes import pseudo_classes
from pare_sklearn.training.intermediate import OTDDCurve, otdd_curve

__all__ = ["Coupling", "OTDDCurve", "label_distances", "otdd", "otdd_curve", "pseudo_classes"]
