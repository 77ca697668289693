"""A fit that goes on: what a member has trained on it never holds out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.folds import continue_folds, deal_folds, note_held_out, row_keys


def best_losses(model):
    """The least loss of each member on what it holds out."""
    members = {row["member"] for row in model.history_}
    return [
        -max(row["validation_score"] for row in model.history_ if row["member"] == member)
        for member in members
    ]


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("shuffle", [False, True])
def test_noise_stays_noise(n_estimators, shuffle):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(150, 8)), rng.integers(2, size=150)
    model = PaReClassifier(
        strategy="finetune", n_estimators=n_estimators, max_epochs=15, warm_start=True,
        linear_probe=False, random_state=0,
    )  # fmt: skip
    for _ in range(4):
        order = rng.permutation(len(X)) if shuffle else np.arange(len(X))
        model.fit(X[order], y[order])
    # Of rows once trained on, the loss would fall to about 0.5.
    assert np.mean(best_losses(model)) > 0.66


def test_a_regressor_goes_on_from_where_it_was():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 5))
    y = X[:, 0] - X[:, 1]
    model = PaReRegressor(
        strategy="finetune", n_estimators=2, max_epochs=5, warm_start=True, linear_probe=False,
        random_state=0,
    )  # fmt: skip
    first = np.mean(best_losses(model.fit(X, y)))
    assert np.mean(best_losses(model.fit(X, y))) < first


@settings(max_examples=60, deadline=None)
@given(
    n_rows=st.integers(8, 60),
    n_members=st.integers(2, 4),
    kept=st.floats(0.3, 1.0),
    n_new=st.integers(0, 20),
    seed=st.integers(0, 100),
)
def test_what_was_trained_on_is_not_held_out(n_rows, n_members, kept, n_new, seed):
    rng = np.random.RandomState(seed)
    rows = rng.normal(size=(n_rows, 3)).astype(np.float32)
    keys = row_keys([rows])
    earlier = deal_folds(np.zeros(n_rows), n_members, rng)
    noted = note_held_out(keys, earlier)
    chosen = rng.permutation(n_rows)[: max(n_members, round(kept * n_rows))]
    new = rng.normal(size=(n_new, 3)).astype(np.float32)
    order = rng.permutation(len(chosen) + n_new)
    origin = np.concatenate([chosen, np.full(n_new, -1)])[order]
    later = np.concatenate([rows[chosen], new])[order]
    dealt = deal_folds(np.zeros(len(later)), n_members, rng)
    folds = continue_folds(dealt, row_keys([later]), noted)
    for before, fresh, fold in zip(earlier, dealt, folds, strict=True):
        held_out = [
            row in fresh.valid if came_from == -1 else came_from in before.valid
            for row, came_from in enumerate(origin)
        ]
        if all(held_out):  # a member needs rows to train on
            held_out = [row in fresh.valid for row in range(len(origin))]
        np.testing.assert_array_equal(fold.valid, np.flatnonzero(held_out))
        np.testing.assert_array_equal(fold.train, np.flatnonzero(~np.array(held_out)))


def test_rows_of_the_same_bytes_have_the_same_key_and_others_another():
    rng = np.random.default_rng(0)
    rows = rng.integers(3, size=(5_000, 9)).astype(np.float32)
    keys = row_keys([rows[:, :4], rows[:, 4:]])
    _, of_rows = np.unique(rows, axis=0, return_inverse=True)
    _, of_keys = np.unique(keys, return_inverse=True)
    pairs = set(zip(of_rows.ravel().tolist(), of_keys.tolist(), strict=True))
    assert len(pairs) == len(np.unique(of_rows)) == len(np.unique(of_keys))
