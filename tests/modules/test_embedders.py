"""Embedders of tables and of images."""

import math

import pytest
import torch
from torch import nn

from pare_sklearn.modules.embedders.numbers import PiecewiseLinear, periodic
from pare_sklearn.modules.embedders.patch_maps import PatchMaps
from pare_sklearn.modules.embedders.start import SPREAD
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.embedders.table_maps import CODE_LENGTH, TableMaps, ValueMap
from pare_sklearn.pretraining.episodes import Table, embed_table

WIDTH, BATCH = 8, 4
LAYOUTS = {
    "numbers": ([0, 1, 2], []),
    "categories": ([], [0, 1, 2]),
    "numbers first": ([0, 1], [2, 3]),
    "mixed": ([1, 3], [0, 2, 4]),
}


class Source(nn.Module):
    """What `start_from` looks at in a backbone: an embedder, or the maps of tables."""

    def __init__(self, source_embedder=None, tables=None):
        super().__init__()
        self.source_embedder = nn.Module() if source_embedder is None else source_embedder
        if tables is not None:
            self.source_embedder.tables = tables


def bin_edges(n_columns):
    """Edges of numeric columns, of different number."""
    return [torch.linspace(-2, 2, 2 + j % 3) for j in range(n_columns)]


def make_embedder(layout="mixed", patches_per_feature=2, width=WIDTH, bends=False):
    """Embedder with categorical columns of 4, 5, ... codes, none of its parameters at zero."""
    torch.manual_seed(0)
    numeric, categorical = LAYOUTS[layout]
    cardinalities = [4 + j for j in range(len(categorical))]
    own = None
    if numeric:
        own_width = width * patches_per_feature
        n = len(numeric)
        own = PiecewiseLinear(bin_edges(n), own_width) if bends else periodic(n, own_width)
    embedder = TableEmbedder(numeric, categorical, own, cardinalities, width, patches_per_feature)
    with torch.no_grad():
        for parameter in (embedder.norm.weight, embedder.norm.bias):
            parameter += torch.randn_like(parameter)
        if numeric:
            embedder.missing += torch.randn_like(embedder.missing)
    return embedder


def make_maps(width=WIDTH):
    """Maps of which no parameter is as it is drawn at first."""
    maps = TableMaps(width)
    with torch.no_grad():
        for parameter in maps.parameters():
            parameter += torch.randn_like(parameter) * 0.3
    return maps


def make_table(layout="mixed"):
    numeric, categorical = LAYOUTS[layout]
    numbers = torch.randn(BATCH, len(numeric))
    return numbers, torch.randint(1, 4, (BATCH, len(categorical)))


def layer_norm(x, norm):
    centred = x - x.mean(-1, keepdim=True)
    variance = centred.square().mean(-1, keepdim=True)
    return centred / (variance + norm.eps).sqrt() * norm.weight + norm.bias


