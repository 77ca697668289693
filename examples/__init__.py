"""Worked examples, runnable as modules."""
