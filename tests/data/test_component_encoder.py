"""Principal components in place of thousands of columns."""

import warnings

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder

from pare_sklearn.data.modalities.component_encoder import ComponentEncoder
from pare_sklearn.data.modalities.table_encoder import TableEncoder


def make(n_samples=30, n_features=80):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n_samples, n_features)))
    X[5] = rng.choice([*"abc"], size=n_samples)
    X.iloc[::4, 7] = np.nan
    X.columns = [f"column {j}" for j in range(n_features)]
    return X


def test_components_are_those_of_the_encoded_columns():
    X = make()
    table = TableEncoder().fit(X)
    encoder = ComponentEncoder(table).fit(X)
    components, codes = encoder.transform(X)
    assert (components.shape, codes.shape) == ((30, 29), (30, 0))

    numbers, letters = table.transform(X)
    columns = np.hstack([np.nan_to_num(numbers), OneHotEncoder().fit_transform(letters).toarray()])
    centred = columns - columns.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    scores = (u * s)[:, :29]
    scores /= np.sqrt(np.mean(s[:29] ** 2 / 29))
    expected = scores / np.sqrt(1 + (scores / 3) ** 2)
    np.testing.assert_allclose(np.abs(components), np.abs(expected), atol=1e-4)


def test_new_rows_may_have_unseen_categories_and_missing_values():
    X = make()
    encoder = ComponentEncoder(TableEncoder().fit(X)).fit(X)
    new = X.iloc[:3].copy()
    new.iloc[0, 5], new.iloc[1, 0] = "unseen", np.nan
    components = encoder.transform(new)[0]
    assert np.isfinite(components).all()
    np.testing.assert_array_equal(components[2], encoder.transform(X)[0][2])


def test_equal_samples_have_a_component_too():
    X = np.ones((2, 50))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder = ComponentEncoder(TableEncoder().fit(X)).fit(X)
    np.testing.assert_array_equal(encoder.transform(X)[0], np.zeros((2, 1)))
    np.testing.assert_array_equal(encoder.transform(X + 1)[0], np.zeros((2, 1)))
