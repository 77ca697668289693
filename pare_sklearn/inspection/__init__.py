"""Displays of fitted estimators; they need the extra ``pare-sklearn[plot]``."""

from pare_sklearn.inspection.curriculum import CurriculumDisplay
from pare_sklearn.inspection.difficulty import OTDDCurveDisplay

__all__ = ["CurriculumDisplay", "OTDDCurveDisplay"]
