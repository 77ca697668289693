"""docs/architecture.md names what there is: folders, files, values and registries."""

import importlib
import re
from pathlib import Path
from typing import get_args

import pytest

import pare_sklearn
from pare_sklearn import parameters
from pare_sklearn.data.modalities import GRIDS, TABULAR
from pare_sklearn.training.schedules import SCHEDULES

DOCS = Path(__file__).parents[2] / "docs"
PACKAGE = Path(pare_sklearn.__file__).parent
DOCUMENT = (DOCS / "architecture.md").read_text(encoding="utf-8")
FLOW, FOLDERS = re.findall(r"((?:^\|.*\n)+)", DOCUMENT, flags=re.MULTILINE)


def test_each_folder_and_file_of_the_package_is_named():
    named = {name.rstrip("/") for name in re.findall(r"`([\w./]+)`", FOLDERS)}
    there = {
        path.name
        for path in PACKAGE.iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("_")
    }
    assert there <= named


@pytest.mark.parametrize("maker", re.findall(r"\| `([\w.]+)` \|$", FLOW, flags=re.MULTILINE))
def test_values_are_made_where_it_says(maker):
    module, name = maker.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(f"pare_sklearn.{module}"), name))


def test_the_flow_has_all_values():
    values = re.findall(r"^\| `(\w+)` ", FLOW, flags=re.MULTILINE)
    assert len(values) == 7
    picture = (DOCS / "architecture.svg").read_text(encoding="utf-8")
    assert all(f">{value}<" in picture for value in values)


@pytest.mark.parametrize("path", re.findall(r"`((?:\w+/)+\w+\.\w+)`", DOCUMENT))
def test_files_that_are_named_are_there(path):
    roots = (PACKAGE, PACKAGE / "backbones" / "huggingface", DOCS.parent)
    assert any((root / path).exists() for root in roots) or path == "sources/NAME.py"


def test_choices_are_those_of_the_registries():
    assert set(get_args(parameters.ScheduleName)) == {"auto", *SCHEDULES, "otdd"}
    assert set(get_args(parameters.ModalityName)) == {"auto", TABULAR, *GRIDS}
