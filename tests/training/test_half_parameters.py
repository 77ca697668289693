"""Parameters that say what they do: no intermediate modality without weight, messages as they are,
and a table of the epochs whose columns stay.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import make_classification

from pare_sklearn import PaReClassifier
from pare_sklearn.modules import model as model_file

X, Y = make_classification(48, 4, random_state=0)
QUICK = {"n_estimators": 1, "max_epochs": 3, "source": "digits", "random_state": 0}


@pytest.mark.parametrize("hidden", [False, True])
def test_without_weight_pare_is_fine_tuning_at_its_cost(monkeypatch, hidden):
    y = np.where(np.arange(48) % 4 == 0, -1, Y) if hidden else Y
    settings = {**QUICK, "semi_supervised": hidden, "k_start": 1.0, "k_schedule": "constant"}
    plain = PaReClassifier(**settings, strategy="finetune").fit(X, y)

    def replace(*args):
        raise AssertionError("patches are replaced for nothing")

    monkeypatch.setattr(model_file, "replace_patches", replace)
    model = PaReClassifier(**settings, mix_weight=0).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert model.source_ is None
    assert {row["k"] for row in model.history_} == {0}
    with pytest.raises(ValueError, match="mix_weight"):
        model.gate_scores(X)


@pytest.mark.parametrize("strategy", ["pare", "finetune"])
@pytest.mark.parametrize("hidden", [False, True])
def test_every_epoch_prints_the_same_columns(capsys, strategy, hidden):
    y = np.where(np.arange(48) % 4 == 0, -1, Y) if hidden else Y
    settings = {**QUICK, "strategy": strategy, "semi_supervised": hidden, "k_start": 0.5}
    model = PaReClassifier(**settings, verbose=2).fit(X, y)
    ks = [row["k"] for row in model.history_]
    assert strategy == "finetune" or ks[0] > ks[-1] == 0
    member, head, *epochs = capsys.readouterr().out.splitlines()[: 2 + len(ks)]
    assert member == "member 1/1"
    assert head.split() == list(model.history_[0])[1:]
    assert {len(row.split()) for row in epochs} == {len(head.split())}


SCRIPT = """
import numpy as np
from pare_sklearn import PaReClassifier, PaReRegressor
X, y = np.zeros((4, 2)), np.arange(4) % 2
for Estimator, names in (
    (PaReClassifier, "strategy gate k_schedule loss modality finetune device backbone source"),
    (PaReRegressor, "loss mix_weighting augmentation numeric_embedding precision n_jobs"),
):
    for name in names.split():
        try:
            Estimator(**{name: "nonsense"}).fit(X, y)
        except Exception as error:
            print(name, error)
"""


def test_messages_are_the_same_in_every_process():
    def messages(seed):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", SCRIPT]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout

    first, other = messages(1), messages(2)
    assert len(first.splitlines()) == 15
    assert "{'finetune', 'orca', 'pare', 'scratch'}" in first
    assert "'auto', 'constant', 'exponential'" in first
    assert other == first
