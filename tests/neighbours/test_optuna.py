"""A study of Optuna over k_start, pruned by the validation score of each epoch."""

import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from skorch.callbacks import Callback

from pare_sklearn import PaReClassifier

optuna = pytest.importorskip("optuna")

X, Y = load_iris(return_X_y=True)


class Pruning(Callback):
    """Tells a trial the score of each epoch, and stops where the trial is hopeless."""

    def __init__(self, trial):
        self.trial = trial

    def __deepcopy__(self, memo):
        return self

    def on_epoch_end(self, net, **kwargs):
        row = net.history[-1]
        self.trial.report(-row["valid_loss"], row["epoch"])
        if self.trial.should_prune():
            raise optuna.TrialPruned


def classifier(trial, **settings):
    k_start = trial.suggest_float("k_start", 0.1, 1.0)
    return PaReClassifier(k_start=k_start, n_estimators=1, max_epochs=2, random_state=0, **settings)


def test_a_study_over_k_start():
    X_train, X_val, y_train, y_val = train_test_split(X, Y, stratify=Y, random_state=0)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(
        lambda trial: classifier(trial).fit(X_train, y_train).score(X_val, y_val), n_trials=2
    )
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 2
    assert 0.1 <= study.best_params["k_start"] <= 1.0


def test_hopeless_trials_are_pruned():
    # Scores are minus the loss: none lies above 0.
    pruner = optuna.pruners.ThresholdPruner(lower=0.0)
    study = optuna.create_study(direction="maximize", pruner=pruner)

    def value(trial):
        clf = classifier(trial, callbacks=[("pruning", Pruning(trial))])
        return clf.fit(X, Y).score(X, Y)

    study.optimize(value, n_trials=1)
    (trial,) = study.trials
    assert trial.state.name == "PRUNED"
    assert list(trial.intermediate_values) == [1]
