"""Random convolutions: what the linear probes see of sequences."""

import numpy as np
import pytest
import torch

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.modules.convolutions import (
    KERNEL_LENGTH,
    MOST_FEATURES,
    N_THRESHOLDS,
    RandomConvolutions,
)
from pare_sklearn.modules.frozen_features import FrozenFeatures


def make_sequences(n=40, n_channels=2, length=50):
    return torch.randn(n, n_channels, length, generator=torch.Generator().manual_seed(0))


def shares_by_hand(features, values):
    """Slide each kernel over each sequence, point by point, zeros beyond its ends."""
    shares = []
    for values_of_one in values.double().numpy():
        row = []
        for dilation, kernels, thresholds in zip(
            features.dilations, features.kernels, features.thresholds, strict=True
        ):
            reach = dilation * (KERNEL_LENGTH // 2)
            padded = np.pad(values_of_one, ((0, 0), (reach, reach)))
            answers = np.array([
                [
                    (kernel * padded[:, point : point + 2 * reach + 1 : dilation]).sum()
                    for point in range(values_of_one.shape[1])
                ]
                for kernel in kernels.double().numpy()
            ])  # fmt: skip
            row += [(answers > t[:, None]).mean(axis=1) for t in thresholds.double().numpy()]
        shares.append(np.concatenate(row))
    return np.array(shares)


def test_shares_are_those_of_kernels_slid_by_hand():
    values = make_sequences(3, 2, 20)
    features = RandomConvolutions(values, seed=0)
    # A point whose answer is the threshold itself may fall on either side.
    found, expected = features(values), shares_by_hand(features, values)
    np.testing.assert_allclose(found, expected, atol=0.051)
    assert np.isclose(found, expected).mean() > 0.99


def test_thresholds_are_quantiles_of_the_training_samples():
    values = make_sequences(200)
    features = RandomConvolutions(values, seed=0)
    shares = features(values).mean(dim=0)
    shares = shares.unflatten(0, (len(features.dilations), N_THRESHOLDS, -1)).mean(dim=(0, 2))
    np.testing.assert_allclose(shares, [0.875, 0.625, 0.375, 0.125], atol=0.01)


@pytest.mark.parametrize(("length", "dilations"), [(9, [1]), (17, [1, 2]), (70, [1, 2, 4, 8])])
def test_dilated_kernels_are_no_longer_than_a_sequence(length, dilations):
    features = RandomConvolutions(make_sequences(5, 1, length), seed=0)
    assert features.dilations == dilations
    n_features = features(make_sequences(5, 1, length)).shape[1]
    assert MOST_FEATURES <= n_features < MOST_FEATURES + len(dilations) * N_THRESHOLDS


@pytest.mark.parametrize(
    ("n_samples", "length", "expected"),
    [(500, 9, 4096), (1_000, 9, 2097), (4_000, 9, 1024), (2, 8_192, 2048), (2, 30_000, 1024)],
)
def test_many_samples_and_long_ones_have_fewer_features(n_samples, length, expected):
    features = RandomConvolutions(make_sequences(n_samples, 1, length), seed=0)
    n_features = features(make_sequences(1, 1, length)).shape[1]
    assert expected <= n_features < expected + len(features.dilations) * N_THRESHOLDS


def test_every_other_kernel_does_not_see_the_level():
    kernels = RandomConvolutions(make_sequences(), seed=0).kernels
    means = kernels.mean(dim=-1).abs().amax(dim=-1)
    assert means[:, ::2].max() < 1e-6
    assert means[:, 1::2].min() > 1e-4


def test_kernels_see_from_one_to_nine_channels():
    kernels = RandomConvolutions(make_sequences(5, 20), seed=0).kernels
    counts = (kernels != 0).any(dim=-1).sum(dim=-1)
    assert counts.min() == 1
    assert counts.max() == 9


def test_a_sequence_is_seen_alike_beside_any_others():
    values = make_sequences(64, 3, 200)
    features = RandomConvolutions(values, seed=0)
    alone = torch.cat([features(block) for block in values.split(16)])
    assert torch.equal(features(values), alone)


def test_missing_values_count_as_zero():
    values = make_sequences()
    features = RandomConvolutions(values, seed=0)
    missing = values.clone()
    missing[:, :, 40:] = torch.nan
    assert torch.equal(features(missing), features(missing.nan_to_num()))


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_the_probes_of_sequences_see_them(estimator_class):
    """The frequency tells the target, wherever the wave starts."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    phases = rng.uniform(0, 2 * np.pi, (120, 1))
    X = np.sin(np.arange(60) * (0.3 + 0.2 * y[:, None]) + phases)[:, None]
    settings = {"source": "digits", "n_estimators": 2, "max_epochs": 1, "random_state": 0}
    model = estimator_class(**settings).fit(X[:60], y[:60])
    assert isinstance(model.features_, RandomConvolutions)
    assert model.score(X[60:], y[60:]) > 0.9
    short = estimator_class(**settings).fit(X[:60, :, : KERNEL_LENGTH - 1], y[:60])
    assert isinstance(short.features_, FrozenFeatures)
