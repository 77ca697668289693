"""Displays of fitted estimators; they need the extra ``pare-sklearn[plot]``."""

from pare_sklearn.inspection.curriculum import CurriculumDisplay

__all__ = ["CurriculumDisplay"]
