"""Groups of columns are patches: the sums, the start, missing numbers and categories."""

import torch

from pare_sklearn.modules.embedders.column_groups import ColumnGroupEmbedder
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.embedders.table_maps import TableMaps

WIDTH, BATCH = 8, 5
NUMERIC, CATEGORICAL, CARDINALITIES = [1, 2, 4, 6], [0, 3, 5], [4, 3, 5]
SIZES = [3, 2, 2]


def make_embedder():
    """Embedder whose parameters are all drawn."""
    torch.manual_seed(0)
    embedder = ColumnGroupEmbedder(NUMERIC, CATEGORICAL, CARDINALITIES, SIZES, WIDTH)
    with torch.no_grad():
        embedder.missing += torch.randn_like(embedder.missing)
        embedder.norm.weight += torch.randn(WIDTH)
    return embedder


def make_table():
    numbers = torch.randn(BATCH, len(NUMERIC))
    numbers[0, 1] = numbers[3, 2] = torch.nan
    return numbers, torch.stack([torch.randint(0, c, (BATCH,)) for c in CARDINALITIES], dim=1)


def column_contents(embedder, numbers, categories, row):
    """What each column of a row is embedded as, by its position in the table."""
    contents = {}
    for j, position in enumerate(NUMERIC):
        x = embedder.missing[j] if numbers[row, j].isnan() else numbers[row, j]
        contents[position] = embedder.values(x) * embedder.gains[j] + x * embedder.own[j]
    first = 0
    for j, position in enumerate(CATEGORICAL):
        code = int(categories[row, j])
        known = embedder.categories.weight[first + code]
        contents[position] = known if code else torch.zeros(WIDTH)
        first += CARDINALITIES[j] - 1
    return [contents[position] for position in range(len(contents))]


def test_a_token_is_the_sum_over_the_columns_of_its_group():
    embedder, table = make_embedder(), make_table()
    tokens = embedder(*table)
    assert tokens.shape == (BATCH, len(SIZES), WIDTH)
    for row in range(BATCH):
        left = column_contents(embedder, *table, row)
        for patch, size in enumerate(SIZES):
            group, left = left[:size], left[size:]
            content = sum(group) / size**0.5 + embedder.positions[patch]
            torch.testing.assert_close(tokens[row, patch], embedder.norm(content))


def test_a_group_starts_as_the_pretrained_tokens_of_its_columns_added_up():
    maps, sizes = TableMaps(WIDTH), [2, 1]
    embedder = ColumnGroupEmbedder([0, 1, 2], [], [], sizes, WIDTH)
    torch.manual_seed(2)
    embedder.start_from_maps(maps)
    with torch.no_grad():
        embedder.own.zero_()
    torch.manual_seed(2)
    identities, gains = maps.draw_patches(3)
    numbers = torch.randn(BATCH, 3)
    first, second, third = (maps.values(numbers[:, j]) * gains[j] + identities[j] for j in range(3))
    expected = torch.stack([(first + second) / 2**0.5, third], dim=1)
    tokens = embedder(numbers, torch.zeros(BATCH, 0, dtype=torch.int64))
    torch.testing.assert_close(tokens, maps.norm(expected))


def test_a_group_of_one_column_starts_as_a_column_with_a_patch_of_its_own():
    maps, (numbers, categories) = TableMaps(WIDTH), make_table()
    layout = (NUMERIC, CATEGORICAL)
    grouped = ColumnGroupEmbedder(*layout, CARDINALITIES, [1] * 7, WIDTH)
    single = TableEmbedder(*layout, None, CARDINALITIES, WIDTH)
    with torch.no_grad():
        grouped.own.zero_()
        single.missing.zero_()
    for embedder in (grouped, single):
        torch.manual_seed(3)
        embedder.start_from_maps(maps)
    known = numbers.nan_to_num()
    torch.testing.assert_close(grouped(known, categories), single(known, categories))
