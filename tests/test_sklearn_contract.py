"""scikit-learn's own checks, and a statistical test in place of the one that cannot pass."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from pare_sklearn import PaReClassifier, PaReRegressor

SMALL = {"n_estimators": 2, "max_epochs": 10, "lr": 5e-3, "batch_size": 128}

# As scikit-learn lists it for its random forests: weights and repeated rows draw different folds,
# batches and dropout masks. `test_weights` compares them on the mean over seeds.
REASON = "sample_weight is not equivalent to removing/repeating samples."
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": REASON,
    "check_sample_weight_equivalence_on_sparse_data": REASON,
}


@parametrize_with_checks(
    [PaReClassifier(**SMALL), PaReRegressor(**SMALL)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_contract(estimator, check):
    check(estimator)
