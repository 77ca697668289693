"""The pretraining of the embedded backbone: its head, episodes, loop and command."""

import hashlib
import math
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig, load_embedded
from pare_sklearn.pretraining import __main__ as command
from pare_sklearn.pretraining import measuring, progress
from pare_sklearn.pretraining.closed_form import MAX_SQUARED_ERROR, ClosedFormHead, ridge
from pare_sklearn.pretraining.episode_kinds import (
    HELD_OUT,
    TRAINING,
    draw_episodes,
    parse_shares,
)
from pare_sklearn.pretraining.episodes import Episode, Grids, Table, embed_table, pooled_features
from pare_sklearn.pretraining.grid_episodes import split_source
from pare_sklearn.pretraining.images import (
    augment,
    draw_glyph_episode,
    draw_image_episode,
    shift,
)
from pare_sklearn.pretraining.learner import Learner, pick_precision
from pare_sklearn.pretraining.loop import Pretraining, pretrain, relative_rate
from pare_sklearn.pretraining.measuring import measure
from pare_sklearn.pretraining.mixtures import draw_mixture, mix
from pare_sklearn.pretraining.seeds import held_out_rng, seed_torch, step_rng
from pare_sklearn.pretraining.series import draw_waves, sum_waves, warped_times
from pare_sklearn.pretraining.settings import Settings
from pare_sklearn.sources import SOURCES, load_source

CPU = torch.device("cpu")
TINY = EmbeddedConfig(width=8, depth=1, n_heads=2)
BOTH = {"tables": 1.0, "contours": 1.0}


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    """Smaller tables, to save time."""
    monkeypatch.setattr("pare_sklearn.pretraining.tables.episodes.N_ROWS", 96)
    monkeypatch.setattr("pare_sklearn.pretraining.tables.episodes.MIN_SUPPORT", 32)
    monkeypatch.setattr("pare_sklearn.pretraining.tables.episodes.MAX_SUPPORT", 64)
    for module in ("grid_episodes", "images", "series", "mixtures"):
        monkeypatch.setattr(f"pare_sklearn.pretraining.{module}.N_ROWS", 48)


def tiny(steps=6, **settings):
    return Settings(**{"steps": steps, "shares": BOTH, "config": TINY, **settings})


def rng(seed=0):
    return np.random.default_rng(seed)


def double(*shape, seed=0):
    return torch.from_numpy(rng(seed).normal(size=shape))


# The head in closed form


