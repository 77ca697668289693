"""Members of tables are validated with averages of their weights, and end with them."""

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier, PaReRegressor

X, Y = make_classification(100, 5, random_state=0)
QUICK = {"n_estimators": 1, "linear_probe": False, "random_state": 0, "source": "digits"}
# Members copy callbacks, but share this.
SEEN: list = []


class Watch(Callback):
    """Notes the weights before the first step, after each, and after each epoch."""

    def on_train_begin(self, net, **kwargs):
        SEEN.append(("begin", weights(net)))

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            SEEN.append(("step", weights(net)))

    def on_epoch_end(self, net, **kwargs):
        SEEN.append(("epoch", weights(net)))


def weights(net):
    parts = [each.detach().flatten() for each in net.module_.parameters() if each.requires_grad]
    return torch.cat(parts).double().numpy()


def watch(**parameters):
    """The net of a fit, and what was seen of it."""
    SEEN.clear()
    settings = {**QUICK, "max_epochs": 12, "callbacks": [("watch", Watch())], **parameters}
    return PaReClassifier(**settings).fit(X, Y).net_, list(SEEN)


def averages(seen, n_an_epoch):
    """The average after each step, by its definition."""
    steps = [now for kind, now in seen if kind == "step"]
    average, found = seen[0][1], []
    for number, now in enumerate(steps, start=1):
        share = 1 / min(2 * n_an_epoch, 1 + number / 4)
        average = (1 - share) * average + share * now
        found.append(average)
    return found


def test_each_epoch_is_validated_with_the_average_of_the_steps_so_far():
    _, seen = watch(early_stopping=True, patience=100)
    n_an_epoch = 3  # 80 samples in batches of 32
    assert [kind for kind, _ in seen] == ["begin", *[*["step"] * n_an_epoch, "epoch"] * 12]
    epochs = [now for kind, now in seen if kind == "epoch"]
    expected = averages(seen, n_an_epoch)[n_an_epoch - 1 :: n_an_epoch]
    np.testing.assert_allclose(epochs, expected, atol=1e-5)
    # Training goes on from the weights themselves.
    last = seen[-2][1]
    assert np.abs(last - epochs[-1]).max() > 1e-5


def test_without_samples_held_out_the_net_ends_with_the_average():
    net, seen = watch(early_stopping=False)
    np.testing.assert_allclose(weights(net), averages(seen, 4)[-1], rtol=1e-3, atol=1e-5)


def test_switched_off_the_net_ends_with_the_last_step():
    net, seen = watch(
        early_stopping=False, callbacks=[("watch", Watch()), ("weight_averaging", None)]
    )
    np.testing.assert_allclose(weights(net), seen[-1][1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("estimator_class", "samples", "epochs", "lr"),
    [
        (PaReClassifier, np.zeros((300, 4)), 30, 1.8e-3),
        (PaReRegressor, np.zeros((300, 4)), 48, 5.4e-3),
        (PaReClassifier, np.zeros((300, 1, 8)), 50, 1e-3),
        (PaReRegressor, np.zeros((300, 1, 8)), 80, 3e-3),
    ],
)
def test_tables_are_averaged_and_train_fewer_epochs_at_a_higher_rate(
    estimator_class, samples, epochs, lr
):
    samples = samples + np.random.default_rng(0).normal(size=samples.shape)
    model = estimator_class(**QUICK, time_limit=0.01, callbacks=[("watch", Watch())])
    with pytest.warns(UserWarning, match="time_limit"):
        model.fit(samples, np.arange(300) % 2)
    assert (model.budget_.max_epochs, model.lr_) == (epochs, lr)
