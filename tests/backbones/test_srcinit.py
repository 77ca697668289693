"""A target embedder starts as the source embedder, resampled where sizes differ."""

import numpy as np
import pytest
import torch

from pare_sklearn.backbones import load_backbone
from pare_sklearn.backbones.contract import count_image_patches
from pare_sklearn.data.modalities.images import Images
from pare_sklearn.data.modalities.sequences import Sequences
from pare_sklearn.modules.embedders.grid import GridEmbedder
from pare_sklearn.modules.embedders.resampling import resample_kernel, resample_positions, resize

pytest.importorskip("transformers")

from tests.tiny_transformers import LANGUAGE, SWIN, VISION, save_model

SIZES = dict.fromkeys(VISION, 16) | {"swin": 32}
CLOSE = {"rtol": 0, "atol": 1e-5}


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def own_tokens(model, kind, images):
    """What the model's own embedding layer makes of the patches, and its features of them."""
    embedded = model.embeddings(images)
    embedded = embedded[0] if isinstance(embedded, tuple) else embedded
    features = model(pixel_values=images).last_hidden_state
    n = {"swin": 256}.get(kind, 16)
    return embedded[:, -n:], features if kind == "swin" else features[:, -n:]


@torch.no_grad()
@pytest.mark.parametrize("kind", SIZES)
def test_images_of_the_bodys_own_size_start_as_its_own_tokens(tmp_path, kind):
    model = save_model(tmp_path, kind)
    backbone = load_backbone(str(tmp_path), 0.0).eval()
    images = draw(3, 3, SIZES[kind], SIZES[kind])
    modality = Images("auto").fit(images.numpy(), most_patches=count_image_patches(backbone))
    embedder = modality.build_embedder(backbone.width)
    embedder.start_from(backbone)
    expected, features = own_tokens(model, kind, images)
    torch.testing.assert_close(embedder(images), expected, **CLOSE)
    backbone.arrange(modality.grid)
    torch.testing.assert_close(backbone.encoder(embedder(images)), features, **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("kind", ["vit", "dinov2", "swin"])
def test_images_of_another_size_start_as_their_resized_patches(tmp_path, kind):
    model = save_model(tmp_path, kind)
    backbone = load_backbone(str(tmp_path), 0.0).eval()
    side = SIZES[kind] * 2
    embedder = Images("auto").fit(
        np.zeros((2, 1, side, side)), most_patches=count_image_patches(backbone) * 2
    )
    patch = embedder.patch_shape_[0]
    embedder = embedder.build_embedder(backbone.width)
    embedder.start_from(backbone)
    own = model.config.patch_size
    small = draw(4, 3, own, own)
    resized = np.einsum("ia,ncab,jb->ncij",
                        bicubic(own, patch), small.numpy(), bicubic(own, patch))  # fmt: skip
    project = model.embeddings.patch_embeddings.projection
    grey = small.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    large = torch.from_numpy(resized).float().mean(1, keepdim=True)
    torch.testing.assert_close(
        embedder.project(large).flatten(1), project(grey).flatten(1), rtol=0, atol=1e-4
    )


def bicubic(old, new):
    """The matrix (new, old) that resizes a line by cubic convolution with antialiasing."""
    scale = old / new
    reach = max(scale, 1)
    matrix = np.zeros((new, old))
    for i in range(new):
        for j in range(old):
            x = abs((j + 0.5) - (i + 0.5) * scale) / reach
            a = -0.5
            if x < 1:
                matrix[i, j] = (a + 2) * x**3 - (a + 3) * x**2 + 1
            elif x < 2:
                matrix[i, j] = a * (x**3 - 5 * x**2 + 8 * x - 4)
    return matrix / matrix.sum(1, keepdims=True)


@pytest.mark.parametrize(
    ("old", "new"), [((4, 4), (7, 5)), ((4, 4), (2, 3)), ((1, 5), (1, 9)), ((1, 9), (1, 5))]
)
def test_positions_lie_between_those_of_the_body(old, new):
    positions = draw(old[0] * old[1], 3)
    table = positions.numpy().reshape(*old, 3)
    expected = np.einsum("ia,abd,jb->ijd", bicubic(old[0], new[0]), table, bicubic(old[1], new[1]))
    found = resample_positions(positions, old, new)
    np.testing.assert_allclose(found.numpy(), expected.reshape(-1, 3), atol=1e-5)


def test_positions_of_an_order_are_taken_from_its_start_and_of_a_plane_line_by_line():
    positions = draw(12, 2)
    assert torch.equal(resample_positions(positions, None, (5,)), positions[:5])
    assert torch.equal(resample_positions(positions, None, (2, 3)), positions[:6])
    longer = np.einsum("ia,ad->id", bicubic(12, 20), positions.numpy())
    np.testing.assert_allclose(resample_positions(positions, None, (20,)), longer, atol=1e-5)
    assert torch.equal(resample_positions(positions, (3, 4), (12,)), positions)


@pytest.mark.parametrize("shape", [(2, 2), (3, 5), (8, 8)])
def test_a_kernel_of_larger_patches_sees_what_it_saw(shape):
    kernel, patches = draw(6, 1, 2, 2).double(), draw(5, 1, 2, 2, seed=1).double()
    resized = np.einsum("ia,ncab,jb->ncij", bicubic(2, shape[0]), patches, bicubic(2, shape[1]))
    found = np.einsum("ncij,dcij->nd", resized, resample_kernel(kernel, 1, shape))
    np.testing.assert_allclose(found, torch.einsum("ncij,dcij->nd", patches, kernel), atol=1e-8)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 2)])
