from itertools import product

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


def features_of(numbers, categories, seed=0, n_views=2):
    return ColumnFeatures(numbers, categories, CARDINALITIES, POSITIONS, n_views, seed)


def of_numbers(numbers, n_views=1):
    nothing = torch.zeros(len(numbers), 0, dtype=torch.int64)
    columns = [*range(numbers.shape[1])]
    return ColumnFeatures(numbers, nothing, [], columns, n_views, 0), nothing


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


def test_units_are_rectified_sums_over_mixtures_of_at_most_three_columns():
    numbers, categories = make_columns()
    features = features_of(numbers, categories)
    entries = features.standardise(numbers, categories).numpy()
    # Columns by their position: the one with letters has three entries, and as many mixtures.
    owners = features.columns.tolist()
    mixtures = []
    for column in sorted({*owners}):
        places = [place for place, owner in enumerate(owners) if owner == column]
        for number in range(len(places)):
            weights = features.mixing[number, places].numpy()
            assert len(places) > 1 or weights.tolist() == [1.0]
            mixtures.append((column, entries[:, places] @ weights))
    found = features(numbers, categories).numpy()
    assert found.shape == (2, 40, len(owners) + 768)
    np.testing.assert_array_equal(found[1, :, : len(owners)], entries)
    n_seen = set()
    for view, j in product(range(2), range(0, 768, 75)):
        of_unit = torch.stack([features.chosen[view, j], features.weights[view, j]], dim=1)
        seen = [(mixtures[int(mixture)], weight) for mixture, weight in of_unit.tolist() if weight]
        n_seen.add(len(seen))
        assert len({column for (column, _), _ in seen}) == len(seen) <= 3
        total = sum(weight * mixture for (_, mixture), weight in seen)
        total = np.asarray(total) - features.thresholds[view, 0, j].item()
        assert np.allclose(found[view, :, len(owners) + j], np.maximum(total, 0), atol=1e-5)
    assert n_seen == {1, 2, 3}


def test_views_differ_in_their_units_and_may_be_taken_alone():
    numbers, categories = make_columns()
    features = features_of(numbers, categories, n_views=3)
    seen = features(numbers, categories)
    n_entries = len(features.columns)
    assert not torch.equal(seen[0, :, n_entries:], seen[1, :, n_entries:])
    assert torch.equal(features.take([2, 0])(numbers, categories), seen[[2, 0]])


def test_no_unit_answers_to_a_few_samples_alone():
    rng = np.random.default_rng(0)
    numbers = torch.from_numpy(rng.normal(size=(500, 6)).astype(np.float32))
    features, nothing = of_numbers(numbers)
    shares = (features(numbers, nothing)[0, :, 6:] > 0).float().mean(dim=0)
    assert 0.08 < shares.min() < 0.15
    assert 0.85 < shares.max() < 0.92


def test_rounding_decides_nothing_of_samples_that_tie_with_a_threshold():
    numbers = torch.from_numpy(np.arange(300).reshape(100, 3) % 2).float()
    features, nothing = of_numbers(numbers)
    units = features(numbers, nothing)[0, :, 3:]
    assert not ((units > 0) & (units < 1e-3)).any()


def test_a_focused_view_sees_the_columns_along_which_its_model_changes():
    rng = np.random.default_rng(0)
    numbers = torch.from_numpy(rng.normal(size=(200, 8)).astype(np.float32))
    features, nothing = of_numbers(numbers, n_views=2)
    entries = features.standardise(numbers, nothing)
    coefs = torch.zeros(2, 1, 8 + 768)
    # The first model goes by a column, the second by units that see another one alone.
    coefs[0, 0, 5] = -2
    alone = (features.weights[1] != 0) & (features.chosen[1] == 2)
    coefs[1, 0, 8:][(alone.sum(1) == 1) & ((features.weights[1] != 0).sum(1) == 1)] = 1
    everything = np.arange(200)
    focused = features.focus(entries, [everything, everything[:100]], coefs, 1)
    for view, column in enumerate((5, 2)):
        seen = (focused.chosen[view] == column).any(dim=1).float().mean()
        others = (focused.chosen[view] == 7).any(dim=1).float().mean()
        assert seen > 0.95
        assert 0.1 < others < 0.5
    assert torch.equal(focused.standardise(numbers, nothing), entries)


def test_a_model_that_goes_by_nothing_leaves_all_columns_the_same_chance():
    numbers = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    features, nothing = of_numbers(numbers)
    entries = features.standardise(numbers, nothing)
    focused = features.focus(entries, [np.arange(50)], torch.zeros(1, 1, 4 + 768), 1)
    counts = focused.chosen[focused.weights != 0].bincount(minlength=4)
    assert counts.min() > 0.8 * counts.max()


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