@settings(max_examples=30, deadline=None)
@given(
    n_support=st.integers(1, 20),
    width=st.integers(1, 10),
    n_outputs=st.integers(1, 4),
    penalty=st.floats(1e-2, 1e2),
)
def test_the_head_is_scikit_learns_ridge(n_support, width, n_outputs, penalty):
    support, targets = double(n_support, width), double(n_support, n_outputs, seed=1)
    query = double(7, width, seed=2)
    predicted = ridge(support, targets, query, torch.tensor(penalty))
    expected = Ridge(penalty).fit(support, targets).predict(query).reshape(7, n_outputs)
    np.testing.assert_allclose(predicted, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("n_support", [3, 9])
def test_gradients_go_through_the_solve(n_support):
    inputs = (double(n_support, 4), double(n_support, 2, seed=1), double(5, 4, seed=2))
    penalty = torch.tensor(0.7, dtype=torch.float64)
    assert torch.autograd.gradcheck(ridge, [x.requires_grad_() for x in (*inputs, penalty)])


@pytest.mark.parametrize("regression", [False, True])
def test_the_gradient_of_the_loss_is_that_of_finite_differences(regression):
    head = ClosedFormHead().double()
    labels = double(12, seed=1) if regression else torch.tensor([0, 1, 2, 1, 0, 2] * 2)
    parameters = (double(12, 3).requires_grad_(), head.log_penalty, head.log_scale)
    assert torch.autograd.gradcheck(lambda features, *_: head(features, labels, 6).loss, parameters)


def test_the_loss_of_numbers_is_the_mean_squared_error_up_to_a_bound():
    features, labels = double(20, 3).float(), double(20, seed=1).float()
    head = ClosedFormHead()
    outcome = head(features, labels, 12)
    expected = Ridge(1.0).fit(features[:12], labels[:12]).predict(features[12:])
    assert outcome.loss.item() == pytest.approx(np.mean((expected - labels[12:].numpy()) ** 2))
    assert outcome.accuracy is None
    assert head(features, 100 * labels, 12).loss == MAX_SQUARED_ERROR


def test_the_loss_of_classes_is_the_mean_cross_entropy_of_the_classes_in_the_support():
    """Row by row; classes 1 and 4 are absent from the support."""
    labels = torch.tensor([0, 2, 3, 0, 2, 3, 0, 2, 1, 3, 0, 4, 2])
    features = double(13, 3).float()
    head = ClosedFormHead()
    outcome = head(features, labels, 7)
    one_hot = np.eye(5)[labels[:7]]
    scores = Ridge(1.0).fit(features[:7], one_hot).predict(features[7:]) * math.exp(2)
    losses, hits = [], []
    for row, label in zip(scores, labels[7:].tolist(), strict=True):
        present = {c: math.exp(row[c]) for c in (0, 2, 3)}
        if label in present:
            losses.append(-math.log(present[label] / sum(present.values())))
            hits.append(max(present, key=present.get) == label)
    assert len(losses) == 4
    assert outcome.loss.item() == pytest.approx(np.mean(losses), rel=1e-4)
    assert outcome.accuracy.item() == pytest.approx(np.mean(hits))


def test_samples_of_absent_classes_have_no_gradient():
    labels = torch.tensor([0, 1, 0, 1, 2, 0, 1])
    features = double(7, 3).float().requires_grad_()
    ClosedFormHead()(features, labels, 4).loss.backward()
    assert (features.grad[4] == 0).all()
    assert (features.grad[[0, 1, 2, 3, 5, 6]].abs().sum(dim=1) > 0).all()


def test_where_only_absent_classes_are_asked_for_the_loss_is_zero():
    features = double(5, 3).float().requires_grad_()
    outcome = ClosedFormHead()(features, torch.tensor([0, 1, 0, 2, 2]), 3)
    outcome.loss.backward()
    assert outcome.loss == outcome.accuracy == 0
    assert (features.grad == 0).all()


# Episodes


def make_table(n_numeric, n_categorical, patches_per_feature=1, n=20):
    codes = torch.from_numpy(rng().integers(5, size=(n, n_categorical)))
    return Table(double(n, n_numeric).float(), codes, patches_per_feature)


@pytest.mark.parametrize(("n_numeric", "n_categorical"), [(3, 2), (3, 0), (0, 2), (1, 0), (0, 1)])
@pytest.mark.parametrize("patches_per_feature", [1, 3])
def test_tables_become_a_patch_or_several_a_feature(n_numeric, n_categorical, patches_per_feature):
    maps = EmbeddedBackbone(TINY, 0.0).source_embedder.tables
    table = make_table(n_numeric, n_categorical, patches_per_feature)
    tokens = embed_table(maps, table)
    assert tokens.shape == (20, (n_numeric + n_categorical) * patches_per_feature, 8)
    tokens.square().sum().backward()
    assert all(p.grad.isfinite().all() for p in maps.parameters() if p.grad is not None)
    used = [maps.identity, *[maps.values.linear] * (n_numeric > 0)]
    used += [maps.category] * (n_categorical > 0)
    assert all(part.weight.grad.abs().sum() > 0 for part in used)


def test_tokens_are_as_the_maps_say_number_by_number():
    maps = EmbeddedBackbone(TINY, 0.0).source_embedder.tables
    table = make_table(2, 2, patches_per_feature=3)
    torch.manual_seed(0)
    tokens = embed_table(maps, table)
    torch.manual_seed(0)
    identity, gain = maps.draw_patches(4, 3)
    cardinalities = [int(column.max()) + 1 for column in table.codes.T]
    embeddings = maps.draw_categories(sum(cardinalities)).split(cardinalities)
    for row in range(20):
        for feature in range(4):
            for patch in range(3):
                if feature < 2:
                    value = maps.values(table.numbers[row, feature]) * gain[feature, patch]
                else:
                    value = embeddings[feature - 2][table.codes[row, feature - 2]]
                expected = maps.norm(value + identity[feature, patch])
                torch.testing.assert_close(tokens[row, 3 * feature + patch], expected)


def test_each_pass_draws_new_codes_and_equal_rows_stay_equal():
    backbone = EmbeddedBackbone(TINY, 0.0)
    numbers, codes, _ = make_table(2, 1, n=10)
    table = Table(numbers.repeat(2, 1), codes.repeat(2, 1), 1)
    first, second = (pooled_features(backbone, table) for _ in range(2))
    torch.testing.assert_close(first[:10], first[10:])
    assert not torch.allclose(first, second)


def test_features_of_images_are_the_mean_over_their_patches():
    backbone = EmbeddedBackbone(TINY, 0.0)
    images = torch.rand(5, 1, 16, 16)
    expected = backbone.encoder(backbone.source_embedder(images)).mean(dim=1)
    torch.testing.assert_close(pooled_features(backbone, Grids(images)), expected)


@torch.no_grad()
def test_images_are_cut_into_patches_of_another_size():
    """Where every patch is a single grey, larger ones see what the backbone's own do."""
    backbone = EmbeddedBackbone(TINY, 0.0)
    greys = torch.rand(5, 1, 8, 8)
    own, cut = (greys.repeat_interleave(n, 2).repeat_interleave(n, 3) for n in (2, 4))
    expected = pooled_features(backbone, Grids(own))
    torch.testing.assert_close(pooled_features(backbone, Grids(own, (2, 2))), expected)
    found = pooled_features(backbone, Grids(cut, (4, 4)))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("n", [1, 200])
def test_images_are_shifted_by_at_most_two_pixels(n):
    images = torch.from_numpy(rng().random((n, 1, 8, 8)))
    padded = np.pad(images, [(0, 0), (0, 0), (2, 2), (2, 2)], mode="edge")
    windows = [padded[..., i : i + 8, j : j + 8] for i in range(5) for j in range(5)]
    found = [
        {w for w, window in enumerate(windows) if np.array_equal(window[row], shifted)}
        for row, shifted in enumerate(shift(images, rng()))
    ]
    assert all(len(moves) == 1 for moves in found)
    assert n == 1 or len(set.union(*found)) == 25


def test_augmented_images_are_inverted_or_not_with_noise():
    images, means, patches = torch.full((20, 1, 16, 16), -1.0), [], set()
    for seed in range(60):
        augmented, patch_shape = augment(images, rng(seed))
        assert augmented.dtype == torch.float32
        assert augmented.std() == pytest.approx(0.1, rel=0.1)
        means.append(round(augmented.mean().item()))
        patches.add(patch_shape)
    assert {-1, 1} == set(means)
    assert 5 < means.count(1) < 35
    assert patches == {(2, 2), (4, 4)}


def test_augmented_images_are_blurred_or_not():
    """A chessboard is grey where pixels are averaged."""
    board = torch.from_numpy(np.indices((16, 16)).sum(axis=0) % 2 * 2.0 - 1).float()
    spreads = [augment(board.expand(30, 1, 16, 16), rng(seed))[0].std() for seed in range(40)]
    blurred = [spread < 0.6 for spread in spreads]
    assert 10 < sum(blurred) < 30


def test_sums_of_waves_are_cosines_and_sines():
    waves, times = draw_waves(3, rng()), warped_times(3, rng(1))
    expected = [
        sum(
            w.real * np.cos(np.pi * n * t) - w.imag * np.sin(np.pi * n * t)
            for n, w in enumerate(wave, start=1)
        )
        for wave, t in zip(waves, times, strict=True)
    ]
    np.testing.assert_allclose(sum_waves(waves, times), expected, atol=1e-9)


@pytest.mark.parametrize(("share", "k"), [(0.25, 2), (0.5, 4), (1e-3, 1), (1.0, 8)])
def test_mixtures_are_other_samples_with_patches_of_the_source(share, k):
    """Tokens are their own numbers, so that each can be told."""
    tokens = torch.arange(5 * 16.0).reshape(5, 16, 1)
    others = 100 + torch.arange(7 * 8.0).reshape(7, 8, 1)
    mixed = mix(tokens, others, share).squeeze(2)
    assert mixed.shape == (5, 8)
    for row, found in enumerate(mixed.tolist()):
        assert len({*found}) == 8
        assert {*found[:k]} <= {*tokens[row, :, 0].tolist()}
        assert {*found[k:]} <= {*others[row, :, 0].tolist()}


def test_a_mixture_has_no_more_patches_of_the_source_than_there_are():
    tokens, others = torch.zeros(5, 2, 1), torch.ones(5, 8, 1)
    assert mix(tokens, others, 0.9).sum(dim=1).flatten().tolist() == [6] * 5


def test_mixtures_are_of_sources_with_their_own_classes():
    drawn = [draw_mixture(rng(seed), ("contours", "signals"), draw_glyph_episode)
             for seed in range(60)]  # fmt: skip
    assert {mixture.source for mixture in drawn} == {"contours", "signals"}
    samples = {name: {bytes(x): y for x, y in zip(*load_source(name), strict=True)}
               for name in ("contours", "signals")}  # fmt: skip
    for mixture in drawn:
        known = samples[mixture.source]
        assert [known[bytes(x)] for x in mixture.samples.numpy()] == mixture.labels.tolist()
        assert mixture.others is None or mixture.others.values.shape == (48, 1, 16, 16)
    whole = [mixture.others is None for mixture in drawn]
    assert whole == [mixture.share == 1 for mixture in drawn]
    assert 8 < sum(whole) < 30


@pytest.mark.parametrize("whole", [True, False])
def test_a_source_is_told_by_its_own_head(whole):
    learner = Learner(TINY)
    drawn = (draw_mixture(rng(seed), ("signals",), draw_glyph_episode) for seed in range(60))
    mixture = next(mixture for mixture in drawn if (mixture.others is None) is whole)
    backbone = learner.backbone
    tokens = backbone.source_embedder(mixture.samples)
    torch.manual_seed(0)
    if not whole:
        others = backbone.source_embedder.images.cut(*mixture.others)
        tokens = mix(tokens, others, mixture.share)
    logits = backbone.source_heads["signals"](backbone.encoder(tokens))
    torch.manual_seed(0)
    outcome = learner(mixture)
    expected = torch.nn.functional.cross_entropy(logits, mixture.labels)
    torch.testing.assert_close(outcome.loss, expected)
    hits = (logits.argmax(dim=1) == mixture.labels).float().mean()
    assert outcome.accuracy.item() == pytest.approx(hits.item())


def test_mixtures_count_half_beside_episodes():
    pretraining = Pretraining(tiny(shares={"sources": 1.0}), CPU)
    with torch.no_grad():
        losses = []
        generator = step_rng(0, 0)
        seed_torch(generator)
        for task in draw_episodes(generator, {"sources": 1.0}, 4):
            losses.append(pretraining.learner(task).loss.item())
    assert pretraining.take_step() == pytest.approx(np.mean(losses) / 2, rel=1e-4)


@pytest.mark.parametrize("source", SOURCES)
def test_a_fifth_of_the_images_is_held_out(source):
    (X_train, y_train), (X_held_out, y_held_out) = split_source(source)
    X, y = load_source(source)
    assert len(X_held_out) == pytest.approx(0.2 * len(X), abs=1)
    assert sorted(map(bytes, np.concatenate([X_train, X_held_out]))) == sorted(map(bytes, X))
    np.testing.assert_allclose(np.bincount(y_held_out), 0.2 * np.bincount(y), atol=1)
    assert len(y_train) + len(y_held_out) == len(y)


@pytest.mark.parametrize("kind", [name for name in TRAINING if name not in ("tables", "sources")])
def test_episodes_of_grids_have_some_of_the_classes(kind):
    shape = (1, 128) if kind in ("shapes", "signals") else (1, 16, 16)
    episodes = [TRAINING[kind](rng(seed)) for seed in range(30)]
    n_classes = {int(labels.max()) + 1 for _, labels, _ in episodes}
    assert min(n_classes) < 5 < 8 < max(n_classes) <= (20 if kind == "glyphs" else 10)
    for (values, _), labels, n_support in episodes:
        assert values.shape == (48, *shape)
        assert values.dtype == torch.float32
        assert len(labels.unique()) == labels.max() + 1
        assert len(labels[:n_support].unique()) >= 2
        assert 12 <= n_support < 36


def test_held_out_images_come_as_they_are_and_none_is_trained_on():
    held_out = split_source("contours")[1][0].reshape(-1, 256)
    for seed in range(5):
        inputs = draw_image_episode(rng(seed), "contours", held_out=True).inputs
        assert inputs.patch_shape is None
        images = inputs.values.numpy().reshape(-1, 256)
        # Up to their scale, as an episode is standardised.
        likeness = np.corrcoef(images, held_out)[: len(images), len(images) :]
        assert (likeness.max(axis=1) > 1 - 1e-5).all()
    trained_on = {bytes(image) for image in split_source("contours")[0][0]}
    assert not trained_on & {bytes(image) for image in split_source("contours")[1][0]}


# Modalities


def test_episodes_are_drawn_by_their_shares_whatever_the_order():
    shares = {"tables": 3.0, "contours": 1.0}
    drawn = draw_episodes(rng(), shares, 100)
    n_tables = sum(isinstance(episode.inputs, Table) for episode in drawn)
    assert 60 < n_tables < 90
    again = draw_episodes(rng(), dict(reversed(shares.items())), 100)
    for one, other in zip(drawn, again, strict=True):
        assert torch.equal(one.labels, other.labels)


def test_held_out_episodes_have_no_seed_of_a_step():
    steps = {step_rng(seed, step).integers(2**62) for seed in range(3) for step in range(50)}
    held_out = {held_out_rng(episode).integers(2**62) for episode in range(50)}
    assert len(steps) == 150
    assert len(held_out) == 50
    assert not steps & held_out


def test_what_is_trained_on_is_measured():
    assert list(TRAINING) == list(HELD_OUT)
    assert {*Settings().shares} == {*TRAINING} - {"digits"}


def test_shares_are_read():
    assert parse_shares(" tables=3,digits = 0.5") == {"tables": 3, "digits": 0.5}


bad_shares = pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no modality with a share"),
        ("tables", "no modality with a share"),
        ("tables=x", "no modality with a share"),
        ("tables=1,", "no modality with a share"),
        ("cats=1", "Unknown modality 'cats'; known are"),
        ("tables=1,tables=2", "named twice"),
        ("tables=0", "must be a positive number"),
        ("tables=-1", "must be a positive number"),
        ("tables=nan", "must be a positive number"),
        ("tables=inf", "must be a positive number"),
    ],
)


