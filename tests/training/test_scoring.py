"""`scoring`: a scorer of scikit-learn tells when to stop and which epoch is the best."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    hinge_loss,
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor

QUICK = {"max_epochs": 5, "lr": 1e-2, "random_state": 0, "n_jobs": 1, "source": "digits"}
# Trained weights are rounded to half precision after the last score.
ROUNDED = 1e-3
SINGLE = {**QUICK, "n_estimators": 1, "linear_probe": False}
X, CODES = make_classification(
    80, 5, n_informative=4, n_redundant=0, n_classes=3, class_sep=0.7, random_state=0
)
Y = np.array(["one", "three", "two"])[CODES]
R, TARGETS = make_regression(80, 4, n_targets=2, noise=20, random_state=0)
M, LABELS = make_multilabel_classification(80, 5, n_classes=2, random_state=0)
OUT = slice(60, 80)


def outputs_of(model, rows):
    net = model.net_
    return net.forward(model._rows(rows).fill_blocks())[: len(rows)].double()


def fit(model, X, y):
    return model.fit(X[:60], y[:60], X_val=X[OUT], y_val=y[OUT])


def best(model):
    return max(row["validation_score"] for row in model.history_)


def f1_of_one(y, labels):
    return f1_score(y, labels, average=None, labels=["one"])[0]


@pytest.mark.parametrize(
    ("scoring", "by_hand"),
    [
        ("accuracy", lambda y, p, labels: accuracy_score(y, labels)),
        ("neg_log_loss", lambda y, p, labels: -log_loss(y, p)),
        ("f1_macro", lambda y, p, labels: f1_score(y, labels, average="macro")),
        ("roc_auc_ovr", lambda y, p, labels: roc_auc_score(y, p, multi_class="ovr")),
        (make_scorer(f1_of_one), lambda y, p, labels: f1_of_one(y, labels)),
        (lambda model, X, y: np.mean(model.predict(X) == y), lambda y, p, ls: np.mean(ls == y)),
    ],
    ids=["accuracy", "neg_log_loss", "f1_macro", "roc_auc_ovr", "scorer", "function"],
)
def test_classes_are_scored_as_scikit_learn_does(scoring, by_hand):
    model = fit(PaReClassifier(**SINGLE, scoring=scoring), X, Y)
    proba = outputs_of(model, X[OUT]).softmax(dim=1).numpy()
    expected = by_hand(Y[OUT], proba, model.classes_[proba.argmax(axis=1)])
    assert best(model) == pytest.approx(expected, abs=ROUNDED)


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "hinge"])
def test_two_classes_are_scored_by_the_second(scoring):
    # scikit-learn's average precision knows no text.
    no, yes = (0, 1) if scoring == "average_precision" else ("no", "yes")
    binary = np.where(CODES == 1, yes, no)
    hinge = make_scorer(hinge_loss, greater_is_better=False, response_method="decision_function")
    given = hinge if scoring == "hinge" else scoring
    model = fit(PaReClassifier(**SINGLE, scoring=given), X, binary)
    logits = outputs_of(model, X[OUT]).numpy()
    log_odds, truth = logits[:, 1] - logits[:, 0], binary[OUT] == yes
    expected = {
        "roc_auc": roc_auc_score(truth, log_odds),
        "average_precision": average_precision_score(truth, log_odds),
        "hinge": -hinge_loss(truth, log_odds),
    }
    assert best(model) == pytest.approx(expected[scoring], abs=ROUNDED)


@pytest.mark.parametrize(
    ("scoring", "by_hand"),
    [
        ("roc_auc", lambda y, p: roc_auc_score(y, p)),
        ("f1_samples", lambda y, p: f1_score(y, p > 0.5, average="samples", zero_division=0)),
        ("accuracy", lambda y, p: accuracy_score(y, p > 0.5)),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_labels_are_scored(scoring, by_hand):
    model = fit(PaReClassifier(**SINGLE, scoring=scoring), M, LABELS)
    assert best(model) == pytest.approx(
        by_hand(LABELS[OUT], outputs_of(model, M[OUT]).sigmoid().numpy()), abs=1e-6
    )


@pytest.mark.parametrize(
    ("scoring", "by_hand"),
    [
        ("r2", r2_score),
        ("neg_mean_absolute_error", lambda y, p: -mean_absolute_error(y, p)),
        (lambda model, X, y: -abs(model.predict(X) - y).max(), lambda y, p: -abs(p - y).max()),
    ],
    ids=["r2", "neg_mean_absolute_error", "function"],
)
@pytest.mark.parametrize("n_targets", [1, 2])
def test_targets_are_scored_in_their_units(scoring, by_hand, n_targets):
    targets = TARGETS[:, 0] if n_targets == 1 else TARGETS
    model = fit(PaReRegressor(**SINGLE, scoring=scoring), R, targets)
    predicted = model.target_.decode(outputs_of(model, R[OUT]).numpy())
    assert predicted.shape == targets[OUT].shape
    assert best(model) == pytest.approx(by_hand(targets[OUT], predicted), rel=0.01)


def test_fields_and_maps_are_scored_by_point():
    rng = np.random.default_rng(0)
    fields = rng.normal(size=(24, 1, 16)).astype(np.float32)
    settings = {**SINGLE, "n_estimators": 1, "max_epochs": 2, "validation_fraction": 0.25}
    regressor = PaReRegressor(**settings, scoring="neg_mean_squared_error").fit(fields, 3 * fields)
    (out,) = regressor.ensemble_.held_out.by_member
    predicted = regressor.target_.decode(outputs_of(regressor, fields[out]).numpy())
    expected = -np.mean((predicted - 3 * fields[out]) ** 2)
    assert best(regressor) == pytest.approx(expected, rel=0.01)
    maps = (fields > 0).astype(int)
    for scoring in ("accuracy", "roc_auc"):
        classifier = PaReClassifier(**settings, scoring=scoring).fit(fields, maps)
        (out,) = classifier.ensemble_.held_out.by_member
        logits, truth = outputs_of(classifier, fields[out]).numpy().ravel(), maps[out].ravel()
        right = np.mean((logits > 0) == truth)
        expected = right if scoring == "accuracy" else roc_auc_score(truth, logits)
        assert best(classifier) == pytest.approx(expected, abs=1e-6)


class Given:
    """A scorer that gives the numbers of a list, one an epoch."""

    def __init__(self, scores):
        self.scores = scores
        self.n = 0

    def __call__(self, estimator, X, y):
        self.n += 1
        return self.scores[self.n - 1]


class States(Callback):
    """Keep the predictor's bias after each epoch."""

    def __init__(self):
        self.kept = []

    def __deepcopy__(self, memo):
        return self

    def on_epoch_end(self, net, **kwargs):
        self.kept.append(net.module_.predictor.linear.bias.detach().clone())


