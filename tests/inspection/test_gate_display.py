"""Gate scores drawn: bars of columns, a strip behind a signal, a map over a picture."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from pare_sklearn import PaReClassifier
from pare_sklearn.inspection import GateDisplay, gate_scores_by_feature

Y = np.arange(30) % 2
RNG = np.random.RandomState(0)
FAST = {"n_estimators": 1, "max_epochs": 2, "random_state": 0, "n_jobs": 1, "source": "digits"}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def fit(X, **parameters):
    return PaReClassifier(**FAST | parameters).fit(X, Y)


def test_scores_by_feature_are_means_over_its_patches():
    X, _ = make_classification(30, 5, random_state=0)
    clf = fit(X)
    scores = clf.gate_scores(X)
    expected = np.stack([scores[:, 4 * j : 4 * j + 4].mean(axis=1) for j in range(5)], axis=1)
    np.testing.assert_allclose(gate_scores_by_feature(clf, X), expected)


def test_bars_are_the_means_by_name_in_order():
    X = pd.DataFrame(RNG.randn(30, 4), columns=["width", "height", "depth", "weight"])
    clf = fit(X)
    display = GateDisplay.from_estimator(clf, X)
    display.figure_.canvas.draw()
    scores = pd.DataFrame(gate_scores_by_feature(clf, X), columns=X.columns)
    means = scores.mean().sort_values(ascending=False)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list(means.index)
    np.testing.assert_allclose([bar.get_width() for bar in display.ax_.patches], means)
    (whiskers,) = display.ax_.collections
    lengths = [np.ptp(segment[:, 0]) for segment in whiskers.get_segments()]
    np.testing.assert_allclose(lengths, 2 * scores.std(ddof=0)[means.index])


def test_of_many_columns_the_first_thirty():
    X = RNG.randn(30, 33)
    clf = fit(X)
    display = GateDisplay.from_estimator(clf, X)
    assert len(display.ax_.patches) == 30
    assert display.ax_.get_ylabel() == "the first 30 of 33 columns"
    best = gate_scores_by_feature(clf, X).mean(axis=0).argmax()
    assert display.ax_.get_yticklabels()[0].get_text() == f"x{best}"


def test_a_strip_behind_the_signal():
    X = RNG.randn(30, 2, 70)
    clf = fit(X)
    display = GateDisplay.from_estimator(clf, X, sample=3)
    display.figure_.canvas.draw()
    (strip,) = display.ax_.collections
    np.testing.assert_allclose(strip.get_array().ravel(), clf.gate_scores(X)[3], rtol=1e-5)
    lines = np.array([line.get_ydata() for line in display.ax_.lines])
    scaled = (X[3] - X.mean(axis=(0, 2))[:, None]) / X.std(axis=(0, 2))[:, None]
    np.testing.assert_allclose(lines, scaled, rtol=1e-3, atol=1e-4)
    assert display.ax_.get_xlim() == (-0.5, 69.5)


def test_a_map_over_the_picture():
    X = RNG.randn(30, 3, 12, 10)
    clf = fit(X, patch_size=4)
    assert clf.n_patches_ == 9
    figure, ax = plt.subplots()
    display = GateDisplay.from_estimator(clf, X, sample=29, ax=ax)
    figure.canvas.draw()
    assert (display.figure_, display.ax_) == (figure, ax)
    picture, overlay = (image.get_array() for image in ax.images)
    assert picture.shape == overlay.shape == (12, 10)
    scores = clf.gate_scores(X)[29].reshape(3, 3)
    # The last patches stand over.
    expected = [[scores[row // 4, column // 4] for column in range(10)] for row in range(12)]
    np.testing.assert_allclose(overlay, expected, rtol=1e-5)


def test_lists_of_sequences_of_several_lengths():
    X = [RNG.randn(1, 40 + number % 3) for number in range(30)]
    clf = fit(X)
    display = GateDisplay.from_estimator(clf, X, sample=1)
    assert np.isfinite(display.ax_.lines[0].get_ydata()[:41]).all()


def test_what_cannot_be_drawn():
    X = RNG.randn(30, 1, 40)
    clf = fit(X)
    for sample in (-1, 30):
        with pytest.raises(ValueError, match=f"sample={sample}, but X has 30; give one from 0 to"):
            GateDisplay.from_estimator(clf, X, sample=sample)
    with pytest.raises(ValueError, match="Only tables have features"):
        gate_scores_by_feature(clf, X)
    with pytest.raises(ValueError, match="no learned gate"):
        GateDisplay.from_estimator(fit(X, strategy="finetune"), X)
    with pytest.raises(NotFittedError):
        GateDisplay.from_estimator(PaReClassifier(), X)
