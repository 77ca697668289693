"""Fitted estimators in files without pickles, and as exported programs."""
