"""Figures that the pages and the picture give are those of benchmarks/RESULTS.md, or its notes."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BENCHMARKS = ROOT / "benchmarks"
RESULTS = (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8")
NOTES = [path.read_text(encoding="utf-8") for path in sorted((BENCHMARKS / "notes").glob("*.md"))]
PAGES = [ROOT / "README.md", DOCS / "index.md", *sorted((DOCS / "guide").glob("*.md"))]


def figures(text):
    """Numbers with three decimals or more, outside of code."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return set(re.findall(r"(?<![\d./])\d\.\d{3,}", prose))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_figures_are_measured(page):
    measured = set(re.findall(r"\d\.\d{3,}", "\n".join([RESULTS, *NOTES])))
    assert figures(page.read_text(encoding="utf-8")) - measured == set()


def test_the_first_claims_and_the_picture_are_of_these_results():
    pytest.importorskip("matplotlib")
    drawing = runpy.run_path(str(DOCS / "draw_overview.py"))
    picture = (DOCS / "overview.svg").read_text(encoding="utf-8")
    differences = drawing["read_differences"](RESULTS)
    assert len(differences) == 6
    for each in differences:
        interval = f"{each.low:+.4f} to {each.high:+.4f}"
        assert interval in RESULTS
        assert each.name in picture
        assert f"{each.mean:+.4f} ({interval})" in picture
        for page in PAGES[:2]:
            told = " ".join(page.read_text(encoding="utf-8").replace("> ", "").split())
            assert interval in told, (page.name, each.name)
