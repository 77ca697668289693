"""Losses of the parts of an ensemble, as they were held out."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.inspection import AblationDisplay

X, Y = make_classification(60, 5, random_state=0)
FAST = {"max_epochs": 3, "random_state": 0, "n_jobs": 1, "source": "digits"}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_the_loss_of_the_nets_is_their_best_validation_score():
    clf = PaReClassifier(n_estimators=1, label_smoothing=0.0, **FAST).fit(X, Y)
    losses = AblationDisplay.from_estimator(clf).losses
    assert list(losses) == ["nets", "linear probes", "blend"]
    best = max(row["validation_score"] for row in clf.history_)
    assert losses["nets"] == pytest.approx(-best, rel=1e-3)
    # It is chosen for targets that are less sure than those of the losses.
    assert losses["blend"] <= min(losses["nets"], losses["linear probes"]) + 0.02


def test_without_probes_there_are_nets_and_their_calibration():
    clf = PaReClassifier(n_estimators=2, linear_probe=False, **FAST).fit(X, Y)
    assert list(clf.ensemble_.losses) == ["nets", "blend"]
    assert clf.ensemble_.losses["blend"] <= clf.ensemble_.losses["nets"] + 1e-3


def test_a_bar_a_part():
    reg = PaReRegressor(n_estimators=2, **FAST).fit(X, X[:, 0])
    figure, ax = plt.subplots()
    display = AblationDisplay.from_estimator(reg, ax=ax)
    figure.canvas.draw()
    assert (display.figure_, display.ax_) == (figure, ax)
    np.testing.assert_allclose(
        [bar.get_width() for bar in ax.patches], [*reg.ensemble_.losses.values()]
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == [*reg.ensemble_.losses]
    assert ax.get_xlabel() == "mean squared error, standardised, of held-out samples"


def test_where_nothing_was_held_out_there_is_nothing_to_tell():
    clf = PaReClassifier(n_estimators=1, early_stopping=False, **FAST).fit(X, Y)
    with pytest.raises(ValueError, match="held out no samples"):
        AblationDisplay.from_estimator(clf)
    with pytest.raises(NotFittedError):
        AblationDisplay.from_estimator(PaReClassifier())
