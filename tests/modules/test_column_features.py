import numpy as np
import pytest
import torch

from pare_sklearn.modules.column_features import ColumnFeatures

CARDINALITIES = [4, 3]
POSITIONS = [1, 3, 0, 2]  # in the table; the first two are numbers


def make_columns(n=40, seed=0):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, 2)).astype(np.float32)
    numbers[::5, 1] = np.nan
    categories = np.stack([rng.integers(1, 4, n), np.full(n, 2)], axis=1)
    return torch.from_numpy(numbers), torch.from_numpy(categories)


def features_of(numbers, categories, seed=0):
    return ColumnFeatures(numbers, categories, CARDINALITIES, POSITIONS, seed)


def naive_entries(numbers, categories, codes):
    """Numbers, then an indicator of each pair of column and code."""
    rows = []
    for x, c in zip(numbers.tolist(), categories.tolist(), strict=True):
        known = [0.0 if value != value else value for value in x]
        held = {(j, 1) for j, value in enumerate(x) if value != value}
        held |= {(len(x) + j, code) for j, code in enumerate(c)}
        rows.append(known + [float(code in held) for code in codes])
    return np.array(rows)


CODES = [(1, 1), (2, 1), (2, 2), (2, 3), (3, 2)]


def test_entries_are_standardised_numbers_and_indicators():
    numbers, categories = make_columns()
    features = features_of(numbers, categories)
    entries = naive_entries(numbers, categories, CODES)
    spread = entries.std(axis=0)
    expected = (entries - entries.mean(axis=0)) / np.where(spread > 0, spread, 1)
    assert np.allclose(features.standardise(numbers, categories), expected, atol=1e-5)
    assert features.columns.tolist() == [1, 3, 3, 0, 0, 0, 2]


def test_units_are_rectified_sums_over_at_most_three_entries():
    numbers, categories = make_columns()
    features = features_of(numbers, categories)
    entries = features.standardise(numbers, categories).numpy()
    units = features(numbers, categories).numpy()[:, entries.shape[1] :]
    assert units.shape == (40, 1024)
    used = set()
    for j in range(0, 1024, 100):
        of_unit = torch.stack([features.chosen[:, j], features.weights[:, j]], dim=1).tolist()
        seen = [(int(entry), weight) for entry, weight in of_unit if weight]
        used.add(len(seen))
        assert len({entry for entry, _ in seen}) == len(seen) <= 3
        total = sum(weight * entries[:, entry] for entry, weight in seen)
        total = np.asarray(total) - features.thresholds[j].item()
        assert np.allclose(units[:, j], np.maximum(total, 0), atol=1e-5)
    assert used == {1, 2, 3}


def test_no_unit_answers_to_a_few_samples_alone():
    rng = np.random.default_rng(0)
    numbers = torch.from_numpy(rng.normal(size=(500, 6)).astype(np.float32))
    nothing = torch.zeros(500, 0, dtype=torch.int64)
    units = ColumnFeatures(numbers, nothing, [], list(range(6)), 0)(numbers, nothing)[:, 6:]
    shares = (units > 0).float().mean(dim=0)
    assert 0.08 < shares.min() < 0.15
    assert 0.85 < shares.max() < 0.92


def test_unseen_and_rare_categories_have_no_indicator(monkeypatch):
    numbers, categories = make_columns()
    features = features_of(numbers, categories)
    unseen = torch.zeros_like(categories)
    indicators = features._entries(numbers, unseen)[:, 3:]
    assert not indicators.any()
    monkeypatch.setattr("pare_sklearn.modules.column_features.MOST_INDICATORS", 2)
    few = features_of(numbers, categories)
    counts = [int((categories[:, 0] == code).sum()) for code in (1, 2, 3)]
    assert len(few.columns) == 4
    # The constant column's category, and the most frequent one of the other.
    kept = few._entries(numbers, categories)[:, 2:].sum(dim=0)
    assert sorted(kept.tolist()) == [max(counts), 40]


def test_far_values_are_clipped():
    numbers, categories = make_columns()
    features = features_of(numbers, categories)
    assert features.standardise(1000 * numbers, categories).abs().max() == 5


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_fixes_the_units_and_leaves_the_generator(seed):
    numbers, categories = make_columns()
    state = torch.random.get_rng_state()
    once, again = (features_of(numbers, categories, seed) for _ in range(2))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(once(numbers, categories), again(numbers, categories))
    assert not torch.equal(
        once(numbers, categories), features_of(numbers, categories, seed + 1)(numbers, categories)
    )
