"""The benchmark on scikit-learn's own data."""

import numpy as np
import pytest

from benchmarks.sklearn_data import digits, labels
from benchmarks.sklearn_data.__main__ import MEASUREMENTS, describe, main
from pare_sklearn import PaReClassifier


class Quick(PaReClassifier):
    """Trained for a moment."""

    def __init__(self, random_state=None):
        super().__init__(
            source="digits", n_estimators=1, max_epochs=1, lr=5e-3, random_state=random_state
        )


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_table_of_all_models_is_printed(monkeypatch, capsys, name):
    for module in (digits, labels):
        monkeypatch.setattr(module, "PaReClassifier", Quick)
    assert main([name, "--repeats", "2"]) == 0
    out, err = capsys.readouterr()
    assert "[2/2]" in err
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()]
    assert cells[0] == ["model", "mean", "sd", "ahead of it, of 2"]
    assert len(cells) == 4
    assert all(0.2 < float(row[1]) <= 1 for row in cells[2:])


def test_scores_are_summarised():
    scores = [{"a": 0.5, "b": 0.25}, {"a": 0.7, "b": 0.75}, {"a": 0.6, "b": 0.6}]
    rows = describe(scores).splitlines()[2:]
    assert [cell.strip() for cell in rows[0].split("|")[1:-1]] == ["a", "0.6000", "0.0816", "0"]
    spread = np.std([0.25, 0.75, 0.6])
    assert f"0.5333 | {spread:.4f} | 1" in " ".join(rows[1].split())


def test_unknown_measurements_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["iris"])
    assert "digits" in capsys.readouterr().err
