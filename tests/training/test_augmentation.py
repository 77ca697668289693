"""Patches of other target samples in place of one's own, and patches left out while training."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from sklearn.datasets import make_classification, make_regression
from torch import nn

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.modules.dropout import PatchDropout
from pare_sklearn.modules.embedders.numbers import periodic
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.encoder import make_encoder
from pare_sklearn.modules.gate import Gate
from pare_sklearn.modules.losses import CrossEntropy, SquaredError
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.patchmix import mix_patches
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.sources import EmbeddedSource, load_source
from pare_sklearn.training import net
from pare_sklearn.training.net import PaReNet

BATCH, N, N_SOURCE, WIDTH, N_CLASSES, N_SOURCE_CLASSES = 8, 5, 7, 8, 3, 4
SOURCE = tuple(array[:200] for array in load_source("digits"))
ONE = {
    "source": SOURCE,
    "n_estimators": 1,
    "max_epochs": 3,
    "batch_size": 64,
    "random_state": 0,
}
BOTH = [PaReClassifier, PaReRegressor]


def numbered_tokens(batch, n, width=3):
    """Tokens that tell which sample and which position they are."""
    sample, position = torch.meshgrid(torch.arange(batch), torch.arange(n), indexing="ij")
    return torch.stack([sample, position, *[torch.zeros(batch, n)] * (width - 2)], dim=2).float()


def make_data(estimator_class):
    if estimator_class is PaReClassifier:
        return make_classification(
            60, 4, n_classes=3, n_informative=3, n_redundant=0, random_state=0
        )
    return make_regression(60, 4, n_targets=2, random_state=0)


@pytest.fixture(scope="module")
def data():
    return make_classification(60, 4, random_state=0)


# Mixing


@pytest.mark.parametrize("n", [1, 2, 9])
@pytest.mark.parametrize("batch", [1, 2, 40])
def test_each_patch_is_ones_own_or_the_partners_at_its_position(batch, n):
    torch.manual_seed(0)
    tokens = numbered_tokens(batch, n)
    mixed, partner, share = mix_patches(tokens)
    assert mixed.shape == tokens.shape
    assert torch.equal(mixed[..., 1:], tokens[..., 1:])
    assert sorted(partner.tolist()) == list(range(batch))
    own = torch.arange(batch)[:, None]
    assert ((mixed[..., 0] == own) | (mixed[..., 0] == partner[:, None])).all()
    others = partner != own.squeeze(1)
    counted = (mixed[..., 0] != own).float().mean(1)
    torch.testing.assert_close(share[others], counted[others])
    assert share.min() >= 0
    assert share.max() <= 1


def test_the_share_and_the_positions_are_uniform():
    torch.manual_seed(0)
    n = 4
    mixed, _, share = mix_patches(numbered_tokens(20_000, n))
    counts = torch.bincount((share * n).round().long(), minlength=n + 1)
    assert chisquare(counts.numpy()).pvalue > 1e-3
    one = (share * n).round() == 1
    foreign = (mixed[..., 0] != torch.arange(20_000)[:, None])[one]
    assert chisquare(foreign.sum(0).numpy()).pvalue > 1e-3


def test_samples_are_mixed_anew_at_each_call_and_independently():
    torch.manual_seed(0)
    tokens = numbered_tokens(50, 6)
    first, second = mix_patches(tokens), mix_patches(tokens)
    assert not torch.equal(first.partner, second.partner)
    assert not torch.equal(first.share, second.share)
    assert len(first.share.unique()) > 3


def test_the_gradient_goes_to_where_the_patches_come_from():
    torch.manual_seed(0)
    tokens = numbered_tokens(6, 4).requires_grad_()
    mixed, partner, share = mix_patches(tokens)
    mixed.sum().backward()
    received = (1 - share).index_add(0, partner, share)
    torch.testing.assert_close(tokens.grad[..., 0].mean(1), received)


# The loss of a step


def make_net(criterion=CrossEntropy, with_source=True, **parameters):
    torch.manual_seed(0)
    model = PaReModel(
        TableEmbedder(list(range(N)), [], periodic(N, WIDTH), [], WIDTH),
        make_encoder(WIDTH, 1, 2, 0.0),
        Predictor(WIDTH, N_CLASSES),
        Gate(WIDTH),
        Predictor(WIDTH, N_SOURCE_CLASSES),
    )
    tokens = torch.randn(20, N_SOURCE, WIDTH)
    source = EmbeddedSource(tokens, torch.arange(20) % N_SOURCE_CLASSES)
    fitting = PaReNet(
        model,
        criterion,
        source=source if with_source else None,
        exploration_epochs=0,
        train_split=None,
        callbacks=None,
        verbose=0,
        **parameters,
    ).initialize()
    fitting.history.new_epoch()
    fitting.history.new_batch()
    return fitting


def make_batch(regression):
    generator = torch.Generator().manual_seed(1)
    inputs = {
        "numbers": torch.randn(BATCH, N, generator=generator),
        "categories": torch.empty(BATCH, 0, dtype=torch.long),
    }
    y = torch.arange(BATCH) % N_CLASSES
    if regression:
        y = torch.randn(BATCH, N_CLASSES, generator=generator)
    return inputs, (y, torch.rand(BATCH, generator=generator))


def cross_entropy(logits, y):
    return -logits.log_softmax(-1)[torch.arange(len(y)), y]


def squared_error(outputs, y):
    return ((outputs - y) ** 2).mean(-1)


def spy_on_mixing(monkeypatch):
    """Collect what `mix_patches` gives to the net."""
    seen = []
    monkeypatch.setattr(net, "mix_patches", lambda x: seen.append(mix_patches(x)) or seen[-1])
    return seen


def mixed_loss(loss, outputs, y, weights, mixing):
    own = weights * loss(outputs, y)
    of_partner = weights[mixing.partner] * loss(outputs, y[mixing.partner])
    return ((1 - mixing.share) * own + mixing.share * of_partner).mean()


@pytest.mark.parametrize("k", [0, 2])
@pytest.mark.parametrize("with_source", [True, False])
@pytest.mark.parametrize("criterion", [CrossEntropy, SquaredError])
def test_the_labels_are_mixed_as_the_patches(monkeypatch, criterion, with_source, k):
    regression = criterion is SquaredError
    loss_of = squared_error if regression else cross_entropy
    seen, fitting = spy_on_mixing(monkeypatch), make_net(criterion, with_source, patchmix=True)
    inputs, (y, weights) = make_batch(regression)
    sources = []
    fitting._draw_source = lambda n: sources.append(PaReNet._draw_source(fitting, n)) or sources[0]
    fitting.k_, fitting.lam_ = k, k / N
    torch.manual_seed(2)
    loss = fitting.train_step_single((inputs, (y, weights)))["loss"].detach()

    (mixing,), model = seen, fitting.module_
    assert 0 < mixing.share.mean() < 1
    target = mixing.tokens
    expected = mixed_loss(loss_of, model.predictor(model.encoder(target)), y, weights, mixing)
    if with_source and k:
        ((tokens, labels),) = sources
        intermediate = target.clone()
        for i in range(BATCH):
            leaving = model.gate(target[i : i + 1])[0].argsort()[:k].sort().values
            entering = model.gate(tokens[i : i + 1])[0].argsort(descending=True)[:k].sort().values
            intermediate[i, leaving] = tokens[i, entering]
        features = model.encoder(intermediate)
        on_target = mixed_loss(loss_of, model.predictor(features), y, weights, mixing)
        on_source = (weights * cross_entropy(model.source_predictor(features), labels)).mean()
        expected = expected + (1 - k / N) * on_target + k / N * on_source
    torch.testing.assert_close(loss, expected.detach())


def test_a_validation_step_mixes_nothing(monkeypatch):
    seen, fitting = spy_on_mixing(monkeypatch), make_net(patchmix=True)
    fitting.validation_step(make_batch(regression=False))
    assert seen == []


# In the estimators


@pytest.mark.parametrize("estimator_class", BOTH)
@pytest.mark.parametrize("strategy", ["pare", "finetune", "orca", "scratch"])
def test_patchmix_goes_together_with_every_strategy(monkeypatch, estimator_class, strategy):
    seen = spy_on_mixing(monkeypatch)
    X, y = make_data(estimator_class)
    parameters = {**ONE, "strategy": strategy, "linear_probe": False}
    mixed = estimator_class(**parameters, augmentation="patchmix").fit(X, y)
    assert len(seen) == 3
    assert all(len(mixing.tokens) == 48 for mixing in seen)
    plain = estimator_class(**parameters).fit(X, y)
    assert len(seen) == 3
    assert np.isfinite(mixed.predict(X)).all()
    outputs = [model._outputs(X) for model in (mixed, plain)]
    assert abs(outputs[0] - outputs[1]).max() > 1e-4
    assert np.array_equal(mixed._outputs(X), outputs[0])
    assert len(seen) == 3


def test_patchmix_learns(data):
    X, y = data
    X = X + 3 * y[:, None]
    settings = {**ONE, "max_epochs": 25, "lr": 3e-3}
    model = PaReClassifier(**settings, augmentation="patchmix").fit(X, y)
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize("augmentation", ["cutmix", True, 1, ["patchmix"]])
def test_unknown_augmentations(data, augmentation):
    with pytest.raises(ValueError, match=r"'augmentation'.*'patchmix'.*None"):
        PaReClassifier(**ONE, augmentation=augmentation).fit(*data)


# Patches left out


@pytest.mark.parametrize(
    ("n", "rate", "kept"),
    [(10, 0.3, 7), (10, 0.99, 1), (7, 0.5, 4), (16, 0.25, 12), (1, 0.9, 1), (5, 0.05, 5)],
)
def test_how_many_patches_are_kept(n, rate, kept):
    torch.manual_seed(0)
    tokens = numbered_tokens(30, n)
    out = PatchDropout(rate).train()(tokens)
    assert out.shape == (30, kept, 3)
    assert torch.equal(out[..., 0], torch.arange(30.0)[:, None].expand(30, kept))
    for sample in out[..., 1].tolist():
        assert len(set(sample)) == kept
        assert set(sample) <= set(range(n))


def test_patches_are_left_out_uniformly_and_anew_at_each_call():
    torch.manual_seed(0)
    part, tokens = PatchDropout(0.5).train(), numbered_tokens(5_000, 6)
    first, second = part(tokens)[..., 1], part(tokens)[..., 1]
    assert not torch.equal(first, second)
    counts = torch.bincount(first.flatten().long(), minlength=6)
    # Without replacement the counts vary less than those of independent draws.
    assert chisquare(counts.numpy()).pvalue > 1e-3


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True), (0.0, False)])
def test_nothing_is_left_out_in_prediction_or_without_a_rate(rate, training):
    tokens = numbered_tokens(3, 4)
    before = torch.get_rng_state()
    assert PatchDropout(rate).train(training)(tokens) is tokens
    assert torch.equal(torch.get_rng_state(), before)


class Counting(nn.Module):
    """Encoder that keeps the number of patches it sees, in training and in prediction."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.seen = {True: set(), False: set()}

    def forward(self, tokens):
        self.seen[self.training].add(tokens.shape[1])
        return self.encoder(tokens)