@bad_shares
def test_shares_that_make_no_sense_are_rejected(text, message):
    with pytest.raises(ValueError, match=message):
        parse_shares(text)


# The loop


def states(pretraining):
    """All numbers that a pretraining goes on from."""
    optimizer = pretraining.optimizer.state_dict()
    moments = {f"{n} {key}": t for n, s in optimizer["state"].items() for key, t in s.items()}
    return {**pretraining.learner.state_dict(), **moments}


def assert_same(first, second):
    one, other = states(first), states(second)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def interrupt_after(monkeypatch, n_steps):
    """Press ctrl-C in place of the step after `n_steps`."""
    take_step = Pretraining.take_step

    def take_or_stop(self):
        if self.step == n_steps:
            raise KeyboardInterrupt
        return take_step(self)

    monkeypatch.setattr(Pretraining, "take_step", take_or_stop)


def test_pretraining_is_reproducible():
    first, second, other = (pretrain(tiny(seed=s), verbose=False) for s in (0, 0, 1))
    assert_same(first, second)
    assert not torch.equal(first.learner.head.log_scale, other.learner.head.log_scale)


@pytest.mark.parametrize("n_steps", [1, 2, 5])
def test_an_interrupted_pretraining_goes_on_bit_for_bit(tmp_path, monkeypatch, n_steps):
    path = tmp_path / "new" / "checkpoint.pt"
    with monkeypatch.context() as context:
        interrupt_after(context, n_steps)
        with pytest.raises(KeyboardInterrupt):
            pretrain(tiny(), path, checkpoint_every=2, verbose=False)
    assert path.exists() == (n_steps >= 2)
    resumed = pretrain(tiny(), path, checkpoint_every=2, verbose=False)
    assert_same(resumed, pretrain(tiny(), verbose=False))
    assert resumed.step == 6


