"""Groups: none is split between what a member trains on and what it holds out."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.folds import continue_folds, note_held_out
from pare_sklearn.data.groups import deal_group_folds, hold_out_groups, number_groups
from pare_sklearn.ensemble import blend

QUICK = {"n_estimators": 3, "max_epochs": 2, "random_state": 0, "n_jobs": 1, "source": "digits"}
X, Y = make_classification(60, 5, random_state=0)
GROUPS = np.repeat(np.arange(12), 5)


def held_out(model):
    return model.ensemble_.held_out.by_member


def assert_whole(model, groups, n_members):
    by_member = held_out(model)
    assert len(by_member) == n_members
    for rows in by_member:
        assert rows.any()
        assert {*groups[rows]}.isdisjoint(groups[~rows])


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
@pytest.mark.parametrize("n_estimators", [1, 3])
def test_no_member_and_no_probe_splits_a_group(monkeypatch, estimator_class, n_estimators):
    folds_of_probe = []
    fit_probe = blend.fit_probe

    def spy(features, targets, weights, folds, *args):
        folds_of_probe.extend(folds)
        return fit_probe(features, targets, weights, folds, *args)

    monkeypatch.setattr(blend, "fit_probe", spy)
    groups = np.random.default_rng(0).permutation(GROUPS)
    model = estimator_class(**{**QUICK, "n_estimators": n_estimators}).fit(X, Y, groups=groups)
    assert_whole(model, groups, n_estimators)
    # Probes of columns look more than once, at the same folds.
    assert len(folds_of_probe) % n_estimators == 0
    assert len({fold.valid.tobytes() for fold in folds_of_probe}) == n_estimators
    for train, valid in folds_of_probe:
        assert len(valid)
        assert {*groups[train]}.isdisjoint(groups[valid])
    if n_estimators > 1:
        assert held_out(model).sum(axis=0).tolist() == [1] * 60


def copies(n_groups=30, n_copies=4):
    """Copies of a row, with a label that nothing tells but the copies."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(n_groups), n_copies)
    rows = rng.normal(size=(n_groups, 6))[groups]
    return rows, rng.permutation(np.arange(n_groups) % 2)[groups], groups


def test_copies_of_a_row_are_told_of_as_chance_and_without_groups_as_knowledge():
    rows, labels, groups = copies()
    # Nets that learn each row by heart.
    settings_ = {
        **QUICK, "max_epochs": 30, "lr": 1e-2, "label_smoothing": 0.0,
        "dropout": 0.0, "strategy": "finetune", "linear_probe": False,
    }  # fmt: skip
    order = np.random.default_rng(1).permutation(len(rows))
    rows, labels, groups = rows[order], labels[order], groups[order]
    scores = {}
    for name, given_groups in (("with", groups), ("without", None)):
        model = PaReClassifier(**settings_).fit(rows, labels, groups=given_groups)
        right = [
            predicted(net, model, rows[out]) == labels[out]
            for net, out in zip(model.estimators_, held_out(model), strict=True)
        ]
        scores[name] = np.concatenate(right).mean(), best_score(model)
    assert 0.3 < scores["with"][0] < 0.7
    assert scores["without"][0] > 0.9
    # Minus the log loss of chance is -0.69; the best of 30 epochs is above it by chance.
    assert scores["with"][1] < -0.5
    assert scores["without"][1] > -0.4


def predicted(net, model, rows):
    outputs = net.forward(model._rows(rows).fill_blocks())[: len(rows)]
    return outputs.argmax(dim=1).numpy()


def best_score(model):
    members = {row["member"] for row in model.history_}
    best = [
        max(row["validation_score"] for row in model.history_ if row["member"] == member)
        for member in members
    ]
    return np.mean(best)


@pytest.mark.parametrize(
    "groups",
    [
        [f"patient {number}" for number in GROUPS],
        [(number, "a") for number in GROUPS],
        pd.Series(GROUPS).astype("category"),
        pd.Series(pd.Timestamp("2020") + pd.to_timedelta(GROUPS, "D")),
        [number if number % 2 else str(number) for number in GROUPS.tolist()],
    ],
    ids=["text", "tuples", "categories", "dates", "mixed"],
)
def test_groups_are_anything_that_can_be_hashed(groups):
    np.testing.assert_array_equal(number_groups(groups, 60), GROUPS)


