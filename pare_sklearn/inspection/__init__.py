"""Displays of fitted estimators; they need the extra ``pare-sklearn[plot]``."""

from pare_sklearn.inspection.curriculum_display import CurriculumDisplay
from pare_sklearn.inspection.otdd_curve_display import OTDDCurveDisplay

__all__ = ["CurriculumDisplay", "OTDDCurveDisplay"]
