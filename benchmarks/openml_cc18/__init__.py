"""OpenML-CC18: PaRe beside gradient boosting, paired on the same splits."""
