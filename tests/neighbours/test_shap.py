"""SHAP's explainers that ask for predictions alone."""

import numpy as np
import pytest
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier

shap = pytest.importorskip("shap")

# The class goes by the first column; four others tell nothing.
X, Y = make_classification(
    160, 5, n_informative=1, n_redundant=0, n_clusters_per_class=1, shuffle=False, random_state=0
)


@pytest.fixture(scope="module")
def clf():
    return PaReClassifier(n_estimators=1, max_epochs=10, random_state=0).fit(X, Y)


def explain(name, predict, background, samples):
    """Values (n_samples, n_features, 2) and what they add up from (2,)."""
    if name == "kernel":
        explainer = shap.KernelExplainer(predict, background)
        return explainer.shap_values(samples, silent=True), explainer.expected_value
    found = shap.PermutationExplainer(predict, background, seed=0)(samples, max_evals=11)
    return found.values, found.base_values[0]


@pytest.mark.parametrize("name", ["kernel", "permutation"])
def test_values_add_up_to_predictions(clf, name):
    samples = X[:2]
    values, start = explain(name, clf.predict_proba, X[::16], samples)
    assert values.shape == (2, 5, 2)
    np.testing.assert_allclose(start + values.sum(axis=1), clf.predict_proba(samples), atol=1e-6)
    assert np.abs(values[..., 1]).mean(axis=0).argmax() == 0


def test_categories_go_in_as_codes():
    pd = pytest.importorskip("pandas")
    colours = np.array(["red", "blue"])

    def frame(codes):
        return pd.DataFrame({"size": codes[:, 0], "colour": colours[codes[:, 1].astype(int)]})

    codes = np.column_stack([X[:, 1], Y])
    fitted = PaReClassifier(n_estimators=1, max_epochs=5, random_state=0).fit(frame(codes), Y)
    values, _ = explain(
        "kernel", lambda rows: fitted.predict_proba(frame(rows)), codes[::16], codes[:2]
    )
    assert (np.abs(values[:, 1, 1]) > np.abs(values[:, 0, 1])).all()
