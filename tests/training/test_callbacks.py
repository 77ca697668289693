"""A user's callbacks: each member has its own, and they replace ours of the same name."""

import inspect
from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from skorch.callbacks import Callback, EarlyStopping, LRScheduler, PrintLog

from pare_sklearn import PaReClassifier
from pare_sklearn.recipe import CALLBACK_NAMES
from tests.training.test_recipe import Watch

X, Y = make_classification(60, 5, random_state=0)
QUICK = {"linear_probe": False, "random_state": 0, "source": "digits", "n_jobs": 1}
SINGLE = {**QUICK, "n_estimators": 1, "max_epochs": 4}
SHARED = []


class Count(Callback):
    """Count epochs over the life of the object."""

    def __init__(self):
        self.n_epochs = 0

    def on_epoch_begin(self, net, **kwargs):
        self.n_epochs += 1
        SHARED.append(self.n_epochs)


class Names(Callback):
    """Tell what callbacks the net has."""

    def __init__(self):
        self.found = []

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, **kwargs):
        self.found.append(dict(net.callbacks_))


@pytest.mark.parametrize("named", [False, True])
def test_each_member_has_callbacks_of_its_own_and_the_users_stay(named):
    SHARED.clear()
    mine = Count()
    model = PaReClassifier(**QUICK, n_estimators=3, max_epochs=2, early_stopping=False)
    model.set_params(callbacks=[("mine", mine) if named else mine]).fit(X, Y)
    assert SHARED == [1, 2] * 3
    assert mine.n_epochs == 0
    model.fit(X, Y)
    assert SHARED == [1, 2] * 6


def test_members_do_not_share_the_state_of_ready_made_callbacks():
    # One of skorch's keeps the best score and its epoch; shared, the second member would see them.
    stop = EarlyStopping(patience=2)
    before = deepcopy(vars(stop))
    settings = {**QUICK, "n_estimators": 3, "max_epochs": 6, "callbacks": [stop]}
    model = PaReClassifier(**settings).fit(X, Y)
    assert vars(stop) == before
    alone = PaReClassifier(**settings).set_params(callbacks=[EarlyStopping(patience=2)])
    np.testing.assert_array_equal(model.predict_proba(X), alone.fit(X, Y).predict_proba(X))


def test_each_member_has_a_schedule_of_its_own():
    class Falling:
        """A schedule that counts its calls."""

        def __init__(self):
            self.n = 0

        def __call__(self, progress):
            self.n += 1
            return 1 / self.n

    schedule = Falling()
    model = PaReClassifier(**QUICK, n_estimators=2, max_epochs=3, early_stopping=False)
    history = model.set_params(k_schedule=schedule).fit(X, Y).history_
    ks = [[row["k"] for row in history if row["member"] == member] for member in (0, 1)]
    assert ks[0] == ks[1]
    assert len(set(ks[0])) == 3
    assert schedule.n == 0


def test_a_named_callback_replaces_ours():
    watch, stop = Watch(), EarlyStopping(patience=1, threshold=1e9, threshold_mode="abs")
    constant = LRScheduler(torch.optim.lr_scheduler.ConstantLR, factor=1.0, event_name=None)
    given = [("lr_schedule", constant), ("early_stopping", stop), ("clip", None), watch]
    model = PaReClassifier(**SINGLE, lr=0.01, callbacks=given).fit(X, Y)
    assert set(watch.members[0]["rates"]) == {0.01}
    assert len(model.history_) == 2  # no score is ever as much better


def test_none_switches_ours_off():
    settings = {**SINGLE, "max_epochs": 40, "patience": 1, "lr": 0.03}
    stopped = PaReClassifier(**settings).fit(X, Y)
    off = PaReClassifier(**settings, callbacks=[("early_stopping", None)]).fit(X, Y)
    assert len(stopped.history_) < len(off.history_) == 40


def test_one_of_skorchs_is_replaced_too():
    lines = []
    log = PrintLog(keys_ignored="dur", sink=lines.append)
    PaReClassifier(**SINGLE, callbacks=[("print_log", log)]).fit(X, Y)
    assert len(lines) == 2 + 4
    assert "train_loss" in lines[0]
    assert "dur" not in lines[0]


def test_one_that_the_fit_does_not_have_is_added():
    SHARED.clear()
    parameters = {**SINGLE, "strategy": "finetune", "early_stopping": False}
    PaReClassifier(**parameters, callbacks=[("curriculum", Count())]).fit(X, Y)
    assert SHARED == [1, 2, 3, 4]


def test_the_names_are_those_of_a_net_and_stand_in_the_docstring():
    names = Names()
    settings = {**SINGLE, "max_epochs": 1, "k_schedule": "otdd", "scoring": "accuracy"}
    PaReClassifier(**settings, callbacks=[names]).fit(X, Y)
    assert {*names.found[0]} == {*CALLBACK_NAMES, "Names", "StopAtSign"}
    text = inspect.getdoc(PaReClassifier)
    assert all(f'``"{name}"``' in text for name in CALLBACK_NAMES)


@pytest.mark.parametrize(
    ("callbacks", "error", "match"),
    [
        ([("early_stoping", None)], TypeError, "early_stopping"),
        ([None], TypeError, "None"),
        ([(3, Count())], TypeError, "3"),
        ([("mine", Count()), ("mine", Count())], ValueError, "'mine'"),
        ([("clip", None), ("clip", Count())], ValueError, "'clip'"),
    ],
)
def test_what_is_no_callback_is_refused(callbacks, error, match):
    with pytest.raises(error, match=match):
        PaReClassifier(**SINGLE, callbacks=callbacks).fit(X, Y)


