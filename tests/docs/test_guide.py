"""The pages' code works: ``pycon`` blocks run as doctests, page by page; others compile."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    page.relative_to(DOCS).with_suffix("").as_posix(): page.read_text("utf-8")
    for page in (*sorted(DOCS.glob("*.md")), *sorted((DOCS / "guide").glob("*.md")))
}
RUN = {name for name, text in PAGES.items() if "```pycon" in text}


def blocks(page, language):
    """Code of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", sorted(RUN))
def test_code_with_prompts_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(code, {}, page, f"{page}.md", 0)
    assert test.examples
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test, out=report.append).failed == 0, "".join(report)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_other_code_compiles(page):
    for code in blocks(page, "python"):
        compile(code, f"{page}.md", "exec")


def test_most_pages_have_code_that_runs():
    assert len(RUN) >= 15
