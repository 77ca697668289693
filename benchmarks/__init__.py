"""Benchmarks, one folder a suite; run from the root of the repository."""
