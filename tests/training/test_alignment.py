"""ORCA: the embedder is first brought near the source, and then all is fine-tuned."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification, make_regression
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from pare_sklearn.data.rows import BatchIterator, Rows
from pare_sklearn.modules.embedders.numbers import periodic
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.losses import SquaredError
from pare_sklearn.otdd import otdd, pseudo_classes
from pare_sklearn.otdd.inputs import Labelled
from pare_sklearn.sources import EmbeddedSource, embed_source, load_source
from pare_sklearn.training.alignment import AlignmentNet, class_weighted_otdd

SOURCE = tuple(array[:200] for array in load_source("digits"))
ORCA = {"strategy": "orca", "source": SOURCE, "max_epochs": 2, "random_state": 0}
ONE = {**ORCA, "n_estimators": 1}


@pytest.fixture(scope="module")
def data():
    return make_classification(80, 4, n_informative=4, n_redundant=0, random_state=0)


@pytest.fixture(autouse=True)
def align_for(monkeypatch):
    """Let stage one take so many epochs."""

    def arrange(n_epochs):
        monkeypatch.setattr("pare_sklearn.training.member.ALIGN_EPOCHS", n_epochs)

    arrange(3)
    return arrange


class KeepFirst(Callback):
    """Keep the model at the start of each member's fine-tuning."""

    def __init__(self):
        self.models = []

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, **kwargs):
        self.models.append(deepcopy(net.module_))


def at_fine_tuning(X, y, **parameters):
    """The model as stage one leaves it."""
    keep = KeepFirst()
    PaReClassifier(**{**ONE, **parameters}, callbacks=[keep]).fit(X, y)
    return keep.models[0]


def state_of(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same(one, other):
    return {name for name in one if torch.equal(one[name], other[name])}


def labelled(rng, n, classes, width=5, shift=0.0):
    X = torch.from_numpy(rng.normal(size=(n, width)) + shift)
    return Labelled(X, torch.from_numpy(np.arange(n) % classes))


def make_net(X, y, n_source=40, **parameters):
    """A small embedder of numbers beside a source, ready to be aligned."""
    torch.manual_seed(0)
    source = EmbeddedSource(torch.randn(n_source, 6, 8), torch.arange(n_source) % 3)
    embedder = TableEmbedder(list(range(X.shape[1])), [], periodic(X.shape[1], 8), [], 8)
    numbers = torch.from_numpy(X.astype(np.float32))
    rows = Rows({"numbers": numbers, "categories": torch.empty(len(X), 0, dtype=torch.long)})
    net = AlignmentNet(
        embedder,
        SquaredError,
        source=source,
        iterator_train=BatchIterator,
        train_split=None,
        callbacks=None,
        verbose=0,
        **parameters,
    )
    return net, rows.label(y, np.ones(len(X)))


# The loss


@pytest.mark.parametrize("n_classes", [1, 2, 4])
def test_the_loss_is_that_of_class_after_class(n_classes):
    rng = np.random.default_rng(0)
    source, target = labelled(rng, 30, 3), labelled(rng, 24, n_classes, shift=1.0)
    weights = torch.from_numpy(rng.random(24))
    expected = 0.0
    for code in range(n_classes):
        rows = target.codes == code
        distance = otdd(source.X, source.codes, target.X[rows], target.codes[rows])
        expected += float(distance * weights[rows].sum() / weights.sum())
    assert float(class_weighted_otdd(source, target, weights)) == pytest.approx(expected, rel=1e-9)


def test_only_the_relative_weights_of_the_classes_count():
    rng = np.random.default_rng(1)
    source, target = labelled(rng, 30, 3), labelled(rng, 20, 2, shift=1.0)
    even = class_weighted_otdd(source, target, torch.ones(20))
    assert class_weighted_otdd(source, target, torch.full((20,), 7.0)) == pytest.approx(even)
    first, second = (
        class_weighted_otdd(source, target, (target.codes == code).double()) for code in (0, 1)
    )
    assert abs(first - second) > 1e-3
    assert float(even) == pytest.approx(float(first + second) / 2)


def test_weights_that_are_all_zero_give_no_loss():
    rng = np.random.default_rng(1)
    source, target = labelled(rng, 30, 3), labelled(rng, 20, 2)
    assert class_weighted_otdd(source, target, torch.zeros(20)) == 0


def test_the_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(2)
    source, target = labelled(rng, 12, 3, width=3), labelled(rng, 10, 2, width=3, shift=0.5)
    weights = torch.from_numpy(rng.random(10))
    X = target.X.clone().requires_grad_()
    class_weighted_otdd(source, Labelled(X, target.codes), weights).backward()
    for row, column in [(0, 0), (3, 2), (7, 1), (9, 0)]:
        values = []
        for shift in (1e-5, -1e-5):
            moved = target.X.clone()
            moved[row, column] += shift
            values.append(class_weighted_otdd(source, Labelled(moved, target.codes), weights))
        numeric = float(values[0] - values[1]) / 2e-5
        assert float(X.grad[row, column]) == pytest.approx(numeric, rel=1e-4, abs=1e-7)


def test_a_step_takes_the_mean_of_the_patches_and_as_many_source_samples():
    X = np.random.default_rng(0).normal(size=(20, 4))
    y = np.arange(20) % 2 * 2  # the codes of a batch need not be without gaps
    net, rows = make_net(X, y)
    net.initialize().history.new_epoch()
    weights = torch.linspace(0, 2, 20)
    inputs, (classes, _) = rows[:]
    torch.manual_seed(5)
    loss = net.train_step_single((inputs, (classes, weights)))["loss"]

    torch.manual_seed(5)
    drawn = torch.randint(40, (20,))
    target = net.module_(**inputs).mean(1).detach()
    source, labels = net.source.tokens[drawn].mean(1), net.source.labels[drawn]
    expected = sum(
        otdd(source, labels, target[classes == code], classes[classes == code])
        * weights[classes == code].sum()
        / weights.sum()
        for code in (0, 2)
    )
    assert float(loss.detach()) == pytest.approx(float(expected), rel=1e-5)
    assert all(parameter.grad is not None for parameter in net.module_.parameters())


def test_aligning_brings_the_embedder_near_the_source():
    X, y = make_classification(60, 4, random_state=0)
    net, rows = make_net(X, y, max_epochs=40, lr=0.01, optimizer=torch.optim.Adam)
    losses = net.fit(rows, y=None).history[:, "train_loss"]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


# In the estimators


def test_the_history_has_both_stages_of_each_member(data, align_for):
    align_for(4)
    parameters = {**ORCA, "n_estimators": 2, "max_epochs": 3}
    model = PaReClassifier(**parameters).fit(*data)
    stages = [(row["member"], row["stage"], row["epoch"]) for row in model.history_]
    assert stages == [
        (member, stage, epoch)
        for member in (0, 1)
        for stage, n in (("align", 4), ("finetune", 3))
        for epoch in range(1, n + 1)
    ]
    for row in model.history_:
        aligns = row["stage"] == "align"
        assert (row["validation_score"] is None) == aligns
        assert (row["target_loss"] == 0) == aligns
        assert row["train_loss"] > (1 if aligns else 0)
        assert row["k"] == row["lam"] == row["source_loss"] == 0


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_the_distance_falls(estimator_class, align_for):
    align_for(15)
    classifies = estimator_class is PaReClassifier
    make = make_classification if classifies else make_regression
    X, y = make(80, 4, random_state=0)
    model = estimator_class(**{**ONE, "lr": 3e-3}).fit(X, y)
    losses = [row["train_loss"] for row in model.history_ if row["stage"] == "align"]
    assert len(losses) == 15
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])
    assert np.isfinite(model.predict(X).astype(float)).all()


