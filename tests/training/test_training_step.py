"""One training step: the loss of the paper, what it touches, and what it costs."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from pare_sklearn import PaReClassifier
from pare_sklearn.backbones import load_backbone
from pare_sklearn.modules.embedders.numbers import periodic
from pare_sklearn.modules.embedders.patch_maps import PatchMaps
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.encoder import make_encoder
from pare_sklearn.modules.gate import Gate, RandomGate
from pare_sklearn.modules.losses import CrossEntropy, SquaredError
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.sources import EmbeddedSource, embed_source
from pare_sklearn.training.net import PaReNet

BATCH, N, N_SOURCE, WIDTH, N_CLASSES, N_SOURCE_CLASSES = 6, 5, 7, 8, 3, 4


def make_model(dropout=0.0, gate=None):
    torch.manual_seed(0)
    return PaReModel(
        TableEmbedder(list(range(N)), [], periodic(N, WIDTH), [], WIDTH),
        make_encoder(WIDTH, 1, 2, dropout),
        Predictor(WIDTH, N_CLASSES, dropout),
        Gate(WIDTH) if gate is None else gate,
        Predictor(WIDTH, N_SOURCE_CLASSES, dropout),
    )


def make_net(model, source="own", criterion=CrossEntropy, epoch=1, **parameters):
    """Net in its `epoch`, ready for a step."""
    if source == "own":
        tokens = torch.randn(20, N_SOURCE, WIDTH)
        source = EmbeddedSource(tokens, torch.arange(20) % N_SOURCE_CLASSES)
    net = PaReNet(
        model, criterion, source=source, train_split=None, callbacks=None, verbose=0, **parameters
    ).initialize()
    for _ in range(epoch):
        net.history.new_epoch()
    net.history.new_batch()
    return net


def make_batch(regression=False):
    generator = torch.Generator().manual_seed(0)
    numbers, targets = torch.randn(2, BATCH, N, generator=generator)
    y = targets[:, :N_CLASSES] if regression else torch.arange(BATCH) % N_CLASSES
    inputs = {"numbers": numbers, "categories": torch.empty(BATCH, 0, dtype=torch.long)}
    return inputs, (y, torch.rand(BATCH, generator=generator))


def step(net, batch, k, lam=None, seed=2):
    """Loss and gradients by name of a training step."""
    net.k_, net.lam_ = k, k / N if lam is None else lam
    net.module_.zero_grad()
    torch.manual_seed(seed)
    loss = net.train_step_single(batch)["loss"].detach()
    return loss, {name: p.grad for name, p in net.module_.named_parameters()}


def spy_on_source(net):
    """Collect the source tokens that each step gets."""
    seen = []
    predict_intermediate = net.module_.predict_intermediate

    def spy(target, source, k, select):
        seen.append(source)
        return predict_intermediate(target, source, k, select)

    net.module_.predict_intermediate = spy
    return seen


def cross_entropy(logits, y, smoothing):
    log_p = logits - logits.exp().sum(-1, keepdim=True).log()
    return -(1 - smoothing) * log_p[torch.arange(len(y)), y] - smoothing * log_p.mean(-1)


def squared_error(outputs, y, smoothing):
    return ((outputs - y) ** 2).sum(-1) / outputs.shape[-1]


def losses_by_definition(model, batch, tokens, labels, k, target_loss, smoothing):
    """The three terms, sample by sample through the modules."""
    inputs, (y, weights) = batch
    terms = []
    for i in range(BATCH):
        target = model.embedder(inputs["numbers"][i : i + 1], inputs["categories"][i : i + 1])
        mixed = target.clone()
        leaving = model.gate(target)[0].argsort()[:k].sort().values
        entering = model.gate(tokens[i : i + 1])[0].argsort(descending=True)[:k].sort().values
        mixed[0, leaving] = tokens[i, entering]
        of_target, of_mixed = model.encoder(target), model.encoder(mixed)
        terms += [
            target_loss(model.predictor(of_target), y[i : i + 1], smoothing),
            target_loss(model.predictor(of_mixed), y[i : i + 1], smoothing),
            cross_entropy(model.source_predictor(of_mixed), labels[i : i + 1], smoothing),
        ]
    per_sample = torch.cat(terms).reshape(BATCH, 3)
    return (weights[:, None] * per_sample).sum(0) / BATCH


def fit(**parameters):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(24, 4)), np.arange(24) % 2
    parameters = {"max_epochs": 4, "patch_size": 0.5, **parameters}
    clf = PaReClassifier(n_estimators=1, early_stopping=False, random_state=0, **parameters)
    return clf.fit(X, y), X


@pytest.mark.parametrize("mix_weight", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("k", "lam"), [(1, 1 / N), (3, 3 / N), (N, 1.0), (2, 0.9)])
@pytest.mark.parametrize(
    ("criterion", "smoothing"),
    [(CrossEntropy, 0.0), (CrossEntropy, 0.2), (SquaredError, 0.0)],
)
def test_terms_and_gradients_are_those_of_the_definition(criterion, smoothing, k, lam, mix_weight):
    regression = criterion is SquaredError
    parameters = {} if regression else {"criterion__label_smoothing": smoothing}
    net = make_net(
        make_model(), criterion=criterion, mix_weight=mix_weight, exploration_epochs=0, **parameters
    )
    seen, batch = spy_on_source(net), make_batch(regression)
    loss, gradients = step(net, batch, k, lam)

    (tokens,) = seen
    same = (tokens[:, None] == net.source.tokens[None]).all(-1).all(-1)
    labels = net.source.labels[same.long().argmax(1)]
    assert (same.sum(1) == 1).all()
    net.module_.zero_grad()
    target_loss = squared_error if regression else cross_entropy
    terms = losses_by_definition(net.module_, batch, tokens, labels, k, target_loss, smoothing)
    target, intermediate, source = terms
    expected = target + mix_weight * ((1 - lam) * intermediate + lam * source)
    expected.backward()

    torch.testing.assert_close(loss, expected.detach())
    recorded = net.history[-1, "batches", -1]
    for name, term in zip(("target", "intermediate", "source"), terms.tolist(), strict=True):
        assert recorded[f"{name}_loss"] == pytest.approx(term, rel=1e-5)
    for name, parameter in net.module_.named_parameters():
        if not name.startswith("gate"):
            torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-4, atol=1e-6)


def test_each_step_draws_other_source_samples():
    net = make_net(make_model())
    seen = spy_on_source(net)
    for seed in range(2):
        step(net, make_batch(), k=2, seed=seed)
    assert not torch.equal(*seen)


def test_a_sample_of_weight_zero_does_not_count_and_weights_scale_the_loss():
    net = make_net(make_model(), exploration_epochs=0)
    weights = torch.tensor([0.0, 1.0, 2.0, 0.5, 1.0, 1.5])
    inputs, (y, _) = make_batch()
    loss, gradients = step(net, (inputs, (y, weights)), k=2)
    other_numbers, other_y = inputs["numbers"].clone(), y.clone()
    other_numbers[0] += 1
    other_y[0] += 1
    others = {**inputs, "numbers": other_numbers}
    without, _ = step(net, (others, (other_y, weights)), k=2)
    twofold, twofold_gradients = step(net, (inputs, (y, 2 * weights)), k=2)
    torch.testing.assert_close(without, loss)
    torch.testing.assert_close(twofold, 2 * loss)
    torch.testing.assert_close(
        twofold_gradients["encoder.0.attention_in.weight"],
        2 * gradients["encoder.0.attention_in.weight"],
    )


def test_at_k_zero_a_step_is_one_of_plain_fine_tuning_bit_for_bit():
    model = make_model(dropout=0.3)
    plain = PaReModel(*map(deepcopy, (model.embedder, model.encoder, model.predictor)))
    net, plain_net = make_net(model, mix_weight=1.0), make_net(plain, source=None)
    loss, gradients = step(net, make_batch(), k=0)
    plain_loss, plain_gradients = step(plain_net, make_batch(), k=0)
    assert torch.equal(loss, plain_loss)
    assert all(torch.equal(gradients[name], plain_gradients[name]) for name in plain_gradients)
    for name in gradients.keys() - plain_gradients.keys():
        assert name.startswith(("gate", "source_predictor"))
        assert gradients[name] is None


def test_fit_at_k_zero_predicts_what_fine_tuning_predicts_bit_for_bit():
    pare, X = fit(k_start=0.0, k_end=0.0)
    plain, _ = fit(strategy="finetune")
    mixed, _ = fit(k_start=0.5, k_end=0.0)
    assert np.array_equal(pare.predict_proba(X), plain.predict_proba(X))
    assert not np.array_equal(mixed.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize(("k", "n_rows", "n_drawn"), [(0, BATCH, 0), (2, 2 * BATCH, 1)])
def test_a_step_is_one_pass_of_the_encoder_and_at_k_zero_no_more_rows(k, n_rows, n_drawn):
    net = make_net(make_model())
    seen, rows = spy_on_source(net), []
    net.module_.encoder.register_forward_hook(lambda module, args, out: rows.append(len(out)))
    step(net, make_batch(), k)
    assert rows == [n_rows]
    assert len(seen) == n_drawn


@pytest.mark.parametrize(
    ("gate", "epoch", "learns"),
    [("learned", 1, True), ("learned", 2, True), ("learned", 3, False), ("random", 1, False)],
)
def test_the_gate_learns_while_it_explores(gate, epoch, learns):
    model = make_model(gate=Gate(WIDTH) if gate == "learned" else RandomGate())
    net = make_net(model, epoch=epoch, exploration_epochs=2)
    _, gradients = step(net, make_batch(), k=2)
    of_gate = [gradients[name] for name in gradients if name.startswith("gate")]
    assert any(gradient is not None and gradient.any() for gradient in of_gate) == learns


def test_fit_moves_the_gate_and_prediction_does_not_use_it():
    class KeepFirstGate(Callback):
        def on_train_begin(self, net, **kwargs):
            first.append(deepcopy(net.module_.gate.state_dict()))

    first = []
    clf, X = fit(k_schedule="constant", callbacks=[KeepFirstGate()])
    assert (clf.net_.module_.gate.linear.weight != first[0]["linear.weight"]).all()
    before = clf.predict_proba(X)
    clf.net_.module_.gate = None
    clf.net_.module_.source_predictor = None
    assert np.array_equal(clf.predict_proba(X), before)


def test_the_source_is_embedded_once_and_without_gradient():
    images, n_rows = np.random.default_rng(0).normal(size=(30, 1, 16, 16)).astype(np.float32), []
    backbone = load_backbone("embedded", 0.0)

    class CountingEmbedder(PatchMaps):
        def forward(self, images):
            n_rows.append(len(images))
            return super().forward(images)

    embedder = CountingEmbedder(1, (16, 16), (2, 2), backbone.width)
    embedder.load_state_dict(backbone.source_embedder.images.state_dict())
    expected = backbone.source_embedder(torch.from_numpy(images)).detach()
    backbone.source_embedder = embedder
    source = embed_source((images, np.arange(30) % 3), backbone)
    assert not source.tokens.requires_grad
    torch.testing.assert_close(source.tokens, expected)

    before = deepcopy(backbone.state_dict())
    n_rows.clear()
    clf, _ = fit(backbone=backbone, source=(images, np.arange(30) % 3))
    assert sum(n_rows) == 30
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())
    assert not any(isinstance(part, PatchMaps) for part in clf.net_.module_.modules())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_labels_are_smoothed_only_while_training(smoothing):
    criterion = CrossEntropy(smoothing)
    logits, y = torch.randn(BATCH, N_CLASSES), torch.arange(BATCH) % N_CLASSES
    torch.testing.assert_close(criterion(logits, y), cross_entropy(logits, y, smoothing))
    torch.testing.assert_close(criterion.eval()(logits, y), cross_entropy(logits, y, 0.0))


def test_validation_uses_the_target_alone_with_weights_and_without_smoothing():
    net = make_net(make_model(dropout=0.3), criterion__label_smoothing=0.2)
    inputs, (y, weights) = batch = make_batch()
    net.k_, net.lam_ = 2, 2 / N
    loss = net.validation_step(batch)["loss"]
    model = net.module_.eval()
    with torch.inference_mode():
        logits = model.predictor(model.encoder(model.embedder(**inputs)))
    torch.testing.assert_close(loss, (weights * cross_entropy(logits, y, 0.0)).mean())


@pytest.mark.parametrize("k", [0, 2])
def test_a_loss_that_is_not_finite_stops_the_training(k):
    net = make_net(make_model())
    nn.init.constant_(net.module_.predictor.linear.bias, torch.inf)
    with pytest.raises(FloatingPointError, match="learning rate"):
        step(net, make_batch(), k)
