"""Embedders: from samples to tokens, one modality a file."""
