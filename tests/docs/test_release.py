"""What a release must agree on: versions, addresses, Pythons."""

import re
from pathlib import Path

import pytest

from pare_sklearn import __version__

ROOT = Path(__file__).parents[2]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere():
    assert f"\nversion: {__version__}\n" in read("CITATION.cff")
    newest = re.search(r"^## (\S+)", read("CHANGELOG.md"), flags=re.MULTILINE)[1]
    assert newest.rstrip(",") == __version__


def test_pythons_are_the_same_everywhere():
    classified = re.findall(r"Python :: (3\.\d+)", read("pyproject.toml"))
    assert classified[0] == re.search(r'requires-python = ">=([\d.]+)"', read("pyproject.toml"))[1]
    listed = ", ".join(f'"{python}"' for python in classified)
    assert f"PYTHONS = [{listed}]" in read("noxfile.py")
    assert f"python: [{listed}]" in read(".github/workflows/tests.yml")


@pytest.mark.parametrize("extra", ["docs", "plot", "huggingface", "neighbours", "bench", "test"])
def test_extras_are_there(extra):
    assert re.search(rf"^{extra} = \[", read("pyproject.toml"), flags=re.MULTILINE)


def test_citation_names_the_paper():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load(read("CITATION.cff"))
    (paper,) = citation["references"]
    assert paper["identifiers"][0]["value"] == "arXiv:2406.09003"
    assert paper["authors"][0]["family-names"] == "Cai"


@pytest.mark.parametrize("form", ["bug.yml", "idea.yml"])
def test_forms_ask_for_versions_and_parameters(form):
    text = read(f".github/ISSUE_TEMPLATE/{form}")
    assert "get_params()" in text
    assert "ersions" in text
