"""The site's sources: every public name has a page, every link inside leads somewhere."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SITE = "https://pare-sklearn.readthedocs.io/en/stable/"
REPOSITORY = "https://github.com/pare-sklearn/pare-sklearn/blob/main/"
GALLERY = sorted((ROOT / "examples" / "gallery").glob("*.py"))


@pytest.mark.parametrize("module", ["", ".inspection", ".otdd"])
def test_every_public_name_has_a_page(module):
    public = set(importlib.import_module(f"pare_sklearn{module}").__all__) - {"__version__"}
    listed = set(re.findall(r"^   ([\w.]+)$", (DOCS / "api.rst").read_text("utf-8"), re.MULTILINE))
    assert public <= listed


@pytest.mark.parametrize("page", sorted((DOCS / "guide").glob("*.md")), ids=lambda page: page.stem)
def test_every_page_of_the_guide_is_in_its_contents(page):
    contents = (DOCS / "guide" / "index.md").read_text("utf-8").splitlines()
    assert page.stem == "index" or page.stem in contents


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
def test_absolute_links_lead_to_what_is_here(page):
    text = page.read_text("utf-8")
    for target in re.findall(re.escape(SITE) + r"([\w/.-]+)\.html", text):
        sources = [DOCS / f"{target}{suffix}" for suffix in (".md", ".rst")]
        assert any(path.exists() for path in sources) or target == "gallery/index"
    for target in re.findall(re.escape(REPOSITORY) + r"([\w/.-]+)", text):
        assert (ROOT / target).exists()


@pytest.mark.parametrize("script", GALLERY, ids=lambda script: script.stem)
def test_scripts_of_the_gallery_compile_and_end_in_a_picture(script):
    source = script.read_text("utf-8")
    compile(source, str(script), "exec")
    assert source.rstrip().endswith("plt.show()")


def test_the_gallery_knows_its_scripts():
    named = re.findall(r'^    "(\d\d_\w+)": ', (DOCS / "conf.py").read_text("utf-8"), re.MULTILINE)
    assert named
    assert set(named) <= {script.stem for script in GALLERY}
    assert len(GALLERY) >= 12
