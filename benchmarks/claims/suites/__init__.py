"""The suites, by name."""

from __future__ import annotations

from benchmarks.claims.suites import fields, images, language, sequences, tables
from benchmarks.claims.suites.suite import Suite

SUITES: dict[str, Suite] = {
    "tables": tables.SUITE,
    "images": images.SUITE,
    "sequences": sequences.SUITE,
    "fields": fields.SUITE,
    "minilm": language.SUITE,
}

# What the command line may name; the equations beside the default ones are more sets of fields.
TASKS = (*tables.NAMES, *images.NAMES, *sequences.NAMES, *fields.NAMES)
DEFAULT_TASKS = (*tables.NAMES, *images.NAMES, *sequences.NAMES, *fields.DEFAULT)
LEVELS = tuple(dict.fromkeys(level for suite in SUITES.values() for level in suite.levels))
