"""The nets as one exported program."""

import io

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from pare_sklearn import PaReClassifier
from pare_sklearn.saving.export import export_nets
from tests.saving.fitted import N, fit, frame, numbers


@pytest.mark.parametrize("name", ["strings", "sequences", "images", "fields"])
def test_a_program_gives_what_the_nets_give(name):
    model, X = fit(name, max_epochs=1, linear_probe=False)
    inputs = model.modality_.transform(
        model.modality_.validate(X, "no_validation", model, reset=False)
    )
    file = io.BytesIO()
    torch.export.save(export_nets(model, X[:1]), file)
    file.seek(0)
    program = torch.export.load(file).module()
    for n in (1, 7, N):
        some = {key: tensor[:n] for key, tensor in inputs.items()}
        outputs = program(some)
        expected = np.stack([net.forward(some).numpy() for net in model.estimators_])
        assert outputs.shape == (2, n, model.target_.n_outputs)
        np.testing.assert_allclose(outputs.detach().numpy(), expected, atol=1e-5)


def test_missing_values_that_the_example_lacks_are_seen():
    model, X = fit("sequences", max_epochs=1, linear_probe=False)
    program = export_nets(model, X).module()
    X[:, :, 10:] = np.nan
    inputs = model.modality_.transform(X)
    expected = np.stack([net.forward(inputs).numpy() for net in model.estimators_])
    np.testing.assert_allclose(program(inputs).detach().numpy(), expected, atol=1e-5)


def test_predictions_stay_as_they_were():
    model, X = fit("strings", max_epochs=1)
    expected = model.predict_proba(X)
    export_nets(model, X)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_bad_input_is_told():
    with pytest.raises(NotFittedError):
        export_nets(PaReClassifier(), numbers())
    model, _ = fit("strings", max_epochs=1)
    with pytest.raises(ValueError, match="feature"):
        export_nets(model, frame().iloc[:, :2])