@pytest.mark.parametrize(
    ("groups", "match"),
    [
        (GROUPS[:9], "X has 60 samples and groups 9"),
        (np.stack([GROUPS, GROUPS], axis=1), r"shape \(60, 2\)"),
        (np.where(GROUPS == 1, np.nan, GROUPS), "NaN or None"),
        ([None, *GROUPS[1:]], "NaN or None"),
        (pd.Series(pd.Timestamp("2020"), index=range(60)).where(GROUPS > 0), "NaN or None"),
        ([[number] for number in GROUPS.tolist()], r"\[0\], which cannot be hashed"),
        (7, "one value a sample"),
        ([0, 1] * 30, "2 groups, fewer than the n_estimators=3 folds"),
    ],
    ids=["few", "columns", "nan", "none", "no date", "lists", "number", "few groups"],
)
def test_bad_groups_are_refused(groups, match):
    with pytest.raises(ValueError, match=match):
        PaReClassifier(**QUICK).fit(X, Y, groups=groups)


def test_there_are_as_many_members_as_groups_where_the_user_leaves_it_open():
    model = PaReClassifier(**{**QUICK, "n_estimators": "auto"})
    halves = np.arange(60) % 2
    assert model.fit(X, Y, groups=halves).budget_.n_estimators == 2
    assert_whole(model, halves, 2)
    with pytest.raises(ValueError, match=r"a single group.*X_val"):
        model.fit(X, Y, groups=np.zeros(60))
    whole = PaReClassifier(**{**QUICK, "n_estimators": 1}, early_stopping=False)
    assert len(whole.fit(X, Y, groups=np.zeros(60)).estimators_) == 1


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 20), min_size=2, max_size=12),
    n_folds=st.integers(2, 6),
    kind=st.sampled_from(["classes", "rare", "targets"]),
    seed=st.integers(0, 100),
)
def test_folds_hold_out_each_group_once_and_none_is_empty(sizes, n_folds, kind, seed):
    rng = np.random.RandomState(seed)
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    n = len(groups)
    kinds = {"classes": groups % 2, "rare": np.arange(n), "targets": rng.normal(size=n)}
    strata, n_folds = kinds[kind], min(n_folds, len(sizes))
    folds = deal_group_folds(groups, strata, n_folds, rng)
    np.testing.assert_array_equal(np.sort(np.concatenate([f.valid for f in folds])), np.arange(n))
    for train, valid in [*folds, hold_out_groups(groups, strata, 0.3, rng)]:
        assert len(train)
        assert len(valid)
        np.testing.assert_array_equal(np.sort([*train, *valid]), np.arange(n))
        assert {*groups[train]}.isdisjoint(groups[valid])


def test_classes_are_spread_over_the_folds():
    groups = np.repeat(np.arange(30), 4)
    classes = np.repeat(np.arange(30) % 3, 4)
    rng = np.random.RandomState(0)
    for _, valid in deal_group_folds(groups, classes, 5, rng):
        np.testing.assert_array_equal(np.bincount(classes[valid]), [8, 8, 8])
    (_, valid) = hold_out_groups(groups, classes, 0.2, rng)
    assert np.ptp(np.bincount(classes[valid], minlength=3)) <= 8


def test_a_share_of_the_rows_is_held_out_though_groups_are_unequal():
    groups = np.repeat(np.arange(20), [100, *[10] * 19])
    _, valid = hold_out_groups(groups, np.zeros(290), 0.2, np.random.RandomState(0))
    assert len(valid) == pytest.approx(0.2 * 290, abs=20)


def test_unlabelled_rows_of_a_held_out_group_do_not_train():
    found = []

    class Seen(Callback):
        def on_train_begin(self, net, X=None, **kwargs):
            found.append((X, net.unlabelled))

    # A column says which group a row is of.
    table = np.column_stack([X, GROUPS])
    hidden = np.where(np.arange(60) % 5 == 0, -1, Y)
    model = PaReClassifier(**QUICK, semi_supervised=True, callbacks=[Seen()])
    model.fit(table, hidden, groups=GROUPS)
    assert len(found) == 3
    for train, unlabelled in found:
        of_train, of_unlabelled = (
            {*rows.inputs["numbers"][:, -1].tolist()} for rows in (train, unlabelled)
        )
        assert of_train == of_unlabelled
        assert 0 < len(of_train) < 12
    # Where the only unlabelled group is held out, nothing is left.
    alone = np.where(GROUPS == 0, -1, Y)
    PaReClassifier(**QUICK, semi_supervised=True).fit(table, alone, groups=GROUPS)


def test_rows_without_weight_keep_the_groups_of_the_others():
    weights = np.ones(60)
    weights[:7] = 0
    seen = PaReClassifier(**QUICK).fit(X, Y, sample_weight=weights, groups=GROUPS)
    assert_whole(seen, GROUPS[7:], 3)
    alone = PaReClassifier(**QUICK).fit(X[7:], Y[7:], groups=GROUPS[7:])
    np.testing.assert_array_equal(held_out(seen), held_out(alone))


