"""Embedders of tables and of images."""

import pytest
import torch
from torch import nn

from pare_sklearn.modules.embedders.image import ImageEmbedder
from pare_sklearn.modules.embedders.table import TableEmbedder

WIDTH, BATCH = 8, 4
LAYOUTS = {
    "numbers": ([0, 1, 2], []),
    "categories": ([], [0, 1, 2]),
    "numbers first": ([0, 1], [2, 3]),
    "mixed": ([1, 3], [0, 2, 4]),
}


def make_embedder(layout="mixed", patches_per_feature=2):
    """Embedder with categorical columns of 4, 5, ... codes, none of its parameters at zero."""
    torch.manual_seed(0)
    numeric, categorical = LAYOUTS[layout]
    cardinalities = [4 + j for j in range(len(categorical))]
    embedder = TableEmbedder(numeric, categorical, cardinalities, WIDTH, patches_per_feature)
    with torch.no_grad():
        for parameter in (embedder.norm.weight, embedder.norm.bias):
            parameter += torch.randn_like(parameter)
        if numeric:
            embedder.missing += torch.randn_like(embedder.missing)
    return embedder


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


def test_start_from_takes_over_norm_and_position_statistics():
    torch.manual_seed(0)
    source = ImageEmbedder(1, 8, 1, WIDTH)
    with torch.no_grad():
        source.norm.weight.copy_(torch.rand(WIDTH) + 0.5)
        source.norm.bias.copy_(torch.randn(WIDTH))
        source.positions.mul_(torch.linspace(0.1, 2, WIDTH)).add_(torch.arange(WIDTH))
    embedder = make_embedder("numbers", patches_per_feature=2000)
    embedder.start_from(source)
    assert torch.equal(embedder.norm.weight, source.norm.weight)
    assert torch.equal(embedder.norm.bias, source.norm.bias)
    n = embedder.n_patches
    mean, spread = source.positions.mean(0), source.positions.std(0)
    assert ((embedder.positions.mean(0) - mean).abs() < 4 * spread / n**0.5).all()
    assert ((embedder.positions.std(0) / spread - 1).abs() < 4 / (2 * n) ** 0.5).all()
    embedder.norm.weight.data.zero_()
    assert source.norm.weight.all()


@pytest.mark.parametrize("source", [nn.Identity(), ImageEmbedder(1, 8, 1, WIDTH + 1)])
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
    weight, bias = embedder.norm.weight.clone(), embedder.norm.bias.clone()
    embedder.start_from(source)
    expected = weight if source.norm.weight is None else source.norm.weight
    assert torch.equal(embedder.norm.weight, expected)
    assert torch.equal(embedder.norm.bias, bias)


def test_start_from_a_source_of_one_patch_gives_finite_positions():
    embedder = make_embedder()
    source = ImageEmbedder(1, 8, 8, WIDTH)
    embedder.start_from(source)
    torch.testing.assert_close(
        embedder.positions.data, source.positions.data.expand(embedder.n_patches, WIDTH)
    )


@pytest.mark.parametrize(("n_channels", "size", "patch_size"), [(1, 4, 1), (3, 6, 2), (2, 6, 3)])
def test_images_are_embedded_patch_by_patch_in_row_major_order(n_channels, size, patch_size):
    torch.manual_seed(0)
    embedder = ImageEmbedder(n_channels, size, patch_size, WIDTH)
    nn.init.normal_(embedder.norm.weight)
    images = torch.randn(BATCH, n_channels, size, size)
    patches = [
        images[:, :, row : row + patch_size, column : column + patch_size].flatten(1)
        for row in range(0, size, patch_size)
        for column in range(0, size, patch_size)
    ]
    projected = torch.stack(patches, dim=1) @ embedder.project.weight.flatten(1).T
    expected = layer_norm(projected + embedder.project.bias + embedder.positions, embedder.norm)
    assert embedder.image_shape == (n_channels, size, size)
    torch.testing.assert_close(embedder(images), expected)
