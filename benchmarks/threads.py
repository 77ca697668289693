"""How many threads a fit may use."""

import os


def n_threads() -> int:
    """What the environment allows, else one."""
    return int(os.environ.get("OMP_NUM_THREADS", 1))