def test_only_the_embedder_is_aligned(data):
    # With the learning rate so low, the embedder is as before stage one.
    plain, aligned = (state_of(at_fine_tuning(*data, lr=lr)) for lr in (1e-30, 1e-3))
    moved = plain.keys() - same(plain, aligned)
    embedder = {name for name in plain if name.startswith("embedder.")}
    assert moved
    assert moved <= embedder
    assert embedder - moved <= {"embedder.missing"}  # no value is
    shipped = load_backbone("embedded", 0.0).encoder.state_dict()
    encoder = {name: aligned[f"encoder.{name}"] for name in shipped}
    assert same(shipped, encoder) == set(shipped)


def test_alignment_starts_where_fine_tuning_would(data):
    keep = KeepFirst()
    PaReClassifier(**{**ONE, "strategy": "finetune"}, callbacks=[keep]).fit(*data)
    plain = state_of(keep.models[0])
    assert same(plain, state_of(at_fine_tuning(*data, lr=1e-30))) == set(plain)


def test_the_aligned_embedder_is_nearer_to_the_source(data, align_for):
    align_for(15)
    X, y = data
    source = embed_source(SOURCE, load_backbone("embedded", 0.0))
    model = PaReClassifier(**ONE).fit(X, y)
    inputs = model._rows(X).inputs

    def distance(lr):
        module = at_fine_tuning(X, y, lr=lr)
        with torch.no_grad():
            target = module.embedder(**inputs).mean(1)
        return float(otdd(source.tokens.mean(1), source.labels, target, y))

    assert distance(3e-3) < 0.95 * distance(1e-30)


def test_fine_tuning_then_moves_the_encoder_too(data):
    keep = KeepFirst()
    model = PaReClassifier(**ONE, callbacks=[keep]).fit(*data)
    before, after = state_of(keep.models[0]), state_of(model.net_.module_)
    assert "encoder.0.attention_in.weight" not in same(before, after)
    assert model.net_.module_.gate is None
    assert model.net_.module_.source_predictor is None
    assert model.source_ == "given"
    assert model.net_.source is None


