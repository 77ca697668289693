"""Fields as targets: pieces without seams, whatever the shapes."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from pare_sklearn import PaReRegressor
from pare_sklearn.ensemble.ensemble import net_outputs
from pare_sklearn.modules.predictors import FieldPredictor
from pare_sklearn.modules.principal_components import PrincipalComponents

QUICK = {"source": "digits", "n_estimators": 2, "max_epochs": 2, "random_state": 0}
# Shapes of a sample and of its target.
SHAPES = [
    ((1, 64), (1, 64)),
    ((1, 64), (1, 256)),
    ((1, 37), (2, 11)),
    ((1, 1), (1, 1)),
    ((3, 21, 21), (21, 21)),
    ((1, 16, 16), (1, 16, 16)),
    ((4, 8, 8), (4, 8, 8)),
    ((1, 7, 5), (13, 3)),
]


def make_fields(shape, field, n=16, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, *shape))
    return X, rng.normal(size=(n, *field)) + X.mean(axis=tuple(range(1, X.ndim)), keepdims=True)[
        (slice(None), *[0] * len(shape), *[None] * len(field))
    ]


@pytest.mark.parametrize(("shape", "field"), SHAPES, ids=str)
def test_every_field_fits_predicts_and_scores(shape, field):
    X, y = make_fields(shape, field)
    model = PaReRegressor(**QUICK).fit(X, y)
    predicted = model.predict(X)
    assert predicted.shape == y.shape
    assert model.predict(X[:1]).shape == (1, *field)
    assert len(model.probe_.models) == 2
    flat = r2_score(y.reshape(len(y), -1), predicted.reshape(len(y), -1))
    assert model.score(X, y) == pytest.approx(flat)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), predicted)


def test_a_shifted_wave_is_learned():
    rng = np.random.default_rng(0)
    grid = np.arange(32) / 32
    amplitudes, phases = rng.uniform(0.5, 1, (200, 1)), rng.uniform(0, 1, (200, 1))
    X, y = (amplitudes * np.sin(2 * np.pi * (grid + phases + shift)) for shift in (0, 0.2))
    model = PaReRegressor(strategy="finetune", n_estimators=1, max_epochs=40, random_state=0)
    model.fit(X[:150, np.newaxis], y[:150, np.newaxis])
    assert model.score(X[150:, np.newaxis], y[150:, np.newaxis]) > 0.95


@pytest.mark.parametrize("parameters", [
    {"strategy": "orca"}, {"strategy": "scratch"}, {"k_schedule": "otdd"},
    {"augmentation": "patchmix"}, {"semi_supervised": True}, {"n_estimators": 1},
], ids=str)  # fmt: skip
def test_strategies_curricula_and_augmentation_take_fields(parameters):
    X, y = make_fields((1, 12, 10), (6, 5))
    if "semi_supervised" in parameters:
        y[:4] = np.nan
    model = PaReRegressor(**{**QUICK, **parameters}).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def assemble_by_hand(predictor, features):
    """Add up the pieces one by one."""
    (height, width), (down, right) = predictor.shape, predictor.steps
    n_rows, n_columns = predictor.grid
    field = torch.zeros(
        len(features), predictor.n_channels, (n_rows + 1) * down, (n_columns + 1) * right
    )
    total = torch.zeros(field.shape[2:])
    window = predictor.window.reshape(2 * down, 2 * right)
    pieces = predictor.linear(features).unflatten(2, (predictor.n_channels, 2 * down, 2 * right))
    for row in range(n_rows):
        for column in range(n_columns):
            rows = slice(row * down, (row + 2) * down)
            columns = slice(column * right, (column + 2) * right)
            field[:, :, rows, columns] += pieces[:, row * n_columns + column] * window
            total[rows, columns] += window
    top, left = down // 2, right // 2
    return (field / total)[:, :, top : top + height, left : left + width].flatten(1)


grids = st.one_of(
    st.tuples(st.tuples(st.integers(1, 5)), st.tuples(st.integers(1, 20))),
    st.tuples(
        st.tuples(st.integers(1, 4), st.integers(1, 4)),
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
    ),
)


@settings(max_examples=30, deadline=None)
@given(grids, st.integers(1, 3))
def test_pieces_are_added_up_and_weighed(grid_and_shape, n_channels):
    grid, shape = grid_and_shape
    torch.manual_seed(0)
    predictor = FieldPredictor(3, grid, n_channels, shape)
    features = torch.randn(2, int(np.prod(grid)), 3)
    with torch.no_grad():
        torch.testing.assert_close(predictor(features), assemble_by_hand(predictor, features))


def test_equal_pieces_have_no_seams():
    predictor = FieldPredictor(3, (4, 3), 1, (17, 20))
    torch.nn.init.zeros_(predictor.linear.weight)
    torch.nn.init.constant_(predictor.linear.bias, 2.5)
    with torch.no_grad():
        field = predictor(torch.randn(2, 12, 3))
    torch.testing.assert_close(field, torch.full((2, 340), 2.5))


def test_pieces_fade_into_each_other():
    """Neighbours that predict 0 and 1 give a ramp, whose steps are far below a jump of 1."""
    predictor = FieldPredictor(1, (6,), 1, (60,))
    torch.nn.init.ones_(predictor.linear.weight)
    torch.nn.init.zeros_(predictor.linear.bias)
    with torch.no_grad():
        field = predictor(torch.tensor([0.0, 1, 0, 1, 1, 0]).reshape(1, 6, 1))[0]
    assert field.diff().abs().max() <= 0.11
    assert (field.min(), field.max()) == (0, 1)


@pytest.mark.parametrize(("shape", "field", "message"), [
    ((1, 8), (2, 3, 4), r"fields of sequences are of shape \(n_samples, n_channels, length\)"),
    ((1, 8, 8), (2, 2, 3, 4), "fields of images"),
    ((1, 8, 8), (0, 4), r"shape \(6, 0, 4\).*no targets"),
    ((5,), (3, 4), "y has 3 axes"),
], ids=str)  # fmt: skip
def test_fit_refuses_other_fields(shape, field, message):
    with pytest.raises(ValueError, match=message):
        PaReRegressor(**QUICK).fit(np.zeros((6, *shape)), np.zeros((6, *field)))


def test_score_refuses_fields_of_another_shape():
    X, y = make_fields((1, 8, 8), (4, 4))
    model = PaReRegressor(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match=r"shape \(4, 3\), but fit saw \(4, 4\)"):
        model.score(X, y[:, :, :3])
    with pytest.raises(ValueError, match="NaN"):
        PaReRegressor(**QUICK).fit(X, np.where(y > y.mean(), np.nan, y))


def test_a_warm_start_keeps_the_field():
    X, y = make_fields((1, 8, 8), (4, 4))
    model = PaReRegressor(**QUICK, warm_start=True).fit(X, y).fit(X, y)
    assert model.predict(X).shape == y.shape
    with pytest.raises(ValueError, match="warm_start"):
        model.fit(X, y[:, :3])


@pytest.mark.parametrize("loss", ["absolute_error", "relative_l2", "nrmse"])
def test_losses_by_name_train_fields_and_numbers(loss):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 1, 4, 4))
    fields = 5 + np.stack([X[:, 0], -2 * X[:, 0]], axis=1)
    alone = {"strategy": "finetune", "linear_probe": False}
    settings = {**QUICK, **alone, "max_epochs": 15, "lr": 5e-3}
    model = PaReRegressor(**settings, loss=loss).fit(X, fields)
    assert model.score(X, fields) > 0.3
    table, y = X.reshape(80, -1)[:, :3], 5 + X[:, 0, 0, :2]
    model = PaReRegressor(**settings, loss=loss).fit(table, y)
    assert model.score(table, y) > 0.3


def test_the_loss_of_fields_is_relative_where_it_can_be():
    X, y = make_fields((1, 8, 8), (4, 4))
    assert PaReRegressor(**QUICK).fit(X, y).target_.loss_name == "relative_l2"
    y[5] = 0
    assert PaReRegressor(**QUICK).fit(X, y).target_.loss_name == "squared_error"
    assert PaReRegressor(**QUICK).fit(X[:, 0, 0], y[:, 0]).target_.loss_name == "squared_error"


def test_fields_that_follow_linearly_are_told_by_their_components():
    rng = np.random.default_rng(0)
    waves = np.sin(np.arange(5)[:, None] * np.linspace(0, 3, 40) + np.arange(5)[:, None])
    X = rng.normal(size=(120, 5)) @ waves
    y = X @ rng.normal(size=(40, 24))
    model = PaReRegressor(**QUICK).fit(X[:80, None], y[:80, None])
    assert model.score(X[80:, None], y[80:, None]) > 0.99
    alone = PaReRegressor(**QUICK, linear_probe=False).fit(X[:80, None], y[:80, None])
    assert alone.probe_ is None
    assert alone.score(X[80:, None], y[80:, None]) < 0.9


def test_principal_components_are_those_of_a_decomposition():
    values = torch.randn(60, 2, 7, generator=torch.Generator().manual_seed(0)) ** 3
    found = PrincipalComponents(values, 4, seed=0)(values).numpy()
    flat = values.flatten(1).double().numpy()
    flat -= flat.mean(axis=0)
    u, s, _ = np.linalg.svd(flat, full_matrices=False)
    np.testing.assert_allclose(np.abs(found), np.abs(u * s)[:, :4], rtol=0.05, atol=0.5)
    values[:, 0, 3] = torch.nan
    assert PrincipalComponents(values, 4, seed=0)(values).isfinite().all()


def test_the_validation_score_is_minus_the_loss():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.uniform(1, 2, size=(40, 2))
    model = PaReRegressor(
        **{**QUICK, "n_estimators": 1, "max_epochs": 1}, loss="relative_l2", linear_probe=False
    ).fit(X, y)
    (net,) = model.estimators_
    # Not as blended: the factor of a net that tells nothing is 0.
    outputs = model.y_scaler_.inverse_transform(net_outputs(net, model._rows(X)).numpy())
    errors = np.linalg.norm(outputs - y, axis=1) / np.linalg.norm(y, axis=1)
    # Which eight samples were held out is not told.
    assert errors.min() <= -model.history_[0]["validation_score"] <= errors.max()


@pytest.mark.parametrize("loss", ["relative_l2", "nrmse"])
def test_relative_losses_refuse_zeros(loss):
    X, y = make_fields((1, 8, 8), (2, 4, 4))
    y[3] = 0
    with pytest.raises(ValueError, match=r"sample 3 has.*zero throughout.*squared_error"):
        PaReRegressor(**QUICK, loss=loss).fit(X, y)
    y[3, 0] = 1
    if loss == "nrmse":
        with pytest.raises(ValueError, match="sample 3 has"):
            PaReRegressor(**QUICK, loss=loss).fit(X, y)
    else:
        PaReRegressor(**QUICK, loss=loss).fit(X, y)
