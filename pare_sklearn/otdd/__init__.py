"""Optimal transport data set distance."""

from pare_sklearn.otdd.distance import Coupling, otdd
from pare_sklearn.otdd.label_distances import label_distances
from pare_sklearn.otdd.pseudo_classes import pseudo_classes

__all__ = ["Coupling", "label_distances", "otdd", "pseudo_classes"]
