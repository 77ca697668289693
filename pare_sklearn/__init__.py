"""Cross-modal fine-tuning of pretrained transformers as scikit-learn estimators."""

from pare_sklearn._version import __version__
from pare_sklearn.classifier import PaReClassifier
from pare_sklearn.embedding import PaReEmbedding
from pare_sklearn.regressor import PaReRegressor
from pare_sklearn.source_ranking import rank_sources

__all__ = ["PaReClassifier", "PaReEmbedding", "PaReRegressor", "__version__", "rank_sources"]