@pytest.mark.parametrize("patches_per_feature", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_column_has_its_own_patches_in_the_order_of_the_table(layout, patches_per_feature):
    numeric, categorical = LAYOUTS[layout]
    embedder = make_embedder(layout, patches_per_feature)
    numbers, categories = make_table(layout)
    before = embedder(numbers, categories)
    n_columns = len(numeric) + len(categorical)
    assert embedder.n_patches == n_columns * patches_per_feature
    assert before.shape == (BATCH, embedder.n_patches, WIDTH)
    for column in range(n_columns):
        changed_numbers, changed_categories = numbers.clone(), categories.clone()
        if column in numeric:
            changed_numbers[:, numeric.index(column)] += 1
        else:
            changed_categories[:, categorical.index(column)] %= 3
            changed_categories[:, categorical.index(column)] += 1
        after = embedder(changed_numbers, changed_categories)
        changed = (after != before).any(-1)
        expected = torch.arange(embedder.n_patches) // patches_per_feature == column
        assert (changed == expected).all()


def test_each_category_of_each_column_has_a_row_of_its_own():
    embedder = make_embedder("categories")
    touched = []
    for column, cardinality in enumerate([4, 5, 6]):
        for code in range(1, cardinality):
            categories = torch.zeros(1, 3, dtype=torch.long)
            categories[0, column] = code
            embedder.zero_grad()
            (embedder(torch.empty(1, 0), categories) * torch.randn(6, WIDTH)).sum().backward()
            touched.append(embedder.categories.weight.grad.any(-1).nonzero().flatten().tolist())
    assert sorted(touched) == [[row] for row in range(1, len(embedder.categories.weight))]


def test_an_unseen_category_tells_no_more_than_its_feature():
    embedder = make_embedder("categories")
    codes = torch.tensor([[0, 2, 0]])
    before = embedder(torch.empty(1, 0), codes)[0]
    with torch.no_grad():
        embedder.categories.weight[1:] += torch.randn_like(embedder.categories.weight[1:])
    after = embedder(torch.empty(1, 0), codes)[0]
    unseen = torch.tensor([True, True, False, False, True, True])
    assert torch.equal((after == before).all(-1), unseen)
    torch.testing.assert_close(after[unseen], layer_norm(embedder.positions, embedder.norm)[unseen])


def test_training_leaves_the_unseen_category_at_zero():
    embedder = make_embedder("categories")
    optimizer = torch.optim.AdamW(embedder.parameters(), lr=0.1, weight_decay=0.1)
    codes = torch.tensor([[0, 1, 2], [3, 0, 0]])
    before = embedder.categories.weight.clone()
    for _ in range(3):
        optimizer.zero_grad()
        (embedder(torch.empty(2, 0), codes) * torch.randn(6, WIDTH)).sum().backward()
        optimizer.step()
    assert not embedder.categories.weight[0].any()
    assert (embedder.categories.weight[1:] != before[1:]).all()


@torch.no_grad()
def test_piecewise_linear_maps_are_those_of_the_definition():
    own = PiecewiseLinear(bin_edges(3), WIDTH)
    nn.init.normal_(own.maps.get_parameter("linear.weight"))
    numbers = torch.randn(BATCH, 3)
    numbers[0] = torch.tensor([-2.5, 2.0, 2.5])  # beyond the edges, and on the last of them
    expected = torch.zeros(BATCH, 3, WIDTH)
    for row in range(BATCH):
        for column, edges in enumerate(bin_edges(3)):
            x = min(max(numbers[row, column].item(), edges[0].item()), edges[-1].item())
            line, slopes = own.maps.linear0, own.maps.linear.weight[column]
            expected[row, column] = line.weight[column] * x + line.bias[column]
            for piece in range(len(edges) - 1):
                low, high = edges[piece].item(), edges[piece + 1].item()
                # The last piece of a column has the last row, however few pieces it has.
                at = -1 if piece == len(edges) - 2 else piece
                share = min(max((x - low) / (high - low), 0.0), 1.0)
                expected[row, column] += slopes[at] * share
    torch.testing.assert_close(own(numbers), expected)


@torch.no_grad()
def test_a_number_goes_through_the_shared_map_and_its_own():
    for bends in (False, True):
        embedder = make_embedder("numbers", patches_per_feature=1, bends=bends)
        numbers, _ = make_table("numbers")
        patches = embedder.values(numbers) * embedder.gains[:, 0] + embedder.numbers(numbers)
        expected = layer_norm(patches + embedder.positions, embedder.norm)
        tokens = embedder(numbers, torch.empty(BATCH, 0, dtype=torch.long))
        torch.testing.assert_close(tokens, expected)


@pytest.mark.parametrize("pretrained", [True, False])
@pytest.mark.parametrize("bends", [True, False])
def test_own_maps_are_seen_in_untrained_views_where_nothing_is_pretrained(pretrained, bends):
    embedder = make_embedder("numbers", bends=bends)
    embedder.ready_view(0, pretrained)
    assert (embedder.numbers is None) == pretrained
    numbers, categories = make_table("numbers")
    assert embedder(numbers, categories).isfinite().all()
    make_embedder("categories").ready_view(0, pretrained)  # which have no such maps


def test_a_missing_number_takes_the_learned_missing_vector_of_its_column():
    embedder = make_embedder("numbers", patches_per_feature=2)
    numbers, categories = make_table("numbers")
    before = embedder(numbers, categories)
    numbers[:, 1] = torch.nan
    after = embedder(numbers, categories)
    missing = layer_norm(
        embedder.missing[1].reshape(2, WIDTH) + embedder.positions[2:4], embedder.norm
    )
    torch.testing.assert_close(after[:, 2:4], missing.expand(BATCH, 2, WIDTH))
    assert torch.equal(after[:, [0, 1, 4, 5]], before[:, [0, 1, 4, 5]])


def test_missing_numbers_give_finite_gradients_and_train_the_missing_vector():
    embedder = make_embedder("numbers")
    numbers = torch.tensor([[torch.nan, 1.0, 2.0]])
    (embedder(numbers, torch.empty(1, 0)) * torch.randn(6, WIDTH)).sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in embedder.parameters())
    assert embedder.missing.grad.any(-1).tolist() == [True, False, False]


# Starting from a backbone that knows no tables