def test_an_ended_pretraining_is_taken_from_its_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    first = pretrain(tiny(), path, verbose=False)
    interrupt_after(monkeypatch, 0)
    again = pretrain(tiny(), path, verbose=False)
    assert_same(first, again)
    assert again.seconds == first.seconds > 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"steps": 7}, "steps is 6 there and 7 here"),
        ({"seed": 1}, "seed is 0 there and 1 here"),
        ({"lr": 1.0}, "lr is 0.002 there and 1.0 here"),
        ({"shares": {"tables": 1.0}}, "shares is"),
        ({"config": EmbeddedConfig(width=4)}, "config is"),
        ({"precision": "bfloat16"}, "precision is 'float32' there and 'bfloat16' here"),
    ],
)
def test_a_checkpoint_of_other_settings_is_rejected(tmp_path, changed, message):
    path = tmp_path / "checkpoint.pt"
    Pretraining(tiny(), CPU).save(path)
    with pytest.raises(ValueError, match=message):
        Pretraining(tiny(**changed), CPU).resume(path)


@pytest.mark.parametrize("part", ["learner", "optimizer"])
def test_a_checkpoint_of_other_parameters_is_rejected(tmp_path, part):
    """As another version of the package has them."""
    path = tmp_path / "checkpoint.pt"
    pretraining = Pretraining(tiny(), CPU)
    pretraining.save(path)
    state = torch.load(path, weights_only=True)
    if part == "learner":
        del state["learner"]["head.log_scale"]
    else:
        state["optimizer"]["param_groups"][0]["params"].pop()
    torch.save(state, path)
    with pytest.raises(ValueError, match="has other parameters, those of another version"):
        pretraining.resume(path)


