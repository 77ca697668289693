"""Data sets that come with scikit-learn or are made by it."""
