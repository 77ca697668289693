"""How the embedded weights were made; run ``python -m pare_sklearn.pretraining``."""