@pytest.mark.parametrize("data", [b"", b"nonsense", "list", "settings", "truncated"])
def test_a_damaged_checkpoint_is_rejected(tmp_path, data):
    path = tmp_path / "checkpoint.pt"
    Pretraining(tiny(), CPU).save(path)
    if data == "list":
        torch.save([1, 2], path)
    elif data == "settings":
        torch.save({**torch.load(path, weights_only=True), "settings": 1}, path)
    else:
        path.write_bytes(path.read_bytes()[:1000] if data == "truncated" else data)
    with pytest.raises(ValueError, match="no checkpoint of a pretraining, or damaged"):
        pretrain(tiny(), path, verbose=False)


def test_an_interrupted_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.pt"
    pretraining = Pretraining(tiny(), CPU)
    pretraining.save(path)
    before = path.read_bytes()

    def write_a_part(path, data):
        with path.open("wb") as file:
            file.write(data[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", write_a_part)
    pretraining.take_step()
    with pytest.raises(KeyboardInterrupt):
        pretraining.save(path)
    assert path.read_bytes() == before
    monkeypatch.undo()
    pretraining.save(path)
    assert path.read_bytes() != before
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_checkpoint_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    (tmp_path / "checkpoint.pt.part").mkdir()
    with pytest.raises(OSError, match=r"checkpoint\.pt\.part"):
        Pretraining(tiny(), CPU).save(tmp_path / "checkpoint.pt")


def test_global_generators_stay_as_they_are():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    pretraining = pretrain(tiny(steps=2), verbose=False)
    measure(pretraining.learner, "tables", 2)
    measure(pretraining.learner, "sources", 2)
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state[1])  # noqa: NPY002


def test_what_is_learned_holds_for_tables_and_images_held_out():
    settings = tiny(steps=80, lr=1e-2, config=EmbeddedConfig(width=16, depth=1, n_heads=2))
    before = Pretraining(settings, CPU).learner
    after = pretrain(settings, verbose=False).learner
    falls, rises = {}, {}
    for modality in settings.shares:
        first, last = (measure(learner, modality, 25) for learner in (before, after))
        falls[modality] = first.loss - last.loss
        rises[modality] = last.accuracy - first.accuracy
    assert min(falls.values()) > 0.05
    assert rises["contours"] > 0.05


def test_measuring_is_the_same_at_each_call():
    learner = Learner(TINY)
    assert measure(learner, "tables", 4) == measure(learner, "tables", 4)
    assert measure(learner, "signals", 3).n_episodes == 3


@pytest.mark.filterwarnings("error")
def test_there_is_no_accuracy_where_all_episodes_are_of_numbers(monkeypatch):
    monkeypatch.setattr("pare_sklearn.pretraining.tables.episodes.REGRESSION_SHARE", 1.0)
    figures = measure(Learner(TINY), "tables", 2)
    assert figures.loss > 0
    assert figures.accuracy is None


def test_the_rate_warms_up_and_falls_to_a_fiftieth():
    rates = [relative_rate(step, 12_000) for step in range(12_000)]
    assert rates[0] == pytest.approx(1 / 200)
    assert rates[99] == pytest.approx(0.5, rel=1e-3)
    assert np.argmax(rates) == 199
    assert max(rates) == pytest.approx(1, rel=1e-2)
    assert (np.diff(rates[199:]) < 0).all()
    assert rates[-1] == pytest.approx(0.02, rel=1e-3)
    assert all(0 < relative_rate(step, 3) <= 1 for step in range(3))


def test_a_step_follows_the_rate():
    pretraining = Pretraining(tiny(steps=100), CPU)
    pretraining.take_step()
    assert pretraining.optimizer.param_groups[0]["lr"] == 2e-3 * relative_rate(0, 100)


def test_the_loss_of_a_step_is_the_mean_of_its_episodes(monkeypatch):
    pretraining = Pretraining(tiny(), CPU)
    losses, forward = [], Learner.forward

    def note(self, episode):
        outcome = forward(self, episode)
        losses.append(outcome.loss.item())
        return outcome

    monkeypatch.setattr(Learner, "forward", note)
    assert pretraining.take_step() == pytest.approx(np.mean(losses))
    assert len(losses) == 4


def test_gradients_that_are_not_finite_leave_the_weights(monkeypatch):
    pretraining = Pretraining(tiny(), CPU)
    before = {name: p.clone() for name, p in pretraining.learner.state_dict().items()}

    def leave_nan(rng):
        pretraining.learner.head.log_scale.grad = torch.tensor(torch.nan)
        return torch.nan

    monkeypatch.setattr(pretraining, "_backpropagate", leave_nan)
    pretraining.take_step()
    assert pretraining.step == 1
    after = pretraining.learner.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_bfloat16_comes_near_to_float32():
    episode = draw_episodes(rng(), {"contours": 1.0}, 1)[0]
    losses = {}
    for precision in ("float32", "bfloat16"):
        torch.manual_seed(0)
        losses[precision] = Learner(TINY, precision)(episode).loss
    assert losses["bfloat16"].dtype == torch.float32
    assert losses["bfloat16"] != losses["float32"]
    torch.testing.assert_close(losses["bfloat16"], losses["float32"], rtol=0.05, atol=0.05)


def test_auto_is_the_faster_precision_of_the_device(monkeypatch):
    assert pick_precision("auto", CPU) == "float32"
    asked = "pare_sklearn.pretraining.learner.computes_bfloat16"
    for computes, precision in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(asked, {"cuda:1": computes}.__getitem__)
        assert pick_precision("auto", torch.device("cuda", 1)) == precision
    assert pick_precision("bfloat16", CPU) == "bfloat16"
    with pytest.raises(ValueError, match="precision='half' is unknown"):
        pick_precision("half", CPU)


def test_episodes_move_to_a_device():
    episode = Episode(make_table(2, 1), torch.zeros(20), 5).to(torch.device("meta"))
    assert {episode.inputs.numbers.device, episode.inputs.codes.device, episode.labels.device} == {
        torch.device("meta")
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps=0 must be at least 1"),
        ({"seed": -1}, "seed=-1 must lie between"),
        ({"lr": 0.0}, "lr=0.0 must be a positive number"),
        ({"lr": math.nan}, "lr=nan must be a positive number"),
        ({"shares": {}}, "at least one modality"),
        ({"shares": {"cats": 1.0}}, "Unknown modality 'cats'"),
        ({"config": EmbeddedConfig(width=9)}, "width=9 is no multiple of n_heads=4"),
        ({"config": EmbeddedConfig(depth=0)}, "depth=0 must be at least 1"),
        (
            {"config": EmbeddedConfig(image_size=15)},
            "image_size=15 is no multiple of image_patch=2",
        ),
    ],
)
def test_settings_that_make_no_sense_are_rejected(settings, message):
    with pytest.raises(ValueError, match=message):
        tiny(**settings)


