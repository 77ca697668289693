"""The pages' code works: ``pycon`` blocks run as doctests, page by page; others compile."""

import doctest
import pickle
import re
from pathlib import Path

import pytest
from sklearn.datasets import make_classification

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    page.relative_to(DOCS).with_suffix("").as_posix(): page.read_text("utf-8")
    for page in (*sorted(DOCS.glob("*.md")), *sorted((DOCS / "guide").glob("*.md")))
}
X, Y = make_classification(40, 4, random_state=0)
RUN = {name for name, text in PAGES.items() if "```pycon" in text}


def blocks(page, language):
    """Code of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)


def run_short(code, **names):
    """The names that code leaves, its fit being of one member and two epochs."""
    exec(code.replace("random_state=0", "random_state=0, n_estimators=1, max_epochs=2"), names)
    return names


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


@pytest.mark.parametrize(
    "page", [DOCS.parent / "README.md", DOCS / "index.md"], ids=lambda p: p.stem
)
def test_the_first_code_runs(page):
    code = re.search(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[1]
    run_short(code, X=X, y=Y, X_new=X[:3])


def test_code_for_several_processes_runs_in_one(tmp_path, monkeypatch):
    pytest.importorskip("accelerate")
    monkeypatch.chdir(tmp_path)
    training, saving = blocks("guide/several_processes", "python")
    run_short(saving, **run_short(training, load_data=lambda: (X, Y)))
    clf = pickle.loads((tmp_path / "clf.pickle").read_bytes())
    assert clf.predict(X).shape == Y.shape


def test_most_pages_have_code_that_runs():
    assert len(RUN) >= 15
