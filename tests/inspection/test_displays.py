"""Displays draw what was recorded or measured, and gate scores are the gate's own."""

import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.inspection import CurriculumDisplay, OTDDCurveDisplay, otdd_curve

X, Y = make_classification(60, 5, random_state=0)
COLUMNS = {
    "k": (0, "k"),
    "target": (1, "target_loss"),
    "intermediate": (1, "intermediate_loss"),
    "source": (1, "source_loss"),
}


@pytest.fixture(autouse=True)
def strict():
    """Warnings are errors, and no figure outlives its test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def fit(estimator_class=PaReClassifier, **parameters):
    defaults = {"n_estimators": 1, "max_epochs": 4, "random_state": 0, "source": "digits"}
    return estimator_class(**{**defaults, **parameters}).fit(X, Y)


@pytest.fixture(scope="module")
def one():
    return fit(k_start=0.5, early_stopping=False)


@pytest.fixture(scope="module")
def several():
    """Members that stop early, and not all in the same epoch."""
    clf = fit(n_estimators=4, max_epochs=20, patience=1, lr=1e-2)
    lengths = pd.DataFrame(clf.history_).groupby("member").size()
    assert lengths.nunique() > 1
    return clf


def table(history, column):
    """Values of a column, epochs by members; NaN where there is none."""
    rows = pd.DataFrame(history)
    if column in ("intermediate_loss", "source_loss"):
        rows[column] = rows[column].where(rows["k"] > 0)
    return rows.pivot(index="epoch", columns="member", values=column)


def values(line):
    return np.ma.filled(np.ma.asarray(line.get_ydata(), dtype=float), np.nan)


def mean_line(display, name):
    panel, _ = COLUMNS[name]
    (line,) = (line for line in display.axes_[panel].lines if line.get_label() == name)
    return line


@pytest.mark.parametrize("fitted", ["one", "several"])
@pytest.mark.parametrize("name", COLUMNS)
def test_display_draws_mean_and_members(request, fitted, name):
    clf = request.getfixturevalue(fitted)
    display = CurriculumDisplay.from_estimator(clf)
    panel, column = COLUMNS[name]
    expected = table(clf.history_, column)

    mean = mean_line(display, name)
    assert mean.get_xdata().tolist() == expected.index.tolist()
    np.testing.assert_allclose(values(mean), expected.mean(axis=1))

    members = [
        line
        for line in display.axes_[panel].lines
        if line is not mean and line.get_color() == mean.get_color()
    ]
    # A single member is the mean, and needs no line of its own.
    columns = list(expected) if len(expected.columns) > 1 else []
    for line, member in zip(members, columns, strict=True):
        assert line.get_xdata().tolist() == expected.index.tolist()
        np.testing.assert_array_equal(values(line), expected[member])


def test_k_falls_as_scheduled(one):
    display = CurriculumDisplay.from_estimator(one)
    # 5 features of 4 patches; from a half to none in 4 epochs.
    assert one.n_patches_ == 20
    assert values(mean_line(display, "k")).tolist() == [10, 7, 3, 0]


def test_no_intermediate_loss_is_drawn_at_k_zero():
    display = CurriculumDisplay.from_estimator(fit(k_start=0.0))
    drawn = {name: np.isfinite(values(mean_line(display, name))).any() for name in COLUMNS}
    assert drawn == {
        "k": True,
        "target": True,
        "intermediate": False,
        "source": False,
    }


def test_display_labels_its_axes(one):
    display = CurriculumDisplay.from_estimator(one)
    display.figure_.canvas.draw()
    assert [ax.get_ylabel() for ax in display.axes_] == [
        "k, replaced patches",
        "loss",
    ]
    assert display.axes_[-1].get_xlabel() == "epoch"
    legend = [text.get_text() for text in display.axes_[-1].get_legend().get_texts()]
    assert legend == ["target", "intermediate", "source", "source by chance"]
    for ticks in (display.axes_[-1].get_xticks(), display.axes_[0].get_yticks()):
        np.testing.assert_array_equal(ticks, ticks.round())


def test_display_shows_zero_where_the_curriculum_stops_above_it(several):
    display = CurriculumDisplay.from_estimator(several)
    for ax in display.axes_[:2]:
        assert ax.get_ylim()[0] <= 0


def test_chance_is_a_line_in_the_panel_of_the_losses(one):
    X_s, y_s = X[:, None], np.arange(len(X)) % 3
    display = CurriculumDisplay.from_estimator(fit(source=(X_s, y_s)))
    for drawn, n_classes in ((display, 3), (CurriculumDisplay.from_estimator(one), 10)):
        (line,) = (line for line in drawn.axes_[1].lines if line.get_label() == "source by chance")
        np.testing.assert_allclose(line.get_ydata(), np.log(n_classes))
    drawn = CurriculumDisplay(one.history_).plot()
    assert "source by chance" not in [line.get_label() for line in drawn.axes_[1].lines]


def test_validation_scores_are_drawn_with_the_epoch_that_each_member_kept(several):
    display = CurriculumDisplay.from_estimator(several)
    assert display.axes_[2].get_ylabel() == "validation score"
    lines = {line.get_label(): line for line in display.axes_[2].lines}
    scores = table(several.history_, "validation_score").astype(float)
    np.testing.assert_allclose(values(lines["mean"]), scores.mean(axis=1))
    assert lines["kept"].get_xdata().tolist() == scores.idxmax().tolist()
    np.testing.assert_allclose(lines["kept"].get_ydata(), scores.max())


def test_display_of_a_regressor(tmp_path):
    reg = fit(PaReRegressor)
    path = tmp_path / "curriculum.png"
    display = CurriculumDisplay.from_estimator(reg)
    display.figure_.savefig(path)
    np.testing.assert_allclose(
        values(mean_line(display, "target")), [row["target_loss"] for row in reg.history_]
    )
    assert path.read_bytes().startswith(b"\x89PNG")


def test_display_on_axes_of_ones_own(one):
    figure, axes = plt.subplots(1, 2)
    axes[1].set_yscale("log")
    display = CurriculumDisplay.from_estimator(one, axes=axes)
    figure.canvas.draw()
    assert display.figure_ is figure
    assert axes[1].get_yscale() == "log"
    assert display.axes_.tolist() == axes.tolist()
    assert all(ax.lines for ax in axes)
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize(("fitted", "needed"), [("one", 2), ("several", 3)])
@pytest.mark.parametrize("n_axes", [1, 4])
def test_display_needs_as_many_axes_as_panels(request, fitted, needed, n_axes):
    _, axes = plt.subplots(1, n_axes)
    with pytest.raises(ValueError, match=f"needs {needed} axes, for .*; got {n_axes}"):
        CurriculumDisplay.from_estimator(request.getfixturevalue(fitted), axes=axes)


def test_display_shows_consistency_beside_unlabelled_rows():
    unlabelled = np.where(np.arange(len(Y)) % 2, -1, Y)
    clf = PaReClassifier(
        n_estimators=1, max_epochs=4, semi_supervised=True, source="digits", random_state=0
    ).fit(X, unlabelled)
    display = CurriculumDisplay.from_estimator(clf)
    (line,) = [line for line in display.axes_[1].lines if line.get_label() == "consistency"]
    losses = [row["consistency_loss"] for row in clf.history_ if row["k"] > 0]
    assert min(losses) > 0
    np.testing.assert_allclose(values(line)[: len(losses)], losses)


def test_difficulty_display_draws_the_curve(several):
    measured = {"k": [0, 5, 10, 16], "random_state": 0}
    display = OTDDCurveDisplay.from_estimator(several, X, Y, **measured)
    curve = otdd_curve(several, X, Y, **measured)
    lines = {line.get_label(): line.get_xydata().T for line in display.ax_.lines}
    np.testing.assert_allclose(lines["to the source"], [curve.k, curve.to_source])
    np.testing.assert_allclose(lines["to the target"], [curve.k, curve.to_target])
    bands = [band.get_paths()[0].vertices for band in display.ax_.collections]
    for band, mean, std in zip(bands, curve[1:3], curve[3:], strict=True):
        assert band[:, 1].max() == pytest.approx((mean + std).max())
        assert band[:, 1].min() == pytest.approx((mean - std).min())
    assert display.ax_.get_xlabel() == "k, replaced patches"
    assert display.ax_.get_ylabel() == "OTDD of the intermediate modality"
    display.figure_.canvas.draw()


def test_difficulty_display_on_axes_of_ones_own(one):
    figure, ax = plt.subplots()
    display = OTDDCurveDisplay.from_estimator(one, X, Y, k=[0, 1], random_state=0, ax=ax)
    assert (display.ax_, display.figure_) == (ax, figure)
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("strategy", ["finetune", "scratch", "orca"])
def test_without_replacement_there_is_neither_curriculum_nor_gate(strategy):
    clf = fit(strategy=strategy)
    with pytest.raises(ValueError, match=f"no curriculum.*with strategy='{strategy}'"):
        CurriculumDisplay.from_estimator(clf)
    with pytest.raises(ValueError, match=f"no intermediate modality.*with strategy='{strategy}'"):
        OTDDCurveDisplay.from_estimator(clf, X, Y)
    with pytest.raises(ValueError, match="no learned gate"):
        clf.gate_scores(X)


def test_a_random_gate_scores_nothing():
    clf = fit(gate="random")
    assert CurriculumDisplay.from_estimator(clf).axes_.shape == (3,)
    with pytest.raises(ValueError, match="gate='random'"):
        clf.gate_scores(X)


@pytest.mark.parametrize(
    "inspect",
    [
        CurriculumDisplay.from_estimator,
        lambda clf: OTDDCurveDisplay.from_estimator(clf, X, Y),
        lambda clf: clf.gate_scores(X),
    ],
)
def test_unfitted_estimators_are_refused(inspect):
    with pytest.raises(NotFittedError):
        inspect(PaReClassifier())


def test_without_matplotlib_the_error_names_the_extra(one, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'pare-sklearn\[plot\]'"):
        CurriculumDisplay.from_estimator(one)
    with pytest.raises(ImportError, match=r"pip install 'pare-sklearn\[plot\]'"):
        OTDDCurveDisplay.from_estimator(one, X, Y, k=[0], random_state=0)


@pytest.mark.parametrize("fitted", ["one", "several"])
def test_gate_scores_are_those_of_the_gates_averaged(request, fitted):
    clf = request.getfixturevalue(fitted)
    # More rows than one batch holds.
    X_new = np.random.default_rng(0).normal(size=(3500, 5))
    numbers, categories = map(torch.from_numpy, clf.modality_.encoder_.transform(X_new))
    expected = []
    for net in clf.estimators_:
        module = net.module_.eval()
        with torch.no_grad():
            tokens = module.embedder(numbers=numbers, categories=categories)
            logits = tokens @ module.gate.linear.weight[0] + module.gate.linear.bias
        expected.append(1 / (1 + np.exp(-logits.numpy())))

    scores = clf.gate_scores(X_new)
    assert scores.shape == (3500, clf.n_patches_)
    assert ((scores > 0) & (scores < 1)).all()
    assert scores.std(axis=0).min() > 0
    np.testing.assert_allclose(scores, np.mean(expected, axis=0), rtol=1e-4)


def test_a_feature_has_its_own_patches_in_gate_scores():
    X_mixed = pd.DataFrame(X, columns=list("abcde"))
    X_mixed["b"] = pd.Categorical(np.where(X[:, 1] > 0, "up", "down"))
    clf = PaReClassifier(n_estimators=1, max_epochs=2, source="digits", random_state=0)
    clf.fit(X_mixed, Y)
    before = clf.gate_scores(X_mixed)
    per_feature = clf.n_patches_ // clf.n_features_in_
    for j, name in enumerate(X_mixed):
        swapped = X_mixed.assign(**{name: X_mixed[name].to_numpy()[::-1]})
        changed = (clf.gate_scores(swapped) != before).any(axis=0)
        expected = np.repeat(np.arange(5) == j, per_feature)
        assert changed.tolist() == expected.tolist()


def test_gate_scores_of_a_row_do_not_depend_on_the_rows_beside_it(several):
    scores = several.gate_scores(X)
    for n in (1, 7, 33):
        np.testing.assert_array_equal(several.gate_scores(X[:n]), scores[:n])


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "digits"},
        {"source": "nowhere"},
        {"strategy": "finetune"},
        {"gate": "random", "k_start": 0.0},
        {"backbone": "spine", "n_estimators": 7, "max_epochs": 1},
        {"patch_size": 0.5, "random_state": None},
    ],
    ids=str,
)
def test_the_fitted_estimator_is_inspected_whatever_is_set_after(changes):
    model = fit(k_start=0.5)
    curve, scores = otdd_curve(model, X, Y, random_state=0), model.gate_scores(X)
    history, proba = model.history_, model.predict_proba(X)
    model.set_params(**changes)
    for before, after in zip(curve, otdd_curve(model, X, Y, random_state=0), strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(model.gate_scores(X), scores)
    np.testing.assert_array_equal(model.predict_proba(X), proba)
    drawn = CurriculumDisplay.from_estimator(model)
    assert model.history_ is history
    assert len(drawn.axes_) == 3