def test_unknown_devices_and_intervals_are_rejected():
    with pytest.raises(ValueError, match="device='abacus' is unknown"):
        pretrain(tiny(), device="abacus")
    with pytest.raises(ValueError, match="checkpoint_every=0"):
        pretrain(tiny(), checkpoint_every=0)


def test_progress_is_printed_from_time_to_time(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "PRINT_EVERY", 2)
    path = tmp_path / "checkpoint.pt"
    pretrain(tiny(steps=5), path)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["step 2/5", "step 4/5", "step 5/5"]
    assert re.search(
        r"loss \d\.\d{4} \(mean of the last 2 steps\), \d+ s, about \d+ s left", lines[0]
    )
    pretrain(tiny(steps=5), path)
    assert capsys.readouterr().out == "going on after step 5\n"


# The command


@pytest.fixture
def few_held_out(monkeypatch):
    monkeypatch.setattr(measuring, "N_TABLES", 3)
    monkeypatch.setattr(measuring, "N_IMAGE_EPISODES", 2)


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["pretraining", *map(str, arguments)])
    command.main()


def test_the_command_writes_weights_that_load_and_a_card(
    tmp_path, monkeypatch, capsys, few_held_out
):
    output = tmp_path / "weights" / "mine.safetensors"
    run(monkeypatch, "--steps", 1, "--seed", 3, "--output", output)
    backbone = load_embedded(0.0, output)
    card = output.with_suffix(".md").read_text()
    assert "--steps 1 --seed 3 --lr 0.002 --modalities tables=0.5,contours=0.02," in card
    assert hashlib.sha256(output.read_bytes()).hexdigest() in card
    assert f"| {sum(p.numel() for p in backbone.parameters()):,} |" in card
    assert "| width | 64 |" in card
    printed = re.findall(r"(\w+), held out: loss (\S+), accuracy (\S+)", capsys.readouterr().out)
    assert [name for name, *_ in printed] == list(TRAINING)
    for name, loss, accuracy in printed:
        n_episodes = 3 if name == "tables" else 2
        share = f"{Settings().shares.get(name, 0):.0%}"
        assert f"| {name} | {share} | {n_episodes} episodes | {loss} | {accuracy} |" in card


