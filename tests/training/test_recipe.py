"""The training recipe: members, early stopping, interruptions, warm starts, what trains."""

import warnings

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.datasets import make_classification, make_regression
from sklearn.metrics import log_loss
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.backbones import load_backbone
from pare_sklearn.data.folds import deal_folds, hold_out_fraction, thin_folds
from pare_sklearn.training.optimisation import warmup_cosine

SINGLE = {"n_estimators": 1, "random_state": 0, "source": "digits"}


class Watch(Callback):
    """Keep what the nets do, under the number of the member."""

    def __init__(self):
        self.members = []

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.net = net
        self.members.append({"train": X, "rates": [], "norms": []})

    def on_grad_computed(self, net, named_parameters, **kwargs):
        member = self.members[-1]
        member["rates"].append(net.optimizer_.param_groups[0]["lr"])
        gradients = [p.grad.flatten() for _, p in named_parameters if p.grad is not None]
        member["norms"].append(torch.cat(gradients).norm().item())


class Interrupt(Callback):
    """Press Ctrl-C in the given epoch of the given member."""

    def __init__(self, member, epoch):
        self.member, self.epoch = member, epoch
        self.begun = 0

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, **kwargs):
        self.begun += 1

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        if training and (self.begun, len(net.history)) == (self.member, self.epoch):
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def data():
    return make_classification(100, 5, random_state=0)


def encoder_weights(model):
    return torch.cat([p.flatten() for p in model.net_.module_.encoder.parameters()]).detach()


@pytest.mark.parametrize("n_folds", [2, 5])
def test_each_row_is_held_out_once_and_classes_are_spread(n_folds):
    classes = np.repeat([0, 1, 2], [40, 20, 10])
    folds = deal_folds(classes, n_folds, np.random.RandomState(0))
    np.testing.assert_array_equal(np.sort(np.concatenate([f.valid for f in folds])), np.arange(70))
    for train, valid in folds:
        np.testing.assert_array_equal(np.sort([*train, *valid]), np.arange(70))
        np.testing.assert_allclose(np.bincount(classes[valid]), np.array([40, 20, 10]) / n_folds)


def test_folds_of_a_continuous_target_have_its_quantiles():
    targets = np.random.default_rng(0).normal(size=500)
    for _, valid in deal_folds(targets, 5, np.random.RandomState(0)):
        quantiles = np.linspace(0.1, 0.9, 9)
        spread = np.quantile(targets[valid], quantiles) - np.quantile(targets, quantiles)
        assert abs(spread).max() < 0.1


@pytest.mark.parametrize(
    ("n", "fraction", "expected"), [(100, 0.2, 20), (10, 0.01, 1), (2, 0.9, 1)]
)
def test_the_held_out_share(n, fraction, expected):
    classes = np.arange(n) % 2
    train, valid = hold_out_fraction(classes, fraction, np.random.RandomState(0))
    assert len(valid) == expected
    np.testing.assert_array_equal(np.sort([*train, *valid]), np.arange(n))
    if n == 100:
        np.testing.assert_array_equal(np.bincount(classes[valid]), [10, 10])


def test_thinned_folds_hold_the_kept_rows_of_the_folds():
    folds = deal_folds(np.arange(50) % 3, 4, np.random.RandomState(0))
    kept = np.sort(np.random.default_rng(0).permutation(50)[:20])
    for fold, thinned in zip(folds, thin_folds(folds, kept), strict=True):
        for rows, positions in zip(fold, thinned, strict=True):
            assert {*kept[positions]} == {*rows} & {*kept}


def proba_of_net(model, X):
    """Probabilities of the first member's net, without calibration and linear probe."""
    return softmax(model.net_.forward(model._rows(X)).double().numpy(), axis=1)


