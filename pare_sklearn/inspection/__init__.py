"""What a fitted estimator did: displays, which need the extra ``pare-sklearn[plot]``; a curve."""

from pare_sklearn.inspection.curriculum_display import CurriculumDisplay
from pare_sklearn.inspection.otdd_curve import OTDDCurve, otdd_curve
from pare_sklearn.inspection.otdd_curve_display import OTDDCurveDisplay

__all__ = ["CurriculumDisplay", "OTDDCurve", "OTDDCurveDisplay", "otdd_curve"]
