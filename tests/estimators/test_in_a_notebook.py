"""What a notebook shows: links and texts of parameters, and fitted parts in a line."""

import html
import inspect
import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import make_classification
from sklearn.utils import estimator_html_repr
from sklearn.utils.fixes import parse_version

from pare_sklearn import PaReClassifier, PaReRegressor

Y = np.arange(30) % 2
RNG = np.random.RandomState(0)
PAGE = "https://pare-sklearn.readthedocs.io/en/stable/generated/pare_sklearn.{}.html"
PARTS = ("ensemble_", "net_", "probe_", "features_", "modality_", "target_", "budget_", "history_")
# scikit-learn tells of parameters in its HTML since.
TELLS = parse_version(sklearn.__version__) >= parse_version("1.8")


def fit(X, y=Y, of=PaReClassifier):
    return of(n_estimators=2, max_epochs=2, random_state=0, n_jobs=1).fit(X, y)


@pytest.fixture(scope="module")
def table():
    return fit(make_classification(30, 5, random_state=0)[0])


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_html_links_to_the_documentation(estimator_class):
    page = PAGE.format(estimator_class.__name__)
    assert f'href="{page}"' in estimator_html_repr(estimator_class())


@pytest.mark.skipif(not TELLS, reason="this scikit-learn shows no parameters")
@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_html_tells_of_each_parameter(estimator_class):
    text = estimator_html_repr(estimator_class())
    told = re.findall(r'class="param-doc-description".*?>\s*(\w+): (.*?)</span>', text, re.DOTALL)
    named = dict(told)
    assert set(inspect.signature(estimator_class).parameters) <= named.keys()
    assert all("<br><br>" in description for description in named.values())
    strategy = html.unescape(named["strategy"])
    assert strategy.startswith('{"pare", "orca", "finetune", "scratch"}, default="pare"')
    assert "The method of the paper" in strategy


@pytest.mark.skipif(not TELLS, reason="this scikit-learn shows no parameters")
def test_html_of_a_fitted_estimator_is_no_page_of_arrays(table):
    assert len(estimator_html_repr(table)) < 1.5 * len(estimator_html_repr(PaReClassifier())) + 1e5


def test_a_class_of_ones_own_is_not_linked_there():
    class Mine(PaReClassifier):
        pass

    assert "readthedocs" not in estimator_html_repr(Mine())


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param((RNG.randn(30, 5), Y), id="table"),
        pytest.param((RNG.randn(30, 2, 40), Y), id="sequences"),
        pytest.param((RNG.randn(30, 1, 8, 8), Y), id="images"),
        pytest.param((RNG.randn(30, 5), np.c_[Y, 1 - Y]), id="labels"),
        pytest.param((RNG.randn(30, 5), RNG.randn(30)), id="numbers"),
        pytest.param((RNG.randn(30, 1, 8, 8), RNG.randn(30, 8, 8)), id="fields"),
    ],
)
def test_fitted_parts_are_a_line(samples):
    X, y = samples
    model = fit(X, y, PaReRegressor if y.dtype.kind == "f" else PaReClassifier)
    for name in PARTS:
        shown = repr(getattr(model, name))
        assert len(shown) < 200, name
        assert "\n" not in shown, name
        assert " object at 0x" not in shown, name
    if hasattr(model, "y_scaler_"):
        assert repr(model.y_scaler_).startswith("TargetScaler(unit_=")


def test_the_line_says_what_it_is(table):
    assert repr(table.ensemble_).startswith("Ensemble(strategy='pare', n_nets=2, source='levels'")
    assert repr(table.modality_) == "Tables(patches_per_feature_=4, n_patches=20)"
    assert repr(table.history_) == "History(n_rows=4, n_members=2)"
    assert repr(table.probe_) == "Probe(n_models=2, n_features=773)"


def test_the_history_is_a_list_as_before(table):
    assert isinstance(table.history_, list)
    assert len(pd.DataFrame(table.history_)) == 4
    assert type(table.history_[:2]) is list