@pytest.mark.parametrize("with_source", [True, False])
def test_the_encoder_sees_fewer_patches_only_while_training(with_source):
    fitting = make_net(with_source=with_source)
    model = fitting.module_
    model.encoder = Counting(model.encoder)
    model.patch_dropout = PatchDropout(0.4)
    fitting.k_, fitting.lam_ = 2, 0.4
    batch = make_batch(regression=False)
    fitting.train_step_single(batch)
    fitting.validation_step(batch)
    fitting.infer(batch[0])
    assert model.encoder.seen == {True: {3}, False: {N}}


@pytest.mark.parametrize("estimator_class", BOTH)
@pytest.mark.parametrize("strategy", ["pare", "finetune", "orca"])
def test_patch_dropout_in_the_estimators(estimator_class, strategy):
    X, y = make_data(estimator_class)
    # Without the probes, which would outweigh nets that are hardly trained.
    settings = {**ONE, "strategy": strategy, "linear_probe": False}
    default, off, on, again = (
        estimator_class(**settings, **parameters).fit(X, y)
        for parameters in ({}, {"augmentation": None}, *2 * [{"augmentation": "patch_dropout"}])
    )
    np.testing.assert_array_equal(off._outputs(X), default._outputs(X))
    assert off.net_.module_.patch_dropout.rate == 0
    assert abs(on._outputs(X) - off._outputs(X)).max() > 1e-4
    np.testing.assert_array_equal(on._outputs(X), again._outputs(X))
    np.testing.assert_array_equal(on._outputs(X), on._outputs(X))
    assert on.net_.module_.patch_dropout.rate == 0.5
    if strategy == "pare":
        assert on.gate_scores(X).shape == (60, 16)
