VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
LOWEST ?= .venv-lowest
# Fits, predictions, pickles, processes, and each library that has a lower bound.
LOWEST_TESTS = tests/test_import.py tests/test_requirements.py tests/backbones/test_embedded.py \
	tests/estimators/test_inside_scikit_learn.py tests/otdd/test_entropic.py \
	tests/training/test_joblib.py::test_joblib_works_as_before_after_a_fit

SPHINX ?= $(BIN)/sphinx-build
SITE = docs/_build/html
# A warning is an error; one thread, so that the gallery takes as long everywhere.
BUILD_DOCS = OMP_NUM_THREADS=1 MPLBACKEND=Agg $(SPHINX) -W --keep-going

.PHONY: demo test test-lowest lint docs docs-fast linkcheck dist clean

demo: $(VENV)/.installed-plot
	$(BIN)/python -m examples.few_labels_demo

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

# The lowest versions that pyproject.toml allows, but for torch: older builds of it bring CUDA.
test-lowest: $(LOWEST)/.installed
	OMP_NUM_THREADS=1 $(LOWEST)/bin/python -m pytest -n 2 $(LOWEST_TESTS)

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site, with what the gallery's scripts draw; of these only changed ones run again.
docs: $(SPHINX)
	$(BUILD_DOCS) -b html docs $(SITE)

docs-fast: $(SPHINX)
	$(BUILD_DOCS) -b html -D plot_gallery=0 docs $(SITE)

linkcheck: $(SPHINX)
	$(BUILD_DOCS) -b linkcheck -D plot_gallery=0 docs docs/_build/linkcheck

$(BIN)/sphinx-build: $(VENV)/.installed-docs

dist: $(VENV)/.installed-docs
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*

# One stamp an extra: installed again only when the requirements change.
$(VENV)/.installed-%: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$*]"
	touch $@

$(LOWEST)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	$(LOWEST)/bin/python -m pip install --quiet --constraint constraints.txt torch
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
		--constraint constraints.txt --editable . "hypothesis>=6.100" "pytest>=8" "pytest-xdist>=3.5"
	touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) $(LOWEST) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .nox
	rm -rf docs/_build docs/gallery docs/generated docs/sg_execution_times.rst