def test_without_maps_start_from_takes_over_norm_and_position_statistics():
    torch.manual_seed(0)
    source = PatchMaps(1, (8, 8), (1, 1), WIDTH)
    with torch.no_grad():
        source.norm.weight.copy_(torch.rand(WIDTH) + 0.5)
        source.norm.bias.copy_(torch.randn(WIDTH))
        source.positions.mul_(torch.linspace(0.1, 2, WIDTH)).add_(torch.arange(WIDTH))
    embedder = make_embedder("numbers", patches_per_feature=2000)
    values = {name: value.clone() for name, value in embedder.values.state_dict().items()}
    embedder.start_from(Source(source))
    assert all(torch.equal(value, values[n]) for n, value in embedder.values.state_dict().items())
    assert torch.equal(embedder.norm.weight, source.norm.weight)
    assert torch.equal(embedder.norm.bias, source.norm.bias)
    n = embedder.n_patches
    scaled = source.positions * SPREAD / source.positions.std(correction=0)
    mean, spread = scaled.mean(0), scaled.std(0)
    assert ((embedder.positions.mean(0) - mean).abs() < 4 * spread / n**0.5).all()
    assert ((embedder.positions.std(0) / spread - 1).abs() < 4 / (2 * n) ** 0.5).all()
    embedder.norm.weight.data.zero_()
    assert source.norm.weight.all()


@pytest.mark.parametrize(
    "source",
    [
        Source(nn.Identity()),
        Source(PatchMaps(1, (8, 8), (1, 1), WIDTH + 1)),
        Source(tables=TableMaps(WIDTH + 1)),
    ],
)
def test_start_from_leaves_what_the_source_lacks_or_has_in_another_shape(source):
    embedder = make_embedder()
    before = {name: value.clone() for name, value in embedder.state_dict().items()}
    embedder.start_from(source)
    assert all(torch.equal(value, before[name]) for name, value in embedder.state_dict().items())


@pytest.mark.parametrize("options", [{"bias": False}, {"elementwise_affine": False}])
def test_start_from_takes_what_a_partial_norm_has(options):
    source = nn.Module()
    source.norm = nn.LayerNorm(WIDTH, **options)
    embedder = make_embedder()
    embedder.start_from(Source(source))
    tokens = torch.randn(5, WIDTH)
    torch.testing.assert_close(embedder.norm(tokens), source.norm(tokens))


def test_start_from_a_source_of_one_patch_gives_finite_positions():
    embedder = make_embedder()
    source = PatchMaps(1, (8, 8), (8, 8), WIDTH)
    embedder.start_from(Source(source))
    scaled = source.positions.data * SPREAD / source.positions.data.std(correction=0)
    torch.testing.assert_close(embedder.positions.data, scaled.expand(embedder.n_patches, WIDTH))


# The maps that all columns share, and starting from them


def test_a_value_is_mapped_linearly_with_its_cosines_and_sines():
    torch.manual_seed(0)
    values = make_maps().values
    frequencies, weight, bias = values.frequencies, values.linear.weight, values.linear.bias
    numbers = torch.randn(BATCH, 3)
    patches = values(numbers)
    assert patches.shape == (BATCH, 3, WIDTH)
    n = len(frequencies)
    for row in range(BATCH):
        for column in range(3):
            x = numbers[row, column].item()
            expected = bias + weight[:, 2 * n] * x
            for i, frequency in enumerate(frequencies.tolist()):
                phase = 2 * math.pi * frequency * x
                expected = expected + weight[:, i] * math.cos(phase)
                expected = expected + weight[:, n + i] * math.sin(phase)
            torch.testing.assert_close(patches[row, column], expected)


def test_resetting_restores_the_frequencies():
    values = ValueMap(WIDTH)
    before = values.frequencies.clone()
    nn.init.zeros_(values.frequencies)
    values.reset_parameters()
    assert torch.equal(values.frequencies, before)
    ratios = before[1:] / before[:-1]
    torch.testing.assert_close(ratios, ratios[:1].expand_as(ratios))
    torch.testing.assert_close(before[[0, -1]], torch.tensor([0.03, 0.5]))


def test_the_gains_of_new_patches_are_about_1():
    torch.manual_seed(0)
    _, gains = TableMaps(WIDTH).draw_patches(4000)
    spread = gains.std(dim=0)
    assert ((gains.mean(dim=0) - 1).abs() < 4 * spread / 4000**0.5).all()
    assert ((spread > 0.1) & (spread < 1)).all()


def test_identity_and_gain_of_a_patch_are_linear_in_the_same_code():
    torch.manual_seed(0)
    maps = make_maps()
    torch.manual_seed(1)
    identities, gains = maps.draw_patches(3, 2)
    torch.manual_seed(1)
    codes = torch.randn(3, 2, CODE_LENGTH)
    assert identities.shape == gains.shape == (3, 2, WIDTH)
    torch.testing.assert_close(identities, codes @ maps.identity.weight.T + maps.identity.bias)
    torch.testing.assert_close(gains, 1 + codes @ maps.gain.weight.T + maps.gain.bias)


