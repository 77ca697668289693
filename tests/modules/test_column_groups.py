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


def as_numbers(embedder, numbers, categories, row):
    """The columns of a row in the order of the table, as numbers."""
    found = {}
    for j, position in enumerate(NUMERIC):
        number = numbers[row, j]
        found[position] = embedder.missing[j] if number.isnan() else number
    first = 0
    for j, position in enumerate(CATEGORICAL):
        code = int(categories[row, j])
        learned = embedder.categories.weight[first + code, 0] if code else torch.tensor(0.0)
        found[position] = learned
        first += CARDINALITIES[j] - 1
    return torch.stack([found[position] for position in range(len(found))])


def test_a_token_is_the_sum_over_the_columns_of_its_group():
    embedder, table = make_embedder(), make_table()
    tokens = embedder(*table)
    assert tokens.shape == (BATCH, len(SIZES), WIDTH)
    for row in range(BATCH):
        groups = as_numbers(embedder, *table, row).split(SIZES)
        for patch, group in enumerate(groups):
            content = embedder.positions[patch].clone()
            for i, x in enumerate(group):
                content += embedder.values(x) * embedder.gains[patch, i]
                content += x * embedder.own[patch, i]
            torch.testing.assert_close(tokens[row, patch], embedder.norm(content))


def test_a_group_starts_as_the_pretrained_tokens_of_its_columns_added_up():
    maps, sizes = TableMaps(WIDTH), [2, 1]
    embedder = ColumnGroupEmbedder([0, 1, 2], [], [], sizes, WIDTH)
    torch.manual_seed(2)
    embedder.start_from_maps(maps)
    with torch.no_grad():
        embedder.own.zero_()
    torch.manual_seed(2)
    identities, gains = maps.draw_patches(2, 2)
    numbers = torch.randn(BATCH, 3)
    columns = [(0, 0), (0, 1), (1, 0)]
    contents = [
        maps.values(numbers[:, j]) * gains[place] + identities[place]
        for j, place in enumerate(columns)
    ]
    expected = torch.stack([(contents[0] + contents[1]) / 2**0.5, contents[2]], dim=1)
    tokens = embedder(numbers, torch.zeros(BATCH, 0, dtype=torch.int64))
    torch.testing.assert_close(tokens, maps.norm(expected))


def test_a_group_of_one_column_starts_as_a_column_with_a_patch_of_its_own():
    maps, numbers = TableMaps(WIDTH), torch.randn(BATCH, 3)
    none = torch.zeros(BATCH, 0, dtype=torch.int64)
    grouped = ColumnGroupEmbedder([0, 1, 2], [], [], [1, 1, 1], WIDTH)
    single = TableEmbedder([0, 1, 2], [], None, [], WIDTH)
    for embedder in (grouped, single):
        torch.manual_seed(3)
        embedder.start_from_maps(maps)
    with torch.no_grad():
        grouped.own.zero_()
    torch.testing.assert_close(grouped(numbers, none), single(numbers, none))
