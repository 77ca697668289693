"""Fits that end in time, by a clock that batches advance."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier
from pare_sklearn.ensemble import blend
from pare_sklearn.ensemble.ensemble import net_outputs
from pare_sklearn.training import timing
from tests.training.interrupted_fits import told

X, Y = make_classification(64, 5, random_state=0)
# Of 32 rows two batches, and two seconds, an epoch.
QUICK = {
    "n_estimators": 2, "max_epochs": 30, "batch_size": 16, "source": "digits", "n_jobs": 1,
    "patience": 30, "linear_probe": False, "random_state": 0,
}  # fmt: skip


CLOCK = SimpleNamespace(now=0.0, rates=[])


class Ticking(Callback):
    """A second a batch of fine-tuning."""

    def on_batch_end(self, net, training=False, **kwargs):
        CLOCK.now += training
        CLOCK.rates.append(net.optimizer_.param_groups[0]["lr"])


@pytest.fixture
def clock(monkeypatch):
    CLOCK.now, CLOCK.rates = 0.0, []
    fake = SimpleNamespace(time=lambda: CLOCK.now)
    monkeypatch.setattr(timing, "time", fake)
    monkeypatch.setattr("pare_sklearn.base.time", fake)
    return CLOCK


def limited(seconds, **changes):
    """An estimator whose members have so many seconds together."""
    limit = seconds / timing.MEMBERS_SHARE
    return PaReClassifier(**{**QUICK, "time_limit": limit, "callbacks": [Ticking()], **changes})


def epochs(model):
    members = range(len(model.estimators_))
    return [sum(row["member"] == number for row in model.history_) for number in members]


def test_members_share_the_time_and_finish_their_schedules_in_it(clock):
    with pytest.warns(UserWarning, match="of 2 members 2 ended early .*, 0 were left out"):
        model = limited(60).fit(X, Y)
    assert abs(clock.now - 60) <= 2
    assert epochs(model) == [15, 15]
    ks = [row["k"] for row in model.history_ if row["member"] == 0]
    assert ks[0] > 0 == ks[-1]
    assert clock.rates[-1] < 0.02 * max(clock.rates)


def test_a_member_that_is_begun_has_time_for_ten_epochs(clock):
    with pytest.warns(UserWarning, match="of 4 members 1 ended early .*, 3 were left out"):
        model = limited(19.5, n_estimators=4, batch_size=24).fit(X, Y)
    assert len(model.estimators_) == 1
    assert epochs(model) == [timing.FEWEST_EPOCHS]
    assert model.predict_proba(X).shape == (64, 2)


@pytest.mark.usefixtures("clock")
def test_a_member_with_few_epochs_is_left_out():
    with pytest.warns(UserWarning, match="of 2 members 1 ended early .*, 1 were left out"):
        model = limited(25.5, max_epochs=12).fit(X, Y)
    assert epochs(model) == [10]


@pytest.mark.parametrize("strategy", ["pare", "finetune"])
@pytest.mark.usefixtures("clock")
def test_a_batch_is_enough_for_an_estimator(strategy):
    with pytest.warns(UserWarning, match="of 2 members 1 ended early .*, 1 were left out"):
        model = limited(0.5, strategy=strategy).fit(X, Y)
    assert [row for row in model.history_ if row["stage"] == "finetune"] == []
    assert np.isfinite(model.predict_proba(X)).all()


def test_time_that_suffices_changes_no_bit(clock):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = limited(1e6, max_epochs=4).fit(X, Y)
    unlimited = PaReClassifier(**QUICK).set_params(max_epochs=4).fit(X, Y)
    assert told(model, X) == told(unlimited, X)


@pytest.mark.parametrize("strategy", ["pare", "orca"])
def test_probes_are_left_out_where_they_take_too_long(strategy):
    # By the clock on the wall.
    settings = {**QUICK, "strategy": strategy, "linear_probe": True}
    model = PaReClassifier(**settings, time_limit=1e-6)
    with (
        pytest.warns(UserWarning, match="no time for the linear probes"),
        pytest.warns(UserWarning, match="of 2 members 1 ended early"),
    ):
        model.fit(X, Y)
    assert model.probe_ is None
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("linear_probe", [False, True])
@pytest.mark.parametrize(
    ("seconds_a_row", "fewest", "most"), [(0, 600, 600), (10, 300, 420), (1_000, 40, 40)]
)
def test_the_blend_is_chosen_by_what_can_be_seen_in_time(
    clock, monkeypatch, linear_probe, seconds_a_row, fewest, most
):
    """Of 300 held-out rows of each member as many as there is time for, 20 in any case."""
    seen = []

    def see(net, rows):
        clock.now += seconds_a_row * len(rows)
        seen.append(len(rows))
        return net_outputs(net, rows)

    monkeypatch.setattr(blend, "net_outputs", see)
    monkeypatch.setattr(blend, "where_seen", lambda net: ("cpu", 10))
    model = limited(4_000, max_epochs=2, linear_probe=linear_probe)
    model.fit(*make_classification(600, 5, random_state=0))
    pace, *of_members = seen
    assert pace == 10
    assert fewest <= sum(of_members) <= most
    assert clock.now <= model.time_limit or seconds_a_row == 1_000
    assert np.isfinite(model.blend_).all()


def test_where_nothing_is_held_out_nothing_is_weighed(clock):
    model = limited(4_000, n_estimators=1, max_epochs=2, early_stopping=False)
    unlimited = clone(model).set_params(time_limit=None).fit(X, Y)
    np.testing.assert_array_equal(model.fit(X, Y).blend_, [1])
    np.testing.assert_array_equal(model.predict_proba(X), unlimited.predict_proba(X))


def test_a_fit_goes_on_where_its_time_was_over(clock, tmp_path):
    folder = tmp_path / "fit"
    settings = {"checkpoint": folder, "max_epochs": 15}
    with pytest.warns(UserWarning, match="ended early"):
        ended = limited(43, **settings).fit(X, Y)
    assert max(epochs(ended)) < 15
    # k goes by the epochs.
    whole = limited(1e6, max_epochs=15).fit(X, Y)
    ks, expected = (
        [row["k"] for row in model.history_ if row["member"] == 0] for model in (ended, whole)
    )
    assert ks == expected[: len(ks)]
    assert told(limited(1e6, **settings).fit(X, Y), X) == told(whole, X)


@pytest.mark.parametrize("limit", [0, -1.0, "5", np.nan])
def test_other_limits_are_refused(limit):
    with pytest.raises(ValueError, match="time_limit"):
        PaReClassifier(time_limit=limit).fit(X, Y)


def test_processes_that_share_a_training_have_no_limit():
    with pytest.raises(ValueError, match=r"time_limit and device='accelerate'.*set"):
        PaReClassifier(time_limit=5, device="accelerate").fit(X, Y)


def test_it_is_a_parameter_as_others():
    assert clone(PaReClassifier(time_limit=2.5)).get_params()["time_limit"] == 2.5