def test_other_shapes_load_by_their_config(tmp_path, monkeypatch, few_held_out):
    output = tmp_path / "mine.safetensors"
    shape = ("--width", 8, "--depth", 1, "--heads", 2)
    run(monkeypatch, "--steps", 2, *shape, "--modalities", "tables=1", "--output", output)
    weights = load_embedded(0.0, output, TINY).state_dict()
    trained = pretrain(tiny(steps=2, shares={"tables": 1.0}), verbose=False)
    expected = trained.learner.backbone.state_dict()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


@pytest.mark.parametrize(("lr", "share"), [(1e-4, 1.0), (1 / 3e3, 1 / 3), (1e-7 + 1e-15, 1e7 + 1)])
def test_the_cards_command_makes_the_same_weights(lr, share):
    shares = {"tables": share, "contours": 2.0}
    settings = Settings(steps=7, seed=3, lr=lr, shares=shares, config=TINY, precision="float32")
    arguments = command.as_command(settings).removeprefix(command.PROGRAM).split()
    assert command.to_settings(command.make_parser().parse_args(arguments)) == settings
    assert command.to_settings(command.make_parser().parse_args([])) == Settings()


def test_the_card_names_the_precision_that_auto_meant(tmp_path, monkeypatch, few_held_out):
    output = tmp_path / "mine.safetensors"
    monkeypatch.setattr("pare_sklearn.pretraining.loop.pick_precision", lambda *_: "bfloat16")
    pretraining = pretrain(tiny(steps=1), verbose=False)
    command.write(pretraining, output)
    settings = replace(pretraining.settings, precision="bfloat16")
    assert pretraining.settings.precision == "auto"
    assert f"`{command.as_command(settings)}`" in output.with_suffix(".md").read_text()


