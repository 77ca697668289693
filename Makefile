VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin
LOWEST ?= .venv-lowest
# Fits, predictions, pickles, processes, and each library that has a lower bound.
LOWEST_TESTS = tests/test_import.py tests/test_requirements.py tests/backbones/test_embedded.py \
	tests/estimators/test_inside_scikit_learn.py tests/otdd/test_entropic.py \
	tests/training/test_joblib.py::test_joblib_works_as_before_after_a_fit

.PHONY: demo test test-lowest lint clean

demo: $(VENV)/.installed-plot
	$(BIN)/python -m examples.openml_demo

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
	rm -rf $(VENV) $(LOWEST) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