def test_members_train_on_different_rows_and_are_averaged(data):
    X, y = data
    watch = Watch()
    settings = {**SINGLE, "n_estimators": 3, "max_epochs": 2, "linear_probe": False}
    model = PaReClassifier(**settings, callbacks=[watch])
    model.fit(X, y)
    assert [len(member["train"]) for member in watch.members] == [66, 67, 67]
    assert {row["member"] for row in model.history_} == {0, 1, 2}
    rows = model._rows(X)
    (factor,) = model.blend_
    logits = [factor * net.forward(rows).double().numpy() for net in model.estimators_]
    each = softmax(logits, axis=2)
    np.testing.assert_allclose(model.predict_proba(X), np.mean(each, axis=0), atol=1e-6)
    assert abs(logits[0] - logits[1]).max() > 1e-3


def test_early_stopping_restores_the_best_epoch(data):
    X, y = data
    y = np.random.default_rng(0).permutation(y)  # nothing to learn, so it overfits soon
    settings = {**SINGLE, "source": "auto", "max_epochs": 60}
    model = PaReClassifier(**settings, patience=4, lr=5e-3).fit(X, y)
    scores = [row["validation_score"] for row in model.history_]
    best = int(np.argmax(scores))
    assert len(scores) == best + 1 + 4 < 60
    (held_out,) = model.ensemble_.held_out.by_member
    assert -log_loss(y[held_out], proba_of_net(model, X[held_out])) == pytest.approx(
        scores[best], abs=1e-5
    )


class Modes(Callback):
    """Keep the modes that the parts of the model are in, in training and in validation."""

    def __init__(self):
        self.seen = {True: set(), False: set()}

    def __deepcopy__(self, memo):
        return self

    def on_batch_end(self, net, batch=None, training=False, **kwargs):
        self.seen[training] |= {part.training for part in net.module_.modules()}


@pytest.mark.parametrize("training", [True, False])
def test_all_parts_of_a_given_backbone_train_and_are_validated_in_the_right_mode(data, training):
    modes = Modes()
    backbone = load_backbone("embedded", 0.1).train(training)
    PaReClassifier(**SINGLE, max_epochs=3, backbone=backbone, callbacks=[modes]).fit(*data)
    assert modes.seen == {True: {True}, False: {False}}


def test_without_early_stopping_a_single_member_sees_all_rows_for_all_epochs(data):
    watch = Watch()
    model = PaReClassifier(**SINGLE, early_stopping=False, max_epochs=6, callbacks=[watch])
    model.fit(*data)
    assert len(watch.members[0]["train"]) == len(data[0])
    assert len(model.history_) == 6
    assert all(row["validation_score"] is None for row in model.history_)


def test_interrupted_in_a_later_member_the_fit_keeps_the_best_state(data):
    X, y = data
    settings = {**SINGLE, "n_estimators": 3, "max_epochs": 5}
    with pytest.warns(UserWarning, match="of 3 members.*the 2 it has begun"):
        model = PaReClassifier(**settings, callbacks=[Interrupt(member=2, epoch=3)]).fit(X, y)
    assert [row["epoch"] for row in model.history_ if row["member"] == 1] == [1, 2]
    assert len(model.estimators_) == 2

    whole = PaReClassifier(**settings).fit(X, y)
    first = [m.estimators_[0].forward(m._rows(X)) for m in (model, whole)]
    assert torch.equal(*first)


@pytest.mark.parametrize("epoch", [2, 4])
def test_interrupted_in_a_single_member_the_best_epoch_is_restored(data, epoch):
    X, y = data
    with pytest.warns(UserWarning, match="interrupted"):
        model = PaReClassifier(**SINGLE, lr=5e-3, callbacks=[Interrupt(1, epoch)]).fit(X, y)
    assert len(model.history_) == epoch - 1
    (held_out,) = model.ensemble_.held_out.by_member
    best = max(row["validation_score"] for row in model.history_)
    assert -log_loss(y[held_out], proba_of_net(model, X[held_out])) == pytest.approx(best, abs=1e-3)


def test_interrupted_before_the_first_epoch_ends_there_is_nothing_to_keep(data):
    model = PaReClassifier(**SINGLE, callbacks=[Interrupt(member=1, epoch=1)])
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data)
    assert not hasattr(model, "estimators_")