# In which fits a callback is among ours, and in which it is not.
FITS = [{"scoring": "accuracy", "source": "digits"}, {"strategy": "finetune"}]


@pytest.mark.parametrize("settings", FITS, ids=["with", "without"])
@pytest.mark.parametrize("name", CALLBACK_NAMES)
def test_each_of_ours_can_be_replaced(settings, name):
    class Mine(Callback):
        n_epochs = 0

        def on_epoch_end(self, net, **kwargs):
            Mine.n_epochs += 1

    names = Names()
    model = PaReClassifier(**{**SINGLE, **settings}, early_stopping=False)
    model.set_params(max_epochs=1, callbacks=[(name, Mine()), names]).fit(X, Y)
    assert isinstance(names.found[0][name], Mine)
    assert Mine.n_epochs == 1
    assert len(model.history_) == 1


@pytest.mark.parametrize("settings", FITS, ids=["with", "without"])
def test_each_of_ours_can_be_switched_off(settings):
    for name in CALLBACK_NAMES:
        names = Names()
        model = PaReClassifier(**{**SINGLE, **settings}, early_stopping=False)
        model.set_params(max_epochs=1, callbacks=[(name, None), names]).fit(X, Y)
        assert name not in names.found[0]
        assert len(model.history_) == 1


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_early_stopping_keeps_what_it_goes_by(scoring):
    name = "validation_score" if scoring else "valid_loss"
    model = PaReClassifier(**SINGLE, scoring=scoring, callbacks=[(name, None)])
    with pytest.raises(ValueError, match=f"switches off '{name}'"):
        model.fit(X, Y)
    model.set_params(callbacks__early_stopping=None).fit(X, Y)
    assert len(model.history_) == 4


@pytest.mark.parametrize("callback", [None, Count()])
@pytest.mark.parametrize("name", ["k_schedule", "mix_weighting"])
def test_the_curriculum_keeps_what_it_goes_by(callback, name):
    model = PaReClassifier(**SINGLE, **{name: "otdd"}, callbacks=[("difficulty", callback)])
    with pytest.raises(ValueError, match="replaces 'difficulty'"):
        model.fit(X, Y)
    assert len(model.set_params(callbacks__curriculum=None).fit(X, Y).history_) == 4


# By name, as parameters


def test_a_callback_is_a_parameter_by_its_name():
    given = [Count(), ("mine", EarlyStopping(patience=7))]
    model = PaReClassifier(callbacks=given)
    params = model.get_params()
    assert params["callbacks__mine"] is given[1][1]
    assert params["callbacks__mine__patience"] == 7
    assert not any("__" in name for name in model.get_params(deep=False))
    stop = EarlyStopping(patience=1)
    model.set_params(callbacks__mine=stop, callbacks__clip=None, callbacks__mine__patience=2)
    assert model.callbacks == [given[0], ("mine", stop), ("clip", None)]
    assert stop.patience == 2
    # The list is the user's, and stays as it is.
    assert given[1][1].patience == 7
    assert len(given) == 2
    assert model.set_params(callbacks__mine=None).callbacks == [given[0], ("clip", None)]
    assert model.get_params()["callbacks__clip"] is None


def test_set_params_switches_off_and_replaces():
    settings = {**SINGLE, "max_epochs": 6, "patience": 1, "lr": 0.03}
    watch = Watch()
    constant = LRScheduler(torch.optim.lr_scheduler.ConstantLR, factor=1.0, event_name=None)
    model = PaReClassifier(**settings).set_params(callbacks=[watch], lr=0.01)
    model.set_params(callbacks__lr_schedule=constant, callbacks__early_stopping=None).fit(X, Y)
    assert set(watch.members[0]["rates"]) == {0.01}
    assert len(model.history_) == 6


def test_clones_and_pipelines_keep_them():
    model = PaReClassifier().set_params(
        callbacks__mine=EarlyStopping(patience=7), callbacks__clip=None
    )
    copy = clone(model)
    assert copy.get_params()["callbacks__mine__patience"] == 7
    assert copy.callbacks[0][1] is not model.callbacks[0][1]
    assert copy.get_params()["callbacks__clip"] is None
    pipeline = Pipeline([("pare", model)]).set_params(pare__callbacks__mine__patience=3)
    assert clone(pipeline).get_params()["pare__callbacks__mine__patience"] == 3


def test_a_search_goes_over_them():
    model = PaReClassifier(**SINGLE, callbacks=[("mine", EarlyStopping(patience=9))])
    grid = [
        {"callbacks__early_stopping": [None, EarlyStopping(patience=1, threshold=1e9)]},
        {"callbacks__mine__patience": [1], "callbacks__mine__threshold": [1e9]},
    ]
    search = GridSearchCV(model, grid, cv=2, refit=False, error_score="raise", scoring=n_epochs)
    scores = search.fit(X, Y).cv_results_["mean_test_score"]
    assert scores.tolist() == [4, 2, 2]
    assert model.callbacks[0][1].patience == 9


def n_epochs(model, X, y):
    return len(model.history_)


@pytest.mark.parametrize(
    "changes",
    [
        {"callbacks__early_stoping": None},
        {"callbacks__mine__patience": 3},
        {"callbacks__clip__patience": 3},
    ],
)
def test_a_name_that_is_not_there_is_refused(changes):
    with pytest.raises(ValueError, match=r"no pair of the name .*early_stopping"):
        PaReClassifier(callbacks=[Count()]).set_params(**changes)
