"""Figures that the pages and the picture give are those of benchmarks/RESULTS.md."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RESULTS = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", DOCS / "index.md", *sorted((DOCS / "guide").glob("*.md"))]


def figures(text):
    """Numbers with three decimals or more, outside of code."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return set(re.findall(r"(?<![\d./])\d\.\d{3,}", prose))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_figures_are_measured(page):
    measured = set(re.findall(r"\d\.\d{3,}", RESULTS))
    assert figures(page.read_text(encoding="utf-8")) - measured == set()


@pytest.mark.parametrize("page", PAGES[:2], ids=["README", "index"])
def test_the_first_claims_have_their_intervals(page):
    text = page.read_text(encoding="utf-8")
    for low, high in [("+0.0173", "+0.0390"), ("-0.0029", "+0.0211"), ("-0.0001", "+0.0006")]:
        assert f"{low} to {high}" in text
        assert f"{low} to {high}" in RESULTS


def test_the_picture_is_of_these_results():
    pytest.importorskip("matplotlib")
    drawing = runpy.run_path(str(DOCS / "draw_overview.py"))
    picture = (DOCS / "overview.svg").read_text(encoding="utf-8")
    differences = drawing["read_differences"](RESULTS)
    assert len(differences) == 6
    for each in differences:
        assert each.name in picture
        assert f"{each.mean:+.4f} ({each.low:+.4f} to {each.high:+.4f})" in picture