def test_with_rows_to_validate_on_nothing_is_split():
    models = [
        PaReClassifier(**QUICK).fit(X, Y, X_val=X[:9], y_val=Y[:9], groups=groups)
        for groups in (None, GROUPS)
    ]
    first, second = (model.predict_proba(X) for model in models)
    np.testing.assert_array_equal(first, second)


def test_groups_are_drawn_by_the_random_state():
    one, two, other = (
        PaReClassifier(**{**QUICK, "random_state": seed}).fit(X, Y, groups=GROUPS)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert (held_out(one) != held_out(other)).any()


def test_a_warm_start_keeps_groups_whole():
    model = PaReClassifier(**QUICK, warm_start=True).fit(X[:40], Y[:40], groups=GROUPS[:40])
    before = held_out(model)
    # Half of the rows that are new belong to groups that are not.
    groups = np.concatenate([GROUPS[:40], np.arange(20) % 12])
    model.fit(X, Y, groups=groups)
    assert_whole(model, groups, 3)
    np.testing.assert_array_equal(held_out(model)[:, :40], before)


def test_what_was_trained_on_is_not_held_out_where_groups_join_it():
    rng = np.random.RandomState(0)
    keys = np.arange(60)
    first = deal_group_folds(GROUPS, rng.normal(size=60), 3, rng)
    coarse = GROUPS // 2
    dealt = deal_group_folds(coarse, rng.normal(size=60), 3, rng)
    for before, fold in zip(
        first, continue_folds(dealt, keys, note_held_out(keys, first), coarse), strict=True
    ):
        assert {*fold.valid} <= {*before.valid}
        assert {*coarse[fold.valid]}.isdisjoint(coarse[fold.train])


def test_a_folder_knows_the_groups(tmp_path):
    model = PaReClassifier(**QUICK, checkpoint=tmp_path / "fit").fit(X, Y, groups=GROUPS)
    again = PaReClassifier(**QUICK, checkpoint=tmp_path / "fit")
    # Names do not matter, only what belongs together.
    again.fit(X, Y, groups=[f"group {number}" for number in GROUPS])
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    for groups in (None, GROUPS // 2):
        with pytest.raises(ValueError, match="another fit, which differs in groups"):
            again.fit(X, Y, groups=groups)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def dealt(monkeypatch):
    """The groups that fits split by."""
    found = []

    def spy(groups, *args):
        found.append(groups)
        return deal_group_folds(groups, *args)

    monkeypatch.setattr("pare_sklearn.data.prepared.deal_group_folds", spy)
    return found


@pytest.mark.usefixtures("routing")
def test_groups_go_through_a_pipeline(dealt):
    model = PaReClassifier(**QUICK, n_features_to_select=None).set_fit_request(groups=True)
    make_pipeline(StandardScaler(), model).fit(X, Y, groups=GROUPS)
    np.testing.assert_array_equal(dealt, [GROUPS])


@pytest.mark.usefixtures("routing")
def test_groups_go_through_cross_validation(dealt):
    model = PaReClassifier(**QUICK, n_features_to_select=None).set_fit_request(groups=True)
    pipeline = make_pipeline(StandardScaler(), model)
    cross_validate(pipeline, X, Y, params={"groups": GROUPS}, cv=GroupKFold(2), error_score="raise")
    assert [len(np.unique(groups)) for groups in dealt] == [6, 6]


@pytest.mark.usefixtures("routing")
def test_groups_go_through_a_search(dealt):
    model = PaReClassifier(**QUICK, n_features_to_select=None).set_fit_request(groups=True)
    grid = {"k_start": [0.25, 1.0]}
    search = GridSearchCV(model, grid, cv=GroupKFold(2), error_score="raise")
    search.fit(X, Y, groups=GROUPS)
    assert [len(np.unique(groups)) for groups in dealt] == [6] * 4 + [12]
    assert_whole(search.best_estimator_, GROUPS, 3)


@pytest.mark.usefixtures("routing")
def test_groups_that_are_not_asked_for_do_not_come(dealt):
    model = PaReClassifier(**QUICK).set_fit_request(groups=False)
    make_pipeline(StandardScaler(), model).fit(X, Y)
    assert dealt == []


def test_regression_on_groups():
    R, r = make_regression(60, 4, n_targets=2, random_state=0)
    assert_whole(PaReRegressor(**QUICK).fit(R, r, groups=GROUPS), GROUPS, 3)
