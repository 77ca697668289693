"""How much training a table gets where the user leaves it open."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.training.budget import FEWEST_EPOCHS, Budget, choose_budget

AUTO = dict.fromkeys(Budget._fields, "auto")
samples = st.integers(2, 1_000_000)
patches = st.integers(1, 2_000)


@given(samples, patches)
def test_budgets_are_positive_and_bounded(n_samples, n_patches):
    budget = choose_budget(n_samples, n_patches, **AUTO)
    assert 1 <= budget.n_estimators <= n_samples
    assert FEWEST_EPOCHS <= budget.max_epochs <= (50 if n_samples >= 160 else 150)
    assert 5 <= budget.patience <= budget.max_epochs
    assert budget.batch_size >= 1


@given(samples, samples, patches, patches)
def test_larger_tables_get_no_more_epochs_and_no_less_work(n1, n2, p1, p2):
    n1, n2, p1, p2 = min(n1, n2), max(n1, n2), min(p1, p2), max(p1, p2)
    small, large = choose_budget(n1, p1, **AUTO), choose_budget(n2, p2, **AUTO)
    assert large.max_epochs <= small.max_epochs
    # But for rounding to whole epochs, and for data so small that it is seen more often.
    is_seen_more_often = small.max_epochs == min(150, 8_000 // n1)
    work, more_work = (small.max_epochs - 0.5) * n1 * p1, (large.max_epochs + 0.5) * n2 * p2
    assert is_seen_more_often or more_work >= work


@given(samples, patches, st.sampled_from(Budget._fields), st.integers(1, 500))
def test_what_is_given_stays(n_samples, n_patches, name, value):
    budget = choose_budget(n_samples, n_patches, **AUTO | {name: value})
    auto = choose_budget(n_samples, n_patches, **AUTO)
    assert getattr(budget, name) == value
    followers = {name, "patience"} if name == "max_epochs" else {name}
    unchanged = set(Budget._fields) - followers
    assert all(getattr(budget, other) == getattr(auto, other) for other in unchanged)


def test_fields_train_longer_in_smaller_batches():
    table, fields = (choose_budget(1_000, 64, is_field=kind, **AUTO) for kind in (False, True))
    assert fields.max_epochs > table.max_epochs
    assert 2 * fields.batch_size == table.batch_size
    assert fields.n_estimators == 1


@given(st.integers(54, 159))
def test_few_samples_are_seen_as_often_as_there_are_fewer(n_samples):
    epochs = choose_budget(n_samples, 16, **AUTO).max_epochs
    assert 8_000 - n_samples < epochs * n_samples <= 8_000


def test_patience_follows_the_epochs_given():
    assert choose_budget(100, 16, **AUTO | {"max_epochs": 41}).patience == 7
    assert choose_budget(100, 16, **AUTO | {"max_epochs": 3}).patience == 5


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_an_estimator_trains_within_its_budget(estimator_class):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(2, size=40)
    estimator = estimator_class(strategy="finetune", max_epochs=2, random_state=0).fit(X, y)
    assert estimator.budget_ == choose_budget(40, estimator.n_patches_, **AUTO | {"max_epochs": 2})
    assert len(estimator.estimators_) == estimator.budget_.n_estimators == 5
    assert len(estimator.history_) == 2 * 5


def test_tiny_data_gets_a_member_a_row_at_most():
    X, y = np.arange(8.0).reshape(4, 2), [0, 0, 1, 1]
    classifier = PaReClassifier(strategy="finetune", max_epochs=1, random_state=0).fit(X, y)
    assert len(classifier.estimators_) == 4


@pytest.mark.parametrize("name", Budget._fields)
@pytest.mark.parametrize("value", ["many", 0, 2.5])
def test_other_values_are_refused(name, value):
    with pytest.raises(ValueError, match=name):
        PaReClassifier(**{name: value}).fit([[0.0], [1.0]] * 5, [0, 1] * 5)


@pytest.mark.parametrize(
    ("shape", "settings", "expected"),
    [
        ((1, 6, 6), {}, False),
        ((1, 6, 6), {"early_stopping": True}, True),
        ((1, 6, 6), {"n_estimators": 1}, True),
        ((1, 6, 6), {"strategy": "scratch"}, True),
        ((1, 12), {}, True),
        ((4,), {}, True),
        ((4,), {"early_stopping": False}, False),
    ],
)
def test_members_that_start_from_a_probe_train_to_the_end(shape, settings, expected):
    X, y = np.random.default_rng(0).normal(size=(20, *shape)), np.arange(20) % 2
    quick = {"strategy": "finetune", "n_estimators": 2, "max_epochs": 12, "patience": 1, "lr": 0.05}
    model = PaReClassifier(**quick | settings, random_state=0).fit(X, y)
    assert model.budget_.early_stopping is expected
    n_epochs = [row["epoch"] for row in model.history_].count(12)
    assert n_epochs == len(model.estimators_) or expected
    assert n_epochs < len(model.estimators_) or not expected


@pytest.mark.parametrize(
    ("shape", "batch_size"), [((1, 1_000), 32), ((1, 70_000), 14), ((2, 400, 400), 6), ((30,), 32)]
)
def test_few_large_samples_make_a_batch(shape, batch_size):
    """The stem makes 16 numbers of a point, and 2**24 such numbers are a batch at most."""
    y = np.arange(4) % 2
    X = np.broadcast_to(y.reshape(4, *[1] * len(shape)), (4, *shape)).astype(float)
    settings = {"strategy": "finetune", "n_estimators": 1, "max_epochs": 1, "linear_probe": False}
    assert PaReClassifier(**settings).fit(X, y).budget_.batch_size == batch_size


def test_a_batch_size_that_is_given_stays_for_large_samples():
    budget = choose_budget(100, 32, most_at_once=14, **AUTO | {"batch_size": 20})
    assert budget.batch_size == 20