def test_a_kernel_of_smaller_patches_sees_nearly_what_it_saw(shape):
    """By least squares over all patches, which is what the pseudoinverse is."""
    kernel = draw(6, 1, 4, 4).double()
    resize = np.kron(bicubic(4, shape[0]), bicubic(4, shape[1]))
    expected, *_ = np.linalg.lstsq(resize.T, kernel.flatten(1).numpy().T, rcond=None)
    found = resample_kernel(kernel, 1, shape).flatten(1).numpy()
    np.testing.assert_allclose(found, expected.T, atol=1e-6)


def test_channels_are_averaged_or_repeated():
    kernel, grey = draw(6, 3, 2, 2), draw(5, 1, 2, 2, seed=1)
    said = torch.einsum("nchw,dchw->nd", grey.expand(-1, 3, -1, -1), kernel)
    for n_channels in (1, 2, 3, 6):
        fits = resample_kernel(kernel, n_channels, (2, 2))
        assert fits.shape == (6, n_channels, 2, 2)
        if n_channels % 3 == 0 or n_channels == 1:
            found = torch.einsum("nchw,dchw->nd", grey.expand(-1, n_channels, -1, -1), fits)
            torch.testing.assert_close(found, said, **CLOSE)


@torch.no_grad()
def test_a_sequence_is_seen_as_an_image_whose_rows_are_all_the_same(tmp_path):
    save_model(tmp_path, "vit")
    backbone = load_backbone(str(tmp_path), 0.0)
    embedder = GridEmbedder(3, (16,), (4,), backbone.width)
    embedder.start_from(backbone)
    series = draw(2, 3, 16)
    project = backbone.source_embedder.project
    rows = project(series.unsqueeze(2).expand(-1, -1, 4, -1)).flatten(2)
    torch.testing.assert_close(embedder.project(series), rows, rtol=0, atol=1e-4)
    expected = resample_positions(backbone.source_embedder.positions, (16,), (4,))
    assert embedder.positions.shape == expected.shape


@torch.no_grad()
@pytest.mark.parametrize("kind", LANGUAGE)
def test_sequences_start_with_a_language_bodys_norm_and_positions_in_order(tmp_path, kind):
    model = save_model(tmp_path, kind)
    backbone = load_backbone(str(tmp_path), 0.0)
    modality = Sequences("auto").fit(np.zeros((2, 1, 20)))
    embedder = modality.build_embedder(backbone.width)
    embedder.start_from(backbone)
    norm = getattr(model.embeddings, "LayerNorm", None) or model.embeddings.norm
    assert torch.equal(embedder.inner_norm.weight, norm.weight)
    table = getattr(model.embeddings, "position_embeddings", None)
    if table is not None:
        first = 0 if table.padding_idx is None else table.padding_idx + 1
        assert torch.equal(embedder.positions, table.weight[first : first + 20])
        values = draw(3, 1, 20)
        mapped = (embedder.project(values) + embedder.refine(embedder.stem(values))).mT
        expected = norm(mapped) + table.weight[first : first + 20]
        torch.testing.assert_close(embedder(values), expected, **CLOSE)


@torch.no_grad()
@pytest.mark.parametrize("shape", [(16, 16), (8, 8), (128,), (64,), (32,)])
def test_samples_start_as_the_embedded_bodys_own_tokens(shape):
    """Smaller ones as if they were enlarged, where patches would be smaller than any it knows."""
    backbone = load_backbone("embedded", 0.0)
    samples = draw(50, 1, *shape)
    kind, axes = (Images, 2) if len(shape) == 2 else (Sequences, 1)
    modality = kind("auto").fit(samples.numpy(), most_patches=count_image_patches(backbone))
    embedder = modality.build_embedder(backbone.width)
    embedder.start_from(backbone)
    maps = backbone.source_embedder.images if axes == 2 else backbone.source_embedder.sequences
    small = min(modality.patch_shape_) == 1
    own = resize(samples, [2 * size for size in shape]) if small else samples
    patch_shape = [size * (1 + small) for size in modality.patch_shape_]
    torch.testing.assert_close(embedder(samples), maps.cut(own, patch_shape), **CLOSE)
    if own.shape[1:] == maps.sample_shape:
        torch.testing.assert_close(embedder(samples), backbone.source_embedder(own), **CLOSE)


def test_swin_is_as_large_as_the_tests_say():
    assert SWIN["image_size"] == SIZES["swin"]
