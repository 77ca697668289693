"""Rows of the user's own to validate on: stopping and blend go by them, members by all of X."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_sample_weight
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"n_estimators": 2, "max_epochs": 3, "random_state": 0, "n_jobs": 1, "source": "digits"}
X, Y = make_classification(90, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
X_VAL, Y_VAL = X[60:], Y[60:]
X, Y = X[:60], Y[:60]


class Seen(Callback):
    """Keep the rows that members train on and validate on."""

    def __init__(self):
        self.pairs = []

    def __deepcopy__(self, memo):
        return self

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        if len(net.history) == 1:
            self.pairs.append((dataset_train, dataset_valid))


def proba_of_net(net, model, rows):
    outputs = net.forward(model._rows(rows).fill_blocks())[: len(rows)].double()
    return outputs.softmax(dim=1).numpy()


@pytest.mark.parametrize("n_estimators", [1, 3])
def test_members_train_on_all_of_x_and_validate_on_the_users_rows(n_estimators):
    seen = Seen()
    model = PaReClassifier(**{**QUICK, "n_estimators": n_estimators}, callbacks=[seen])
    model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    assert len(seen.pairs) == len(model.estimators_) == n_estimators
    for train, valid in seen.pairs:
        np.testing.assert_array_equal(train.y, Y)
        np.testing.assert_array_equal(valid.y, Y_VAL)
        rows = model._rows(X_VAL)
        assert all((valid.inputs[name] == rows.inputs[name]).all() for name in rows.inputs)
    first, last = (model.estimators_[i].module_.state_dict() for i in (0, -1))
    assert n_estimators == 1 or any((first[name] != last[name]).any() for name in first)


def test_the_score_of_the_best_epoch_is_that_of_the_users_rows():
    model = PaReClassifier(**{**QUICK, "max_epochs": 6}, lr=1e-2)
    model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    for member, net in enumerate(model.estimators_):
        scores = [r["validation_score"] for r in model.history_ if r["member"] == member]
        own = -log_loss(Y_VAL, proba_of_net(net, model, X_VAL))
        assert own == pytest.approx(max(scores), abs=1e-3)  # weights are rounded at the end


def test_scaling_does_not_see_the_users_rows():
    kept = [
        PaReClassifier(**QUICK).fit(X, Y, X_val=factor * X_VAL, y_val=Y_VAL).modality_.encoder_
        for factor in (1, 1000)
    ]
    first, second = (encoder.transform(X)[0] for encoder in kept)
    np.testing.assert_array_equal(first, second)


def test_the_blend_goes_by_the_users_rows():
    # Of labels turned round, no model tells anything: the blend makes little of all of them.
    honest = PaReClassifier(**QUICK).fit(X, Y, X_val=X, y_val=Y).blend_
    turned = PaReClassifier(**QUICK).fit(X, Y, X_val=X, y_val=(Y + 1) % 3).blend_
    assert turned.sum() < 0.1 < honest.sum()


def test_it_counts_when_a_member_trains_to_the_end():
    model = PaReClassifier(**{**QUICK, "n_estimators": 1}, early_stopping=False)
    model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    assert model.blend_.shape == (2,)
    assert all(row["validation_score"] is not None for row in model.history_)


def test_regression_and_labels_take_them():
    R, r = make_regression(80, 4, n_targets=2, random_state=0)
    regressor = PaReRegressor(**QUICK).fit(R[:60], r[:60], X_val=R[60:], y_val=r[60:])
    assert regressor.predict(R[60:]).shape == (20, 2)
    M, m = make_multilabel_classification(80, 4, n_classes=3, random_state=0)
    labels = PaReClassifier(**QUICK).fit(M[:60], m[:60], X_val=M[60:], y_val=m[60:])
    assert labels.predict(M[60:]).shape == (20, 3)


def test_class_weights_are_those_of_y():
    seen = Seen()
    model = PaReClassifier(**{**QUICK, "n_estimators": 1}, class_weight="balanced")
    rare = np.arange(60) % 4 == 0
    model.set_params(callbacks=[seen]).fit(X, rare, X_val=X_VAL, y_val=np.arange(30) % 2 == 0)
    (_, valid), *_ = seen.pairs
    of_true, of_false = (compute_sample_weight("balanced", rare)[i] for i in (0, 1))
    assert valid.weights[0] / valid.weights[1] == pytest.approx(of_true / of_false)
    assert valid.weights.mean() == pytest.approx(1)


def test_frames_go_by_their_columns():
    columns = ["a", "b", "c", "d", "e"]
    frame, other = (pd.DataFrame(part, columns=columns) for part in (X, X_VAL))
    names = np.array(["x", "y", "z"])
    frame["word"], other["word"] = names[Y], "never seen"
    PaReClassifier(**QUICK).fit(frame, names[Y], X_val=other, y_val=names[Y_VAL])
    with pytest.raises(ValueError, match=r"X_val and y_val.*feature names"):
        PaReClassifier(**QUICK).fit(frame, Y, X_val=other.rename(columns={"a": "q"}), y_val=Y_VAL)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"X_val": X_VAL}, "X_val comes without y_val"),
        ({"y_val": Y_VAL}, "y_val comes without X_val"),
        ({"X_val": X_VAL, "y_val": Y_VAL + 1}, r"classes that are not in the y of fit: 3"),
        ({"X_val": X_VAL, "y_val": Y_VAL.astype(str)}, r"not in the y of fit: '0', '1', '2'"),
        ({"X_val": X_VAL[:, :4], "y_val": Y_VAL}, r"X_val and y_val: X has 4 features"),
        ({"X_val": X_VAL[:9], "y_val": Y_VAL}, r"X_val and y_val.*inconsistent"),
        ({"X_val": X_VAL, "y_val": np.eye(3)[Y_VAL]}, r"X_val and y_val"),
        ({"X_val": X_VAL, "y_val": [None] * 30}, r"X_val and y_val.*NaN"),
    ],
)
def test_bad_rows_are_refused(given, match):
    model = PaReClassifier(**QUICK)
    with pytest.raises(ValueError, match=match):
        model.fit(X, Y, **given)
    assert not hasattr(model, "ensemble_")


def test_targets_of_another_shape_are_refused():
    R, r = make_regression(60, 4, n_targets=2, random_state=0)
    with pytest.raises(ValueError, match=r"X_val and y_val: y holds targets of shape \(3,\)"):
        PaReRegressor(**QUICK).fit(R, r, X_val=R, y_val=np.ones((60, 3)))


def test_unlabelled_rows_stay_in_x():
    hidden = np.where(np.arange(60) % 3 == 0, -1, Y)
    model = PaReClassifier(**QUICK, semi_supervised=True)
    assert model.fit(X, hidden, X_val=X_VAL, y_val=Y_VAL).predict(X_VAL).shape == (30,)
    with pytest.raises(ValueError, match=r"not in the y of fit: -1"):
        model.fit(X, hidden, X_val=X_VAL, y_val=np.where(Y_VAL == 0, -1, Y_VAL))


def test_processes_give_the_same():
    one, two = (
        PaReClassifier(**{**QUICK, "n_jobs": n}).fit(X, Y, X_val=X_VAL, y_val=Y_VAL) for n in (1, 2)
    )
    np.testing.assert_array_equal(one.predict_proba(X_VAL), two.predict_proba(X_VAL))


def test_a_warm_start_holds_them_out_again():
    model = PaReClassifier(**QUICK, warm_start=True).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    seen = Seen()
    model.set_params(callbacks=[seen]).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    assert all(len(train) == 60 for train, _ in seen.pairs)
    # Without them, nothing is left that no member has trained on.
    model.fit(X, Y)
    assert {row["validation_score"] for row in model.history_} == {None}


def test_a_folder_knows_them(tmp_path):
    model = PaReClassifier(**QUICK, checkpoint=tmp_path / "fit")
    model.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    again = PaReClassifier(**QUICK, checkpoint=tmp_path / "fit")
    again.fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    with pytest.raises(ValueError, match="another fit, which differs in y_val"):
        again.fit(X, Y, X_val=X_VAL, y_val=(Y_VAL + 1) % 3)
    with pytest.raises(ValueError, match="another fit, which differs in X_val; y_val"):
        again.fit(X, Y)


def test_many_rows_are_thinned_and_the_users_are_kept(monkeypatch):
    monkeypatch.setattr("pare_sklearn.ensemble.blend.BLEND_SAMPLES", 50)
    judged = []

    def spy(self, outputs, codes, weights):
        judged.append(codes)
        return np.ones(len(outputs))

    monkeypatch.setattr("pare_sklearn.data.targets.classes.Classes.blend", spy)
    PaReClassifier(**{**QUICK, "n_estimators": 1}).fit(X, Y, X_val=X_VAL[:20], y_val=Y_VAL[:20])
    np.testing.assert_array_equal(judged[0], Y_VAL[:20])


def test_a_pipeline_hands_them_on():
    with sklearn.config_context(enable_metadata_routing=True):
        model = PaReClassifier(**QUICK).set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("pare", model)]
        pipeline = Pipeline(steps, transform_input=["X_val"]).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    scaler = StandardScaler().fit(X)
    alone = PaReClassifier(**QUICK)
    alone.fit(scaler.transform(X), Y, X_val=scaler.transform(X_VAL), y_val=Y_VAL)
    expected = alone.predict_proba(scaler.transform(X_VAL))
    np.testing.assert_array_equal(pipeline.predict_proba(X_VAL), expected)
