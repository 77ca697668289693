"""NAS-Bench-360: ten tasks of many modalities, from their official files."""