@pytest.mark.parametrize("weigh", ["sample_weight", "class_weight"])
def test_the_weights_count_in_the_alignment(data, weigh):
    X, y = data
    weights = np.where(y, 5.0, 1.0)
    settings = {**ONE, "early_stopping": False}
    plain = PaReClassifier(**settings).fit(X, y)
    if weigh == "sample_weight":
        weighted = PaReClassifier(**settings).fit(X, y, sample_weight=weights)
    else:
        weighted = PaReClassifier(**settings, class_weight={0: 1.0, 1: 5.0}).fit(X, y)
    first, other = (model.history_[0] for model in (plain, weighted))
    assert first["stage"] == other["stage"] == "align"
    assert first["train_loss"] != other["train_loss"]
    by_samples = PaReClassifier(**settings).fit(X, y, sample_weight=weights)
    assert other["train_loss"] == pytest.approx(by_samples.history_[0]["train_loss"])


def test_a_batch_without_weight_does_no_harm():
    # The last batch of an epoch holds one sample, mostly one without weight.
    X, y = make_classification(257, 3, n_informative=3, n_redundant=0, random_state=0)
    weights = np.r_[np.zeros(200), np.ones(57)]
    settings = {**ONE, "early_stopping": False, "max_epochs": 1, "batch_size": 257}
    model = PaReClassifier(**settings).fit(X, y, sample_weight=weights)
    assert np.isfinite([row["train_loss"] for row in model.history_]).all()


def test_the_targets_of_a_regression_are_aligned_by_pseudo_classes(monkeypatch, align_for):
    align_for(1)
    seen = []
    step = AlignmentNet.train_step_single

    def spy(self, batch, **parameters):
        seen.append(batch[1][0].numpy())
        return step(self, batch, **parameters)

    monkeypatch.setattr(AlignmentNet, "train_step_single", spy)
    X, y = make_regression(60, 4, n_targets=2, random_state=0)
    y *= [1, 1000]
    settings = {**ONE, "early_stopping": False}
    model = PaReRegressor(**settings).fit(X, y)
    standardised = model.y_scaler_.transform(y).astype(np.float32)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    expected = pseudo_classes(standardised, random_state=seed)
    np.testing.assert_array_equal(np.bincount(seen[0]), np.bincount(expected))
    assert len(np.unique(seen[0])) == 10


def test_a_warm_start_does_not_align_again(data):
    X, y = data
    model = PaReClassifier(**ONE, warm_start=True).fit(X, y)
    fitted = model.predict_proba(X)
    model.set_params(max_epochs=1, lr=1e-9).fit(X, y)
    assert [row["stage"] for row in model.history_] == ["finetune"]
    np.testing.assert_allclose(model.predict_proba(X), fitted, atol=1e-4)


@pytest.mark.parametrize("random_state", [0, 7])
def test_one_seed_one_result(data, random_state):
    X, y = data
    settings = {**ONE, "random_state": random_state}
    first, second = (PaReClassifier(**settings).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    for one, other in zip(first.history_, second.history_, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_the_global_generator_stays_as_it_is(data):
    before = torch.get_rng_state()
    PaReClassifier(**ONE).fit(*data)
    assert torch.equal(torch.get_rng_state(), before)


# Interruptions


@pytest.fixture
def interrupt(monkeypatch):
    """Press Ctrl-C in the given step of stage one, counted over all members."""

    def arrange(at):
        step, steps = AlignmentNet.train_step_single, []

        def press(self, batch, **parameters):
            steps.append(1)
            if len(steps) == at:
                raise KeyboardInterrupt
            return step(self, batch, **parameters)

        monkeypatch.setattr(AlignmentNet, "train_step_single", press)

    return arrange


@pytest.mark.parametrize("at", [1, 3])
def test_interrupted_while_the_first_member_aligns_there_is_nothing_to_keep(data, interrupt, at):
    interrupt(at)
    model = PaReClassifier(**ONE)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data)
    assert not hasattr(model, "estimators_")


@pytest.mark.parametrize("at", [4, 6])
def test_interrupted_while_a_later_member_aligns_the_finished_ones_stay(data, interrupt, at):
    X, y = data
    settings = {**ONE, "n_estimators": 3}
    whole = PaReClassifier(**settings).fit(X, y)
    interrupt(at)
    with pytest.warns(UserWarning, match="of 3 members.*the 1 it has begun"):
        model = PaReClassifier(**settings).fit(X, y)
    assert len(model.estimators_) == 1
    assert {row["member"] for row in model.history_} == {0}
    first = [m.estimators_[0].forward(m._rows(X)) for m in (model, whole)]
    assert torch.equal(*first)


def test_a_loss_that_explodes_is_told(data):
    with pytest.raises(FloatingPointError, match="learning rate"):
        PaReClassifier(**{**ONE, "lr": 1e30}).fit(*data)