def test_it_decides_when_to_stop_and_which_epoch_is_kept():
    states = States()
    settings = {**SINGLE, "max_epochs": 9, "patience": 3, "callbacks": [states]}
    model = PaReClassifier(**settings, scoring=Given([0.1, 0.5, 0.2, 0.5, 0.4])).fit(X, Y)
    assert [row["validation_score"] for row in model.history_] == [0.1, 0.5, 0.2, 0.5, 0.4]
    assert torch.equal(model.net_.module_.predictor.linear.bias, states.kept[1].half().float())


def test_none_is_minus_the_loss_and_the_same_bits_as_its_score():
    settings = {**SINGLE, "label_smoothing": 0.0}
    loss, score = (PaReClassifier(**settings, scoring=s) for s in (None, "neg_log_loss"))
    loss, score = (fit(model, X, Y) for model in (loss, score))
    both = zip(loss.history_, score.history_, strict=True)
    for one, other in both:
        assert one["validation_score"] == pytest.approx(other["validation_score"], abs=1e-5)
    np.testing.assert_array_equal(loss.predict_proba(X), score.predict_proba(X))


def test_without_early_stopping_it_is_recorded_and_decides_nothing():
    settings = {**QUICK, "n_estimators": 2, "early_stopping": False, "linear_probe": False}
    plain, scored = (
        PaReClassifier(**settings, scoring=scoring).fit(X, Y) for scoring in (None, "accuracy")
    )
    np.testing.assert_array_equal(plain.predict_proba(X), scored.predict_proba(X))
    assert all(0 <= row["validation_score"] <= 1 for row in scored.history_)
    alone = PaReClassifier(**{**settings, "n_estimators": 1}, scoring="accuracy").fit(X, Y)
    assert {row["validation_score"] for row in alone.history_} == {None}


def test_members_in_processes_give_the_same():
    settings = {**QUICK, "n_estimators": 2, "max_epochs": 2}
    one, two = (
        PaReClassifier(**{**settings, "n_jobs": n}, scoring=lambda model, X, y: accuracy_score(
            y, model.predict(X)
        )).fit(X, Y)
        for n in (1, 2)
    )  # fmt: skip
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    scores = [[row["validation_score"] for row in model.history_] for model in (one, two)]
    assert scores[0] == scores[1]


def test_a_users_callback_sees_it():
    seen = []

    class Log(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(net.history[-1]["validation_score"])

    model = PaReClassifier(**SINGLE, scoring="accuracy", callbacks=[Log()]).fit(X, Y)
    assert seen == [row["validation_score"] for row in model.history_]


def test_a_folder_goes_on_with_it_and_knows_it(tmp_path):
    settings = {**SINGLE, "checkpoint": tmp_path / "fit"}
    model = PaReClassifier(**settings, scoring="accuracy").fit(X, Y)
    again = PaReClassifier(**settings, scoring="accuracy").fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    with pytest.raises(ValueError, match="differs in scoring"):
        PaReClassifier(**settings).fit(X, Y)


@pytest.mark.parametrize(
    ("scoring", "error", "match"),
    [
        ("acuracy", ValueError, "no scorer of scikit-learn.*Did you mean 'accuracy'"),
        ("?", ValueError, r"no scorer of scikit-learn; sklearn.metrics.get_scorer_names"),
        (accuracy_score, ValueError, "make_scorer"),
        (3, ValueError, "scoring"),
        ("r2", ValueError, r"scoring='r2' fails on the 16 samples that a member holds out"),
        (lambda model, X, y: float("nan"), ValueError, "gives nan for the 16 samples"),
        (lambda model, X, y: "good", ValueError, "fails on the 16 samples"),
    ],
    ids=["typo", "unknown", "metric", "number", "other task", "nan", "text"],
)
def test_what_is_no_score_is_refused(scoring, error, match):
    with pytest.raises(error, match=match):
        PaReClassifier(**SINGLE, scoring=scoring).fit(X, Y)
