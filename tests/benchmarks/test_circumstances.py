"""What records tell of the code and of the parameters."""

import subprocess

import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.circumstances import changed_parameters, find_commit
from pare_sklearn import PaReClassifier, PaReRegressor


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    (tmp_path / "benchmarks" / "code.py").write_text("1")
    (tmp_path / "benchmarks" / "results" / "a.jsonl").write_text("1")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def test_the_commit_is_that_of_the_code(repository):
    head = git(repository, "rev-parse", "HEAD")
    assert find_commit(repository) == head[:12]
    (repository / "benchmarks" / "results" / "a.jsonl").write_text("1\n2")  # are no code
    (repository / "notes").touch()
    assert find_commit(repository) == head[:12]


@pytest.mark.parametrize("name", ["code.py", "new.py"])
def test_changes_are_told(repository, name):
    (repository / "benchmarks" / name).write_text("2")
    assert find_commit(repository) == git(repository, "rev-parse", "HEAD")[:12] + "+changes"


def test_outside_of_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert find_commit(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert find_commit(tmp_path) is None


@pytest.mark.parametrize("estimator", [PaReClassifier, PaReRegressor])
def test_only_parameters_that_differ_from_the_defaults_are_told(estimator):
    assert changed_parameters(estimator()) == {}
    model = estimator(strategy="scratch", random_state=0, lr="auto", max_epochs=7)
    assert changed_parameters(model) == {"max_epochs": 7, "random_state": 0, "strategy": "scratch"}


def test_parts_are_told_by_their_names():
    model = make_pipeline(
        make_column_transformer((StandardScaler(with_mean=False), ["a"])),
        LogisticRegression(C=0.5),
    )
    assert changed_parameters(model) == {
        "columntransformer__standardscaler__with_mean": False,
        "logisticregression__C": 0.5,
    }


def test_defaults_of_bases_count_and_what_json_cannot_hold_is_left_out():
    class Child(LogisticRegression):
        def __init__(self, tol=0.5, **others):
            super().__init__(tol=tol, **others)

        @classmethod
        def _get_param_names(cls):
            return LogisticRegression._get_param_names()

    assert changed_parameters(Child()) == {}
    assert changed_parameters(Child(tol=1e-4, C=2.0)) == {"C": 2.0, "tol": 1e-4}
    assert changed_parameters(PaReClassifier(source=object(), callbacks=[print])) == {}
