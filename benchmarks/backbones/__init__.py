"""Pretrained encoders of the Hugging Face hub as backbones: what they gain, and what they cost."""