def test_the_learning_rate_warms_up_and_falls_along_a_cosine(data):
    watch = Watch()
    PaReClassifier(
        **SINGLE, early_stopping=False, max_epochs=20, lr=0.01, batch_size=50, callbacks=[watch]
    ).fit(*data)
    rates = np.array(watch.members[0]["rates"])
    after = (np.arange(40) - 1) / 38  # 2 of the 40 steps warm up
    expected = np.where(np.arange(40) < 2, (np.arange(40) + 1) / 2, (1 + np.cos(np.pi * after)) / 2)
    np.testing.assert_allclose(rates, 0.01 * expected, atol=1e-12)
    assert warmup_cosine(39, n_steps=40) == pytest.approx(0)


def test_gradients_are_clipped(data):
    X, y = make_regression(64, 4, random_state=0)
    watch = Watch()
    PaReRegressor(**SINGLE, max_epochs=3, callbacks=[watch]).fit(X, np.sign(y) * y**4)
    assert max(watch.members[0]["norms"]) <= 1 + 1e-4


def test_norms_biases_and_positions_do_not_decay(data):
    decays = {}

    class Groups(Callback):
        def on_train_begin(self, net, **kwargs):
            names = {id(p): name for name, p in net.module_.named_parameters()}
            assert len(net.optimizer_.param_groups) == 2
            for group in net.optimizer_.param_groups:
                decays.update({names[id(p)]: group["weight_decay"] for p in group["params"]})

    PaReClassifier(**SINGLE, max_epochs=1, weight_decay=0.25, callbacks=[Groups()]).fit(*data)
    without = {name for name, decay in decays.items() if decay == 0}
    assert {decays[name] for name in decays if name not in without} == {0.25}
    assert {name for name in decays if "bias" in name or "norm" in name} <= without
    assert "embedder.positions" in without
    assert "encoder.0.attention_in.weight" not in without


@pytest.mark.parametrize("finetune", ["all", "norm", "none"])
def test_which_weights_of_the_encoder_train(data, finetune):
    model = PaReClassifier(**SINGLE, max_epochs=2, finetune=finetune).fit(*data)
    shipped = load_backbone("embedded", 0.0).encoder.state_dict()
    fitted = model.net_.module_.encoder.state_dict()
    moved = {name for name in shipped if not torch.equal(shipped[name], fitted[name])}
    norms = {name for name in shipped if "norm" in name or name.startswith("2.")}
    assert moved == {"all": set(shipped), "norm": norms, "none": set()}[finetune]


def test_finetuning_starts_from_the_shipped_weights_and_scratch_does_not(data):
    shipped = torch.cat([p.flatten() for p in load_backbone("embedded", 0.0).encoder.parameters()])
    distance = {
        strategy: (
            encoder_weights(
                PaReClassifier(**SINGLE, strategy=strategy, max_epochs=1, lr=1e-6).fit(*data)
            )
            - shipped
        )
        .abs()
        .max()
        for strategy in ("pare", "finetune", "scratch")
    }
    # Half precision moves a weight by this much.
    assert distance["pare"] < 1e-3
    assert distance["finetune"] < 1e-3
    assert distance["scratch"] > 0.1


@pytest.mark.parametrize(
    ("strategy", "source"), [("pare", "digits"), ("finetune", None), ("scratch", None)]
)
def test_only_pare_replaces_patches_by_those_of_a_source(data, strategy, source):
    model = PaReClassifier(**SINGLE, strategy=strategy, max_epochs=2).fit(*data)
    assert model.source_ == source
    assert (model.net_.module_.gate is None) == (source is None)
    assert any(row["k"] > 0 for row in model.history_) == (source is not None)


def test_the_source_may_be_given(data):
    rng = np.random.default_rng(0)
    source = (rng.normal(size=(30, 1, 8, 8)), np.repeat(["a", "b", "c"], 10))
    model = PaReClassifier(**{**SINGLE, "source": source}, max_epochs=2).fit(*data)
    assert model.source_ == "given"
    assert model.net_.module_.source_predictor.linear.out_features == 3