def test_each_new_category_has_an_embedding_of_its_own():
    torch.manual_seed(0)
    drawn = make_maps().draw_categories(5, 3)
    assert drawn.shape == (5, 3, WIDTH)
    assert len(drawn.flatten(0, 1).unique(dim=0)) == 15


def codes_of(embeddings, linear):
    """Solve for the codes from which a map made the embeddings (n, d)."""
    codes = torch.linalg.lstsq(linear.weight, (embeddings - linear.bias).T).solution.T
    torch.testing.assert_close(linear(codes), embeddings, rtol=1e-3, atol=1e-4)
    return codes


@pytest.mark.parametrize("patches_per_feature", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
@torch.no_grad()
def test_start_from_draws_patches_and_categories_from_the_maps(layout, patches_per_feature):
    """In a width at which they tell their codes."""
    width = 2 * CODE_LENGTH
    numeric, categorical = LAYOUTS[layout]
    embedder = make_embedder(layout, patches_per_feature, width)
    maps = make_maps(width)
    embedder.start_from(Source(tables=maps))
    codes = codes_of(embedder.positions, maps.identity)
    assert len(codes.unique(dim=0)) == embedder.n_patches
    assert 0.7 < codes.std() < 1.3
    if numeric:
        by_column = codes.reshape(-1, patches_per_feature, CODE_LENGTH)
        expected = 1 + maps.gain(by_column[numeric])
        torch.testing.assert_close(embedder.gains.data, expected, rtol=1e-3, atol=1e-3)
    if categorical:
        unseen, *known = embedder.categories.weight.split(1)
        assert not unseen.any()
        patches = torch.stack([row.reshape(patches_per_feature, width) for row in known])
        assert torch.equal(patches, patches[:, :1].expand_as(patches))
        codes = codes_of(patches[:, 0], maps.category)
        assert len(codes.unique(dim=0)) == len(known)


def test_start_from_copies_values_and_norm():
    embedder, maps = make_embedder(), make_maps()
    embedder.start_from(Source(tables=maps))
    for copy, original in ((embedder.values, maps.values), (embedder.norm, maps.norm)):
        before = {name: value.clone() for name, value in original.state_dict().items()}
        assert all(torch.equal(value, before[n]) for n, value in copy.state_dict().items())
        for parameter in copy.parameters():
            nn.init.zeros_(parameter)
        assert all(torch.equal(value, before[n]) for n, value in original.state_dict().items())


@pytest.mark.parametrize("patches_per_feature", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
@torch.no_grad()
def test_a_table_starts_as_the_one_that_was_pretrained_on(layout, patches_per_feature):
    """But for what a column adds of its own, and the order of the patches."""
    numeric, categorical = LAYOUTS[layout]
    embedder, maps = make_embedder(layout, patches_per_feature), make_maps()
    numbers, _ = make_table(layout)
    # Each code of 3, 4, ... occurs, so that as many embeddings are drawn.
    codes = torch.stack([torch.arange(12) % (3 + j) for j in range(3)], dim=1)
    codes = codes[:, : len(categorical)]
    numbers = numbers.repeat(3, 1)
    torch.manual_seed(1)
    embedder.start_from(Source(tables=maps))
    if numeric:
        for parameter in embedder.numbers.parameters():
            nn.init.zeros_(parameter)
    torch.manual_seed(1)
    pretrained_on = embed_table(maps, Table(numbers, codes, patches_per_feature))
    by_column = pretrained_on.unflatten(1, (-1, patches_per_feature))
    order = torch.tensor([*numeric, *categorical]).argsort()
    # Codes start behind that of the unseen.
    tokens = embedder(numbers, codes + 1)
    torch.testing.assert_close(tokens, by_column[:, order].flatten(1, 2))


# Images


@pytest.mark.parametrize(("n_channels", "size", "patch_size"), [(1, 4, 1), (3, 6, 2), (2, 6, 3)])
def test_images_are_embedded_patch_by_patch_in_row_major_order(n_channels, size, patch_size):
    torch.manual_seed(0)
    embedder = PatchMaps(n_channels, (size, size), (patch_size, patch_size), WIDTH)
    nn.init.normal_(embedder.norm.weight)
    images = torch.randn(BATCH, n_channels, size, size)
    patches = [
        images[:, :, row : row + patch_size, column : column + patch_size].flatten(1)
        for row in range(0, size, patch_size)
        for column in range(0, size, patch_size)
    ]
    projected = torch.stack(patches, dim=1) @ embedder.project.weight.flatten(1).T
    expected = layer_norm(projected + embedder.project.bias + embedder.positions, embedder.norm)
    assert embedder.sample_shape == (n_channels, size, size)
    torch.testing.assert_close(embedder(images), expected)
