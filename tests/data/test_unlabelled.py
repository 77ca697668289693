"""Rows without a label: what they are told by, what they do, and where they do nothing."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_classification, make_regression
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor
from pare_sklearn.data.rows import Rows
from pare_sklearn.data.unlabelled import split_labels, split_targets
from pare_sklearn.modules.embedders.numbers import periodic
from pare_sklearn.modules.embedders.table import TableEmbedder
from pare_sklearn.modules.encoder import make_encoder
from pare_sklearn.modules.gate import Gate
from pare_sklearn.modules.losses import CrossEntropy, SquaredError
from pare_sklearn.modules.model import PaReModel
from pare_sklearn.modules.predictors import Predictor
from pare_sklearn.sources import EmbeddedSource, load_source
from pare_sklearn.training.net import UNLABELLED_RATIO, PaReNet

N, N_LABELLED, N_COLUMNS = 60, 36, 4
BATCH, N_PATCHES, N_SOURCE, WIDTH, N_CLASSES, N_SOURCE_CLASSES = 6, 5, 7, 8, 3, 4
SOURCE = tuple(array[:200] for array in load_source("digits"))
ONE = {"source": SOURCE, "n_estimators": 1, "max_epochs": 3, "random_state": 0}
SEMI = {**ONE, "semi_supervised": True}
LABELLED, UNLABELLED = (
    np.sort(rows) for rows in np.split(np.random.default_rng(0).permutation(N), [N_LABELLED])
)


@pytest.fixture(scope="module")
def data():
    return make_classification(
        N, N_COLUMNS, n_informative=3, n_redundant=0, n_classes=3, random_state=0
    )


@pytest.fixture(scope="module")
def targets():
    return make_regression(N, N_COLUMNS, n_targets=2, random_state=0)


def hide(y, mark, dtype=None):
    """`y` with the mark where the label is hidden."""
    hidden = np.array(y, dtype=dtype or y.dtype)
    hidden[UNLABELLED] = mark
    return hidden


class Watch(Callback):
    """Keep the rows that the members train on, hold out and draw from."""

    def __init__(self):
        self.seen = []

    def __deepcopy__(self, memo):
        return self

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        _, valid = net.get_split_datasets(X, y)
        self.seen.append((X, valid, net.unlabelled))


def rows_of(rows):
    return [tuple(row) for row in rows.inputs["numbers"].tolist()]


def losses_of(model):
    return [{**row, "seconds": 0} for row in model.history_]


# Which rows are unlabelled


@pytest.mark.parametrize("container", [np.asarray, list, pd.Series])
@pytest.mark.parametrize("kind", ["int", "float", "object", "text"])
def test_minus_one_marks_a_row_without_a_label(data, container, kind):
    X, y = data
    labels = np.array(["no", "yes", "so so"], dtype=object)[y] if kind == "text" else y
    hidden = hide(labels, -1, {"text": object}.get(kind, kind))
    model = PaReClassifier(**SEMI).fit(X, container(hidden))
    assert model.classes_.tolist() == sorted(set(labels))
    if kind == "text":
        assert model.classes_.dtype.kind == "U"
    assert set(model.predict(X).tolist()) <= set(labels)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_nan_marks_a_row_without_a_target(targets, n_outputs):
    X, y = targets
    y = y[:, 0] if n_outputs == 1 else y
    watch = Watch()
    model = PaReRegressor(**SEMI, callbacks=[watch]).fit(X, hide(y, np.nan))
    np.testing.assert_allclose(model.y_scaler_.mean_, y[LABELLED].reshape(N_LABELLED, -1).mean(0))
    assert len(watch.seen[0][2]) == N - N_LABELLED
    assert model.predict(X).shape == y.shape


def test_a_row_that_lacks_one_of_several_targets_is_unlabelled(targets):
    X, y = targets
    lacking = y.copy()
    lacking[3, 1] = np.nan
    watch = Watch()
    PaReRegressor(**SEMI, callbacks=[watch]).fit(X, lacking)
    assert len(watch.seen[0][2]) == 1


@pytest.mark.parametrize(
    ("y", "labels", "labelled"),
    [
        ([2, -1, 0], [2, 0], [True, False, True]),
        ([-2, -1, 1], [-2, 1], [True, False, True]),
        (np.array([2.0, -1.0]), [2.0], [True, False]),
        (["b", -1, "a"], ["b", "a"], [True, False, True]),
        (["-1", -1, "a"], ["-1", "a"], [True, False, True]),
        (np.array([True, False]), [True, False], [True, True]),
        (pd.Series([1, -1, 0], dtype="Int64"), [1, 0], [True, False, True]),
        (pd.Series(["b", -1], dtype="category"), ["b"], [True, False]),
        (np.array([[1], [-1]]), [1], [True, False]),
    ],
)
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_labels_are_split(y, labels, labelled):
    found, mask = split_labels(y)
    assert found.tolist() == labels
    assert mask.tolist() == labelled
    assert found.dtype != object


def test_targets_are_split():
    y, labelled = split_targets([[1, 2], [None, 3], [4, np.nan]])
    assert y.tolist() == [[1, 2]]
    assert labelled.tolist() == [True, False, False]


def test_a_column_of_labels_is_taken_as_without_unlabelled_rows(data):
    X, y = data
    with pytest.warns(UserWarning, match="column-vector"):
        model = PaReClassifier(**SEMI).fit(X, hide(y, -1)[:, None])
    flat = PaReClassifier(**SEMI).fit(X, hide(y, -1))
    assert losses_of(model) == losses_of(flat)


def test_minus_one_is_a_class_unless_asked_for(data):
    X, y = data
    model = PaReClassifier(**ONE).fit(X, hide(y, -1))
    assert model.classes_.tolist() == [-1, 0, 1, 2]
    assert PaReClassifier(**SEMI).fit(X, hide(y, -1)).classes_.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="NaN"):
        PaReRegressor(**ONE).fit(X, hide(y, np.nan, float))


# What they do


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_hidden_labels_are_never_used(data, estimator_class):
    X, y = data
    mark = -1 if estimator_class is PaReClassifier else np.nan
    hidden, other = hide(y, mark, float), hide(np.roll(y, 1), mark, float)
    other[LABELLED] = hidden[LABELLED]
    first, second = (estimator_class(**SEMI).fit(X, labels) for labels in (hidden, other))
    assert losses_of(first) == losses_of(second)
    assert first.predict(X).shape == (N,)


def test_unlabelled_rows_are_used_and_change_the_result(data):
    X, y = data
    # Another order of the same rows changes no scaling.
    moved = X.copy()
    moved[UNLABELLED] = X[UNLABELLED][::-1]
    hidden = hide(y, -1)
    model, other = (PaReClassifier(**SEMI).fit(table, hidden) for table in (X, moved))
    np.testing.assert_array_equal(
        model.modality_.encoder_.transform(X)[0], other.modality_.encoder_.transform(X)[0]
    )
    assert model.history_[0]["consistency_loss"] > 0
    assert losses_of(model) != losses_of(other)


@pytest.mark.parametrize("strategy", ["finetune", "scratch", "orca"])
def test_other_strategies_do_not_use_them(data, strategy):
    X, y = data
    hidden = hide(y, -1)
    moved = X.copy()
    moved[UNLABELLED] = X[UNLABELLED][::-1]
    settings = {**SEMI, "strategy": strategy}
    model, other = (PaReClassifier(**settings).fit(table, hidden) for table in (X, moved))
    assert losses_of(model) == losses_of(other)
    assert all(row["consistency_loss"] == 0 for row in model.history_)
    np.testing.assert_array_equal(model.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("strategy", ["finetune", "scratch", "orca"])
def test_fine_tuning_is_that_of_the_labelled_rows_alone(data, strategy):
    # Categories, all of them on labelled rows, so that there is nothing to scale.
    X, y = data
    table = pd.DataFrame(np.where(X > 0, "high", "low")).add_prefix("x")
    settings = {"strategy": strategy}
    with_both = PaReClassifier(**SEMI, **settings).fit(table, hide(y, -1))
    alone = PaReClassifier(**ONE, **settings).fit(table.iloc[LABELLED], y[LABELLED])
    assert losses_of(with_both) == losses_of(alone)
    np.testing.assert_array_equal(with_both.predict_proba(table), alone.predict_proba(table))


def test_scaling_and_categories_see_them():
    table = pd.DataFrame({"number": np.arange(N) * 1.0, "category": ["a", "b"] * (N // 2)})
    y = np.arange(N) % 3 % 2
    table.loc[10, "category"] = "rare"
    hidden = np.where(np.arange(N) == 10, -1, y)
    semi = PaReClassifier(**SEMI).fit(table, hidden)
    dropped = table.drop(index=10)
    labelled = PaReClassifier(**ONE).fit(dropped, np.delete(y, 10))
    codes = [model.modality_.encoder_.transform(table)[1][[10]] for model in (semi, labelled)]
    assert codes[0] > 0
    assert codes[1] == 0


@pytest.mark.parametrize("estimator_class", [PaReClassifier, PaReRegressor])
def test_without_unlabelled_rows_the_result_is_the_same_bit_for_bit(data, estimator_class):
    X, y = data
    semi, plain = (estimator_class(**settings).fit(X, y) for settings in (SEMI, ONE))
    assert losses_of(semi) == losses_of(plain)
    np.testing.assert_array_equal(semi.predict(X), plain.predict(X))


@pytest.mark.parametrize("n_estimators", [1, 3])
def test_only_labelled_rows_are_trained_on_and_held_out(data, n_estimators):
    X, y = data
    watch = Watch()
    model = PaReClassifier(**{**SEMI, "n_estimators": n_estimators}, callbacks=[watch])
    model.fit(X, hide(y, -1))
    all_rows = rows_of(model._rows(X))
    labels = {all_rows[i]: y[i] for i in LABELLED}
    held_out = []
    for train, valid, unlabelled in watch.seen:
        assert sorted(rows_of(train) + rows_of(valid)) == sorted(labels)
        assert [labels[row] for row in rows_of(train)] == train.y.tolist()
        assert sorted(rows_of(unlabelled) + list(labels)) == sorted(all_rows)
        held_out += rows_of(valid)
    if n_estimators > 1:
        assert sorted(held_out) == sorted(labels)


def test_the_weights_are_those_of_all_rows(data):
    X, y = data
    weights = np.random.default_rng(0).random(N)
    others = weights.copy()
    others[UNLABELLED] = 7.0
    watch = Watch()
    settings = {**SEMI, "early_stopping": False, "callbacks": [watch]}
    hidden = hide(y, -1)
    first, second = (
        PaReClassifier(**settings).fit(X, hidden, sample_weight=w) for w in (weights, others)
    )
    assert losses_of(first) == losses_of(second)
    expected = weights[LABELLED] / weights[LABELLED].mean()
    np.testing.assert_allclose(watch.seen[0][0].weights, expected, rtol=1e-6)
    with pytest.raises(ValueError, match=re.escape("sample_weight.shape == (36,)")):
        PaReClassifier(**settings).fit(X, hidden, sample_weight=weights[LABELLED])


def test_they_go_together_with_the_other_features(data):
    X, y = data
    model = PaReClassifier(
        **SEMI,
        class_weight="balanced",
        augmentation="patchmix",
        mix_weighting="otdd",
        k_schedule="otdd",
        gate="random",
    ).fit(X, hide(y, -1))
    assert model.history_[0]["consistency_loss"] > 0
    assert np.isfinite(model.predict_proba(X)).all()
    assert model.net_.unlabelled is None


def test_a_warm_start_takes_unlabelled_rows(data):
    X, y = data
    model = PaReClassifier(**ONE, warm_start=True).fit(X, y)
    model.set_params(semi_supervised=True).fit(X, hide(y, -1))
    assert model.history_[0]["consistency_loss"] > 0


# A step


def make_net(criterion=CrossEntropy, dropout=0.0, **parameters):
    torch.manual_seed(0)
    model = PaReModel(
        TableEmbedder(list(range(N_PATCHES)), [], periodic(N_PATCHES, WIDTH), [], WIDTH),
        make_encoder(WIDTH, 1, 2, dropout),
        Predictor(WIDTH, N_CLASSES, dropout),
        Gate(WIDTH),
        Predictor(WIDTH, N_SOURCE_CLASSES, dropout),
    )
    net = PaReNet(
        model,
        criterion,
        source=EmbeddedSource(torch.randn(20, N_SOURCE, WIDTH), torch.arange(20) % 4),
        unlabelled=Rows(make_inputs(15, seed=3)),
        exploration_epochs=0,
        train_split=None,
        callbacks=None,
        verbose=0,
        **parameters,
    ).initialize()
    net.history.new_epoch()
    net.history.new_batch()
    return net


def make_inputs(n, seed):
    numbers = torch.randn(n, N_PATCHES, generator=torch.Generator().manual_seed(seed))
    return {"numbers": numbers, "categories": torch.empty(n, 0, dtype=torch.long)}


def make_batch(regression=False):
    generator = torch.Generator().manual_seed(1)
    y = torch.arange(BATCH) % N_CLASSES
    if regression:
        y = torch.randn(BATCH, N_CLASSES, generator=generator)
    return make_inputs(BATCH, seed=2), (y, torch.rand(BATCH, generator=generator))


def step(net, batch, k, lam):
    net.k_, net.lam_ = k, lam
    net.module_.zero_grad()
    torch.manual_seed(4)
    loss = net.train_step_single(batch)["loss"].detach()
    return loss, {name: p.grad for name, p in net.module_.named_parameters()}


def spy_on_tokens(net):
    """Collect target and source tokens of each step."""
    seen = []
    predict_intermediate = net.module_.predict_intermediate

    def spy(target, source, k, select):
        seen.append((target, source))
        return predict_intermediate(target, source, k, select)

    net.module_.predict_intermediate = spy
    return seen


def cross_entropy(logits, y, smoothing=0.0):
    log_p = logits - logits.exp().sum(-1, keepdim=True).log()
    return -(1 - smoothing) * log_p[torch.arange(len(y)), y] - smoothing * log_p.mean(-1)


def divergence(mixed, clean):
    """KL(clean || mixed) of the predicted probabilities."""
    p, q = (logits.exp() / logits.exp().sum(-1, keepdim=True) for logits in (clean, mixed))
    return (p * (p / q).log()).sum(-1)


def squared_error(outputs, y, smoothing=0.0):
    return ((outputs - y) ** 2).mean(-1)


def mix_by_hand(model, target, tokens, k):
    mixed = target.clone()
    for i in range(len(target)):
        leaving = model.gate(target[i : i + 1])[0].argsort()[:k].sort().values
        entering = model.gate(tokens[i : i + 1])[0].argsort(descending=True)[:k].sort().values
        mixed[i, leaving] = tokens[i, entering]
    return mixed


@pytest.mark.parametrize(("k", "lam"), [(2, 0.4), (5, 1.0), (1, 0.2)])
@pytest.mark.parametrize(
    ("criterion", "smoothing"),
    [(CrossEntropy, 0.0), (CrossEntropy, 0.2), (SquaredError, 0.0)],
)
def test_the_loss_with_unlabelled_rows_is_that_of_the_definition(criterion, smoothing, k, lam):
    regression = criterion is SquaredError
    on_target, on_clean = (
        (squared_error, squared_error) if regression else (cross_entropy, divergence)
    )
    parameters = {} if regression else {"criterion__label_smoothing": smoothing}
    net = make_net(criterion, mix_weight=0.7, **parameters)
    seen, (inputs, (y, weights)) = spy_on_tokens(net), make_batch(regression)
    loss, gradients = step(net, (inputs, (y, weights)), k, lam)

    (given, tokens), model = seen[0], net.module_
    same = (tokens[:, None] == net.source.tokens[None]).all(-1).all(-1)
    labels = net.source.labels[same.long().argmax(1)]
    model.zero_grad()
    of_pool = model.embedder(**net.unlabelled.inputs)
    drawn = given[BATCH:, None].detach().isclose(of_pool[None].detach(), atol=1e-5).all(-1).all(-1)
    assert len(drawn) == UNLABELLED_RATIO * BATCH
    assert drawn.any(1).all()
    target = torch.cat([model.embedder(**inputs), of_pool[drawn.long().argmax(1)]])
    mixed = model.encoder(mix_by_hand(model, target, tokens, k))
    clean, intermediate = model.predictor(model.encoder(target)), model.predictor(mixed)
    of_source = cross_entropy(model.source_predictor(mixed), labels, smoothing)
    target_loss = (weights * on_target(clean[:BATCH], y, smoothing)).mean()
    labelled = (weights * on_target(intermediate[:BATCH], y, smoothing)).mean()
    consistency = on_clean(intermediate[BATCH:], clean[BATCH:].detach()).mean()
    source = torch.cat([weights * of_source[:BATCH], of_source[BATCH:]]).mean()
    expected = target_loss + 0.7 * ((1 - lam) * (labelled + consistency) + lam * source)
    expected.backward()

    torch.testing.assert_close(loss, expected.detach())
    terms = {
        "target_loss": target_loss,
        "intermediate_loss": labelled,
        "consistency_loss": consistency,
        "source_loss": source,
    }
    for name, term in terms.items():
        recorded = net.history[-1, "batches", -1][name]
        assert recorded == pytest.approx(float(term.detach()), rel=1e-4)
    for name, parameter in model.named_parameters():
        if not name.startswith("gate"):
            torch.testing.assert_close(gradients[name], parameter.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("k", "n_rows"), [(0, BATCH), (2, 2 * (1 + UNLABELLED_RATIO) * BATCH)])
def test_at_k_zero_unlabelled_rows_cost_nothing(k, n_rows):
    net, rows = make_net(), []
    embedded = []
    net.module_.encoder.register_forward_hook(lambda module, args, out: rows.append(len(out)))
    net.module_.embedder.register_forward_hook(lambda module, args, out: embedded.append(len(out)))
    step(net, make_batch(), k, k / N_PATCHES)
    assert rows == [n_rows]
    assert sum(embedded) == n_rows // (2 if k else 1)


def test_at_k_zero_a_fit_is_that_of_fine_tuning(data):
    X, y = data
    hidden = hide(y, -1)
    pare = PaReClassifier(**SEMI, k_start=0.0).fit(X, hidden)
    plain = PaReClassifier(**SEMI, strategy="finetune").fit(X, hidden)
    np.testing.assert_array_equal(pare.predict_proba(X), plain.predict_proba(X))


# What must not go in


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array(["a", "b", "-1"] * 20), "array of text.*-1.*dtype object"),
        (np.full(N, -1), "all of y is -1.*at least one row"),
        (np.full(N, -1, dtype=object), "all of y is -1"),
        (np.r_[0, np.full(N - 1, -1)], "one class only"),
        (np.array(["a", None, -1] * 20, dtype=object), "NaN or None"),
        (np.where(np.arange(N) % 3, np.nan, -1), "NaN"),
        (np.arange(N - 1) % 3 - 1, "inconsistent.*X has 60, y 59"),
        (np.tile(np.arange(N)[:, None] % 4 - 1, (1, 2)), "holds 2.* 0 or 1"),
        (None, "requires y"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_bad_labels(data, y, message):
    with pytest.raises(ValueError, match=message):
        PaReClassifier(**SEMI).fit(data[0], y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array(["a", "b"] * 30), "y must be numbers, or NaN without one"),
        (np.full(N, np.nan), "all of y is NaN.*at least one row"),
        (np.column_stack([np.full(N, np.nan), np.ones(N)]), "all of y is NaN"),
        (np.r_[np.nan, np.arange(N - 2)], "inconsistent.*X has 60, y 59"),
        (np.r_[np.nan, np.inf, np.arange(N - 2)], "infinity"),
        (np.r_[np.nan, 1j, np.arange(N - 2)], "Complex data not supported"),
        (np.full((N, 2, 2), np.nan), "y has 3 axes"),
        ([], "0 sample"),
        (3.0, "scalar"),
        (None, "requires y"),
    ],
)
def test_bad_targets(data, y, message):
    with pytest.raises(ValueError, match=message):
        PaReRegressor(**SEMI).fit(data[0], y)