def test_a_module_may_be_the_backbone_and_is_not_changed(data):
    backbone = load_backbone("embedded", 0.0)
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    model = PaReClassifier(backbone, **SINGLE, max_epochs=2).fit(*data)
    assert all(torch.equal(backbone.state_dict()[name], before[name]) for name in before)
    assert not torch.equal(encoder_weights(model)[:64], before["encoder.0.norm1.weight"])


def test_a_warm_start_goes_on_from_the_weights(data):
    X, y = data
    model = PaReClassifier(**SINGLE, max_epochs=30, lr=3e-3, warm_start=True).fit(X, y)
    fitted = model.predict_proba(X)
    model.set_params(max_epochs=1, lr=1e-9).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), fitted, atol=1e-4)
    assert len(model.history_) == 1


def test_class_weights_shift_the_probabilities(data):
    X, y = data
    settings = {**SINGLE, "max_epochs": 15, "lr": 3e-3}
    shares = [
        PaReClassifier(**settings, class_weight=weight).fit(X, y).predict_proba(X)[:, 1].mean()
        for weight in ({0: 20.0, 1: 1.0}, "balanced", {0: 1.0, 1: 20.0})
    ]
    assert shares[0] + 0.2 < shares[1] < shares[2] - 0.2


def test_balanced_weights_are_those_of_the_inverse_frequency():
    X, y = make_classification(100, 4, weights=[0.8], flip_y=0, random_state=0)
    settings = {**SINGLE, "max_epochs": 3}
    counts = np.bincount(y)
    balanced = PaReClassifier(**settings, class_weight="balanced").fit(X, y)
    by_hand = PaReClassifier(**settings).fit(X, y, sample_weight=1 / counts[y])
    np.testing.assert_allclose(balanced.predict_proba(X), by_hand.predict_proba(X), atol=1e-5)


def test_a_fit_gives_no_warnings(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PaReClassifier(n_estimators=2, max_epochs=2).fit(*data).predict(data[0])


def test_history_has_a_row_an_epoch(data):
    model = PaReClassifier(**{**SINGLE, "n_estimators": 2}, max_epochs=4).fit(*data)
    assert [(row["member"], row["epoch"]) for row in model.history_] == [
        (member, epoch) for member in (0, 1) for epoch in (1, 2, 3, 4)
    ]
    for row in model.history_:
        assert row["lam"] == row["k"] / model.n_patches_
        assert row["seconds"] > 0
        mixed = (1 - row["lam"]) * row["intermediate_loss"] + row["lam"] * row["source_loss"]
        assert row["train_loss"] == pytest.approx(
            row["target_loss"] + model.mixing_.mix_weight * mixed * (row["k"] > 0), rel=1e-4
        )


def test_bfloat16_trains_and_predicts_nearly_the_same(data):
    X, y = data
    settings = {**SINGLE, "max_epochs": 5}
    full, half = (
        PaReClassifier(**settings, precision=precision).fit(X, y).predict_proba(X)
        for precision in ("float32", "bfloat16")
    )
    assert 0 < abs(full - half).max() < 0.1


@pytest.mark.parametrize(("estimator_class", "changed"), [
    (PaReClassifier, {"label_smoothing": 0.3}), (PaReClassifier, {"loss": "focal"}),
    (PaReRegressor, {"loss": "absolute_error"}),
], ids=str)  # fmt: skip
def test_a_warm_start_minimises_what_the_parameters_say_now(estimator_class, changed):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    settings = {"strategy": "finetune", "n_estimators": 2, "max_epochs": 2, "random_state": 0}
    models = [estimator_class(**settings, warm_start=True).fit(X, y) for _ in range(2)]
    kept, other = models[0].fit(X, y), models[1].set_params(**changed).fit(X, y)
    losses = [model.history_[0]["train_loss"] for model in (kept, other)]
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)
