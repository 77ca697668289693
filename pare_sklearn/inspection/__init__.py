"""What a fitted estimator did: displays, which need the extra ``pare-sklearn[plot]``; measures."""

from pare_sklearn.inspection.ablation_display import AblationDisplay
from pare_sklearn.inspection.curriculum_display import CurriculumDisplay
from pare_sklearn.inspection.gate_display import GateDisplay
from pare_sklearn.inspection.gate_scores import gate_scores_by_feature
from pare_sklearn.inspection.otdd_curve import OTDDCurve, otdd_curve
from pare_sklearn.inspection.otdd_curve_display import OTDDCurveDisplay

__all__ = [
    "AblationDisplay",
    "CurriculumDisplay",
    "GateDisplay",
    "OTDDCurve",
    "OTDDCurveDisplay",
    "gate_scores_by_feature",
    "otdd_curve",
]
