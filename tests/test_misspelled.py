"""A misspelled name is answered with the known one that it is nearest to."""

import numpy as np
import pytest

from pare_sklearn import PaReClassifier, PaReRegressor, rank_sources
from pare_sklearn.otdd import otdd
from pare_sklearn.pretraining.episode_kinds import parse_shares
from pare_sklearn.pretraining.learner import pick_precision
from pare_sklearn.utils.misspelled import did_you_mean

X, Y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2


@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"strategy": "par"}, "'pare'"),
        ({"strategy": "finetuned"}, "'finetune'"),
        ({"source": "contour"}, "'contours'"),
        ({"source": ["digit", "signal"]}, "'digits', 'signals'"),
        ({"source": "cifar-10:FOLDER"}, "'cifar10'"),
        ({"backbone": "embeded"}, "'embedded'"),
        ({"k_schedule": "piece-wise"}, "'piecewise'"),
        ({"k_start": "Auto"}, "'auto'"),
        ({"gate": "learnt"}, "'learned'"),
        ({"loss": "logloss"}, "'log_loss'"),
        ({"class_weight": "balance"}, "'balanced'"),
        ({"numeric_embedding": "piecewise_linear"}, "'piecewise-linear'"),
        ({"precision": "bf16"}, "'bfloat16'"),
        ({"modality": "table"}, "'tabular'"),
        ({"callbacks": [("early_stoping", None)]}, "'early_stopping'"),
    ],
    ids=str,
)
def test_parameters(parameters, meant):
    with pytest.raises((ValueError, TypeError)) as caught:
        PaReClassifier(**parameters).fit(X, Y)
    assert str(caught.value).endswith(f" Did you mean {meant}?")


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (lambda: rank_sources(X, Y, sources="glyph"), "'glyphs'"),
        (lambda: rank_sources(X, Y, task="classify"), "'classification'"),
        (lambda: otdd(X, Y, X, Y, inner="Gauss"), "'gaussian'"),
        (lambda: parse_shares("table=1"), "'tables'"),
        (lambda: pick_precision("bfloat", "cpu"), "'bfloat16'"),
    ],
)
def test_functions(call, meant):
    with pytest.raises(ValueError, match=f" Did you mean {meant}[?]$"):
        call()


def test_columns():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=["width", "height", "Depth"])
    clf = PaReClassifier(categorical_features=["hight", "depth"])
    with pytest.raises(ValueError, match=r"Did you mean 'height', 'Depth'\?"):
        clf.fit(table, Y)


@pytest.mark.parametrize("value", ["photographs", 3, None])
def test_what_is_near_to_nothing_is_answered_without_a_guess(value):
    assert did_you_mean(["contours", "fields", None, 7], value) == ""
    with pytest.raises(ValueError, match="'strategy' parameter of PaReRegressor") as caught:
        PaReRegressor(strategy=value).fit(X, Y)
    assert "Did you mean" not in str(caught.value)


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
@pytest.mark.parametrize(
    ("method", "arguments"), [("fit", (X,)), ("predict", ()), ("score", (X,)), ("gate_scores", ())]
)
def test_a_lacking_argument_is_told_of_without_inner_classes(estimator_class, method, arguments):
    with pytest.raises(TypeError, match=rf"^{method}\(\) missing 1 required positional") as caught:
        getattr(estimator_class(), method)(*arguments)
    assert "BasePaRe" not in str(caught.value)


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_an_unknown_parameter_is_one_of_the_public_class(estimator_class):
    with pytest.raises(TypeError, match=rf"^{estimator_class.__name__}.__init__\(\) got an unexp"):
        estimator_class(epochs=3)
