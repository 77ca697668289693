"""Synthetic tables to pretrain on: features, their marginals and categories, targets."""
