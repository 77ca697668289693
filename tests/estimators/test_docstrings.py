"""Docstrings: each parameter once, in the order of the signature, and shared texts the same."""

import inspect
import re
from typing import get_args, get_type_hints

import pytest
from sklearn.datasets import make_classification
from typing_extensions import Self

from pare_sklearn import PaReClassifier, PaReRegressor

ESTIMATORS = [PaReClassifier, PaReRegressor]
OWN_TEXTS = {"dropout", "loss", "lr", "max_epochs", "numeric_embedding", "semi_supervised"}


def section(estimator_class, title):
    """Entries of a section, by name."""
    doc = inspect.getdoc(estimator_class)
    body = re.split(rf"^{title}\n-+\n", doc, flags=re.MULTILINE)[1]
    body = re.split(r"^\w+\n-+\n", body, flags=re.MULTILINE)[0]
    entries = re.split(r"^(\w+) : ", body, flags=re.MULTILINE)[1:]
    return dict(zip(entries[::2], map(str.strip, entries[1::2]), strict=True))


def names(estimator_class):
    return [name for name in inspect.signature(estimator_class).parameters if name != "self"]


@pytest.mark.parametrize("estimator_class", ESTIMATORS)
def test_each_parameter_is_documented_with_its_default(estimator_class):
    entries = section(estimator_class, "Parameters")
    assert list(entries) == names(estimator_class)
    for name, parameter in inspect.signature(estimator_class).parameters.items():
        shown = (
            f'"{parameter.default}"' if isinstance(parameter.default, str) else parameter.default
        )
        assert f"default={shown}" in entries[name].split("\n")[0], name
        assert len(entries[name].split("\n")) > 1, name


@pytest.mark.parametrize("estimator_class", ESTIMATORS)
def test_the_choices_are_those_that_are_taken(estimator_class):
    entries = section(estimator_class, "Parameters")
    hints = get_type_hints(estimator_class)
    checked = 0
    for name in names(estimator_class):
        for choice in _literals(hints[name]):
            assert f'"{choice}"' in entries[name], (name, choice)
            checked += 1
    assert checked > 25


def _literals(hint):
    """The strings that a type allows."""
    arguments = get_args(hint)
    if any(isinstance(argument, str) for argument in arguments):
        return [argument for argument in arguments if isinstance(argument, str)]
    return [text for argument in arguments for text in _literals(argument)]


def test_shared_parameters_have_the_same_text():
    classifier, regressor = (section(each, "Parameters") for each in ESTIMATORS)
    differing = {
        name for name in classifier.keys() & regressor if classifier[name] != regressor[name]
    }
    assert differing <= OWN_TEXTS


@pytest.mark.parametrize("estimator_class", ESTIMATORS)
def test_the_first_to_know_are_named(estimator_class):
    doc = inspect.getdoc(estimator_class)
    first = re.search(r"The first to know are (.+?)\.", doc, flags=re.DOTALL)[1]
    named = re.findall(r"`(\w+)`", first)
    assert len(named) == 5
    assert set(named) <= set(names(estimator_class))
    for head in ("the method", "the backbone", "the training", "the data", "the machine"):
        assert f"- {head}: " in doc


@pytest.mark.parametrize("estimator_class", ESTIMATORS)
def test_each_fitted_attribute_is_documented_and_there(estimator_class):
    X, y = make_classification(60, 4, random_state=0)
    model = estimator_class(n_estimators=1, max_epochs=1, random_state=0).fit(X, y)
    documented = section(estimator_class, "Attributes")
    for name in documented:
        if name != "feature_names_in_":
            getattr(model, name)
    own = {name for name in dir(model) if name.endswith("_") and not name.startswith("_")}
    assert own <= documented.keys()


@pytest.mark.parametrize("estimator_class", ESTIMATORS)
def test_fit_is_said_to_return_the_estimator(estimator_class):
    assert get_type_hints(estimator_class.fit)["return"] is Self


@pytest.mark.parametrize("estimator_class", ESTIMATORS)
def test_only_the_backbone_goes_without_its_name(estimator_class):
    assert estimator_class("spine").backbone == "spine"
    with pytest.raises(TypeError, match="positional"):
        estimator_class("spine", "pare")