def test_a_modality_without_accuracy_has_a_dash(tmp_path, monkeypatch, capsys):
    figures = {"tables": measuring.Figures(0.25, None, 3)}
    monkeypatch.setattr(command, "measure_all", lambda _: figures)
    command.write(Pretraining(tiny(), CPU), tmp_path / "mine.safetensors")
    card = (tmp_path / "mine.md").read_text()
    assert "| tables | 50% | 3 episodes | 0.2500 | - |" in card
    assert "tables, held out: loss 0.2500, accuracy -\n" in capsys.readouterr().out


def test_the_help_says_of_each_option_what_it_is_and_its_default():
    parser = command.make_parser()
    options = [action for action in parser._actions if action.dest != "help"]
    assert all(action.help for action in options)
    text = " ".join(parser.format_help().split())
    assert text.count("(default: ") == len(options)


def test_the_command_goes_on_after_an_interruption(tmp_path, monkeypatch, capsys, few_held_out):
    output, path = tmp_path / "mine.safetensors", tmp_path / "checkpoint.pt"
    arguments = ["--steps", 3, "--width", 8, "--depth", 1, "--output", output]
    arguments += ["--checkpoint", path, "--checkpoint-every", 1, "--threads", 1]
    with monkeypatch.context() as context:
        interrupt_after(context, 2)
        with pytest.raises(SystemExit) as stop:
            run(context, *arguments)
    assert stop.value.code == 130
    assert not output.exists()
    assert f"{path} keeps the work up to its last write" in capsys.readouterr().err
    run(monkeypatch, *arguments)
    assert output.exists()
    assert "going on after step 2" in capsys.readouterr().out


def press_ctrl_c(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("with_checkpoint", [False, True])
def test_an_interruption_while_measuring_says_what_is_kept(
    tmp_path, monkeypatch, capsys, with_checkpoint
):
    output, path = tmp_path / "mine.safetensors", tmp_path / "checkpoint.pt"
    arguments = ["--steps", 1, "--width", 8, "--depth", 1, "--output", output]
    monkeypatch.setattr(command, "measure_all", press_ctrl_c)
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, *arguments, *(["--checkpoint", path] if with_checkpoint else []))
    assert stop.value.code == 130
    assert not output.exists()
    kept = f"{path} keeps the work" if with_checkpoint else "no checkpoint keeps the work"
    assert f"Interrupted; {kept}" in capsys.readouterr().err


def test_an_interruption_before_the_first_checkpoint_claims_none(tmp_path, monkeypatch, capsys):
    arguments = ["--output", tmp_path / "mine.safetensors", "--checkpoint", tmp_path / "a.pt"]
    interrupt_after(monkeypatch, 0)
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, *arguments)
    assert stop.value.code == 130
    assert "Interrupted; no checkpoint keeps the work" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--modalities", "cats=1"], "Unknown modality 'cats'"),
        (["--modalities", "tables=0"], "must be a positive number"),
        (["--steps", "0"], "steps=0 must be at least 1"),
        (["--steps", "many"], "invalid int value"),
        (["--width", "9"], "width=9 is no multiple of n_heads=4"),
        (["--heads", "0"], "n_heads=0 must be at least 1"),
        (["--threads", "0"], "--threads 0 must be at least 1"),
        (["--device", "abacus"], "device='abacus' is unknown"),
        (["--precision", "half"], "invalid choice: 'half'"),
        (["--checkpoint-every", "0"], "checkpoint_every=0 must be at least 1"),
        (["--output", "mine.md"], "'mine.md' must end in .safetensors"),
        (["--output", "mine.sha256"], "'mine.sha256' must end in .safetensors"),
        (["--output", "taken/mine.safetensors"], "cannot be written"),
        (["--output", "a.safetensors"], "a.safetensors cannot be written"),
        (["--output", "b.safetensors"], "b.sha256 cannot be written"),
        (["--output", "c.safetensors"], "c.md cannot be written"),
        (["--output", 300 * "x" + ".safetensors"], "cannot be written"),
        (["--checkpoint", "folder"], "folder cannot be written"),
        (["--checkpoint", "taken/checkpoint"], "cannot be written"),
        (["--checkpoint", "busy"], "busy.part cannot be written"),
        (["--checkpoint", "taken"], "no checkpoint of a pretraining, or damaged"),
    ],
)
def test_a_command_that_makes_no_sense_is_rejected_before_training(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    for folder in ("a.safetensors", "b.sha256", "c.md", "folder", "busy.part"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(Pretraining, "take_step", press_ctrl_c)
    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, "--output", tmp_path / "mine.safetensors", *arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_checking_that_files_can_be_written_leaves_them(tmp_path):
    output, checkpoint = tmp_path / "mine.safetensors", tmp_path / "new" / "checkpoint.pt"
    output.write_text("old weights")
    command.check_files(output, checkpoint)
    assert output.read_text() == "old weights"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [output.name]
    assert not list(checkpoint.parent.iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_read_only_cannot_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match=r"mine\.safetensors cannot be written"):
        command.check_files(tmp_path / "mine.safetensors", None)
