"""Cross-modal fine-tuning of pretrained transformers as scikit-learn estimators."""

from pare_sklearn.estimators import PaReClassifier, PaReRegressor

__version__ = "0.1.0"

__all__ = ["PaReClassifier", "PaReRegressor", "__version__"]
