"""The benchmark of time series from the command line, on toy series and toy models."""

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import wilcoxon
from sklearn.dummy import DummyClassifier

from benchmarks import jobs
from benchmarks.jobs import Job
from benchmarks.records import Results
from benchmarks.report.sections import load_sections
from benchmarks.running import INTERRUPTED
from benchmarks.timeseries import __main__ as cli
from benchmarks.timeseries.__main__ import PROTOCOL
from benchmarks.timeseries.datasets import load
from benchmarks.timeseries.document import describe
from benchmarks.timeseries.equal_lengths import EqualLengths
from benchmarks.timeseries.fitting import measure
from benchmarks.timeseries.models import find_build
from benchmarks.unavailable import Unavailable
from tests.benchmarks import toy_series

TESTS = str(Path(__file__).parent)  # where jobs find the toys
TONES, RAGGED = "toy_series:tones", "toy_series:ragged"
NEAREST, GUESSING = "toy_series:nearest", "toy_series:guessing"


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run the command, its jobs in processes of their own."""
    monkeypatch.syspath_prepend(TESTS)
    monkeypatch.setenv("PYTHONPATH", TESTS)
    monkeypatch.chdir(Path(TESTS).parents[1])
    path = tmp_path / "results.jsonl"

    def run(*argv, sets=TONES, models=NEAREST):
        argv = ["--tasks", sets, "--models", models, "--results", str(path), *argv]
        return cli.main(argv), Results(path).read()

    return run


@pytest.fixture
def run(command, monkeypatch):
    """Run the command, its jobs in this process."""
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    return command


def scores(records):
    return {(r["task"], r["split"], r["model"]): r["score"] for r in records}


def accuracy_of_nearest(data):
    """The share of test series whose loudness is nearer to the mean of their own class."""
    X_train, y_train, X_test, y_test = data
    means = {
        label: np.mean(
            [abs(x).mean() for x, of in zip(X_train, y_train, strict=True) if of == label]
        )
        for label in ("loud", "soft")
    }
    hits = [
        min(means, key=lambda label, x=x: abs(abs(x).mean() - means[label])) == label
        for x, label in zip(X_test, y_test, strict=True)
    ]
    return sum(hits) / len(hits)


def test_the_score_is_the_accuracy_on_the_test_series(run):
    status, records = run("--seeds", "1", sets=f"{TONES},{RAGGED}")
    assert status == 0
    assert scores(records) == {
        (TONES, 0, NEAREST): accuracy_of_nearest(toy_series.tones()),
        (RAGGED, 0, NEAREST): accuracy_of_nearest(toy_series.ragged()),
    }


def test_a_seed_is_the_random_state_of_its_fit(run):
    _, records = run("--seeds", "3", models=GUESSING)
    X_train, y_train, X_test, y_test = toy_series.tones()
    expected = {}
    for seed in range(3):
        guesses = DummyClassifier(strategy="uniform", random_state=seed).fit(X_train, y_train)
        expected[TONES, seed, GUESSING] = np.mean(guesses.predict(X_test) == y_test)
    assert scores(records) == pytest.approx(expected)
    assert len(set(expected.values())) > 1


def test_a_record_tells_the_circumstances(run):
    _, (record,) = run("--seeds", "1", models=GUESSING)
    assert record["protocol"] == PROTOCOL
    assert record["metric"] == "accuracy"
    assert record["parameters"] == {"random_state": 0, "strategy": "uniform"}
    assert record["versions"].keys() >= {"python", "numpy", "scikit-learn", "torch"}
    assert record["fit_seconds"] > 0
    assert record["predict_seconds"] > 0
    assert 20 < record["peak_memory_mib"] < 5000


def test_jobs_run_in_processes_of_their_own_and_their_failures_are_records(command, capsys):
    dying = "toy_series:dying"
    status, records = command("--seeds", "1", models=f"{dying},{NEAREST}")
    assert status == 1
    assert [r.get("failure") for r in records] == ["killed, perhaps for want of memory", None]
    out, err = capsys.readouterr()
    assert f"[1/2] {TONES}, seed 0, {dying}: failed, killed" in err
    assert "1 of 2 fits are finished" in out


def test_a_failure_leaves_a_dash_and_is_tried_again(run, capsys):
    failing = "toy_series:failing"
    status, records = run("--seeds", "1", models=f"{NEAREST},{failing}")
    assert status == 1
    assert [r["failure"] for r in records if "failure" in r] == ["ValueError: no such luck"]
    text = capsys.readouterr().out
    assert cells(text)[TONES][1] == cells(text)["mean"][1] == "-"
    assert comparisons(text)[failing] == ["0", "-", "-", "-"]
    run("--seeds", "1", models=f"{NEAREST},{failing}")
    assert "1 of 2 jobs to do" in capsys.readouterr().err


def test_an_interrupted_run_goes_on_where_it_was(run, monkeypatch, capsys):
    options = {"sets": f"{TONES},{RAGGED}", "models": f"{NEAREST},{GUESSING}"}
    in_this_process, done = jobs.run_in_process, []

    def interrupted(module, request, threads):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(request)
        return in_this_process(module, request, threads)

    monkeypatch.setattr(jobs, "run_in_process", interrupted)
    status, before = run("--seeds", "2", **options)
    assert status == INTERRUPTED
    assert len(before) == 3
    assert "Interrupted; what is finished is kept" in capsys.readouterr().err

    monkeypatch.setattr(jobs, "run_in_process", in_this_process)
    status, after = run("--seeds", "2", **options)
    assert status == 0
    assert "5 of 8 jobs to do" in capsys.readouterr().err
    assert after[:3] == before
    assert len(scores(after)) == len(after) == 8


def cells(text):
    """The rows of all tables by their first cell; the last of a name."""
    lines = [line.strip("| ").split("|") for line in text.splitlines() if line.startswith("|")]
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in lines}


def comparisons(text):
    """The rows of the comparisons by their rival."""
    return cells(text.partition("minus each rival")[2].partition("Seconds")[0])


A, B, C = [0.9, 0.8, 0.7, 0.6], [0.5, 0.85, 0.6, 0.3], [0.9, 0.7, 0.65, 0.4]


def records_of(model, accuracies):
    """Records of a model on sets 0 to 3: with seed 1, 0.02 more than with seed 0."""
    return [
        {
            "protocol": PROTOCOL,
            "task": f"set {number}",
            "split": seed,
            "model": model,
            "score": accuracy + 0.02 * seed,
            "fit_seconds": 2.0 + seed,
            "predict_seconds": 0.5,
        }
        for number, accuracy in enumerate(accuracies)
        for seed in range(2)
    ]


def a_job(task, seed, model):
    return Job("benchmarks.timeseries.fitting:measure", PROTOCOL, task, (seed,), model)


def asked(*models, n_sets=4):
    tasks = [f"set {number}" for number in range(n_sets)]
    return [a_job(*where) for where in product(tasks, range(2), models)]


def test_the_table_has_means_over_seeds_and_over_sets():
    table = cells(describe(asked("a", "b"), records_of("a", A) + records_of("b", B)))
    for number in range(4):
        assert table[f"set {number}"] == [f"{A[number] + 0.01:.4f}", f"{B[number] + 0.01:.4f}"]
    assert table["mean"] == [f"{np.mean(A) + 0.01:.4f}", f"{np.mean(B) + 0.01:.4f}"]


def test_the_first_model_is_compared_with_each_of_the_others():
    records = records_of("a", A) + records_of("b", B) + records_of("c", C)
    text = describe(asked("a", "b", "c"), records)
    assert "a minus each rival" in text
    table = comparisons(text)
    p = wilcoxon(np.subtract(A, B).round(9)).pvalue
    mean = np.mean(np.subtract(A, B))
    assert table["b"] == ["4", f"{mean:+.4f}", "3 / 0 / 1", f"{p:.3f}"]
    p = wilcoxon(np.subtract(A, C)[1:].round(9)).pvalue  # the tie is left out
    mean = np.mean(np.subtract(A, C))
    assert table["c"] == ["4", f"{mean:+.4f}", "3 / 1 / 0", f"{p:.3f}"]


def test_seconds_are_means_over_the_fits():
    table = cells(describe(asked("a"), records_of("a", A)))
    assert table["a"] == ["2.5", "0.5"]


def test_a_single_model_is_compared_with_none():
    assert "rival" not in describe(asked("a"), records_of("a", A))


def test_only_what_was_asked_for_is_reported():
    text = describe(asked("a", n_sets=2), records_of("a", A[:2]))
    assert "4 of 4 fits are finished" in text
    assert "set 2" not in text
    assert cells(text)["mean"] == [f"{np.mean(A[:2]) + 0.01:.4f}"]


def test_a_model_that_lacks_a_fit_has_no_mean():
    text = describe(asked("a", "b"), records_of("a", A) + records_of("b", B)[:-1])
    assert "15 of 16 fits are finished" in text
    table = cells(text)
    assert table["set 3"] == [f"{A[3] + 0.01:.4f}", f"{B[3]:.4f}"]
    assert table["mean"] == [f"{np.mean(A) + 0.01:.4f}", "-"]


def test_nothing_finished_is_a_table_of_dashes():
    assert cells(describe(asked("a"), []))["mean"] == ["-"]


def test_the_report_reads_the_results(run, tmp_path):
    run("--seeds", "2", models=f"{NEAREST},{GUESSING}")
    (section,) = load_sections([tmp_path / "results.jsonl"], NEAREST)
    assert section.title == f"{PROTOCOL}, accuracy"
    assert sorted(section.complete) == [GUESSING, NEAREST]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sets": "toy_series:none"}, "the data set 'toy_series:none' can't be imported"),
        ({"sets": "nowhere:tones"}, "No module named 'nowhere'"),
        ({"models": "toy_series:none"}, "the model 'toy_series:none' can't be imported"),
    ],
)
def test_bad_functions_are_told_before_any_work(run, capsys, options, message):
    status, records = run(**options)
    assert status == 1
    assert records == []
    line, rest = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert rest.startswith("0 of 3 jobs to do")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sets": "Gunpoint"}, "no 'Gunpoint'; there are GunPoint, ItalyPowerDemand"),
        ({"models": "rocket"}, "no 'rocket'; there are pare, finetune, scratch, minirocket"),
    ],
)
def test_bad_names_are_refused(run, capsys, options, message):
    with pytest.raises(SystemExit, match="2"):
        run(**options)
    assert message in capsys.readouterr().err


def test_lacking_packages_are_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "aeon.datasets", None)
    with pytest.raises(Unavailable, match=r"pip install 'pare-sklearn\[bench\]'"):
        load("GunPoint")
    monkeypatch.setattr("benchmarks.timeseries.models.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"needs aeon: pip install 'pare-sklearn\[bench\]'"):
        find_build("minirocket")
    with pytest.raises(Unavailable, match=r"needs aeon and tensorflow: pip install 'aeon\[dl\]'"):
        find_build("inceptiontime")


def test_by_default_all_but_what_the_extra_lacks(tmp_path):
    args = cli.parse(["--results", str(tmp_path / "results.jsonl")])
    assert args.models == ["pare", "finetune", "scratch", "minirocket", "dtw"]
    assert len(args.tasks) == 7
    assert args.seeds == 3


@pytest.mark.parametrize("option", ["--seeds", "--jobs", "--threads"])
def test_bad_options_are_refused(run, capsys, option):
    with pytest.raises(SystemExit, match="2"):
        run(option, "0")
    assert option in capsys.readouterr().err


def test_results_that_cannot_be_written_are_told(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["--results", str(tmp_path)])
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("strategy", ["pare", "finetune", "scratch"])
def test_pare_has_its_defaults_but_for_the_strategy(strategy):
    from pare_sklearn import PaReClassifier

    model = find_build(strategy)(7)
    expected = PaReClassifier(strategy=strategy, random_state=7)
    assert model.get_params() == expected.get_params()


def test_pare_takes_series_of_unequal_lengths(monkeypatch):
    monkeypatch.syspath_prepend(TESTS)
    (outcome,) = measure(a_job(RAGGED, 0, "toy_series:tiny_pare"))
    assert 0 <= outcome["score"] <= 1
    assert outcome["parameters"]["max_epochs"] == 1


def test_equal_lengths_are_padded_behind_and_cut():
    rng = np.random.default_rng(0)
    short, long, longer = (rng.normal(size=(2, length)) for length in (3, 5, 8))
    equal = EqualLengths().fit([short, long])
    padded, same, cut = equal.transform([short, long, longer])
    assert equal.length_ == 5
    np.testing.assert_array_equal(padded, np.hstack([short, np.zeros((2, 2))]))
    np.testing.assert_array_equal(same, long)
    np.testing.assert_array_equal(cut, longer[:, :5])


def test_shipped_sets_come_on_their_own_splits():
    pytest.importorskip("aeon")
    gun_point, vowels = load("GunPoint"), load("JapaneseVowels")
    assert gun_point.X_train.shape == (50, 1, 150)
    assert gun_point.X_test.shape == (150, 1, 150)
    assert gun_point.n_values == 50 * 150
    assert (len(vowels.X_train), len(vowels.X_test)) == (270, 370)
    assert len({series.shape[1] for series in vowels.X_train}) > 1
    assert set(vowels.y_test) == set(vowels.y_train)


def warping_distance(a, b):
    """Dynamic time warping of squared differences, by its definition."""
    cost = np.full((a.shape[1] + 1, b.shape[1] + 1), np.inf)
    cost[0, 0] = 0
    for i, j in np.ndindex(a.shape[1], b.shape[1]):
        before = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
        cost[i + 1, j + 1] = before + ((a[:, i] - b[:, j]) ** 2).sum()
    return cost[-1, -1]


def test_dtw_is_the_nearest_neighbour_by_warping(monkeypatch):
    pytest.importorskip("aeon")
    monkeypatch.syspath_prepend(TESTS)
    X_train, y_train, X_test, y_test = toy_series.ragged()
    nearest = [np.argmin([warping_distance(x, other) for other in X_train]) for x in X_test]
    (outcome,) = measure(a_job(RAGGED, 0, "dtw"))
    assert outcome["score"] == pytest.approx(np.mean(y_train[nearest] == y_test))


def test_minirocket_takes_series_of_unequal_lengths_made_equal(monkeypatch):
    pytest.importorskip("aeon")
    from aeon.classification.convolution_based import MiniRocketClassifier

    def watch(name):
        real = getattr(MiniRocketClassifier, name)

        def watched(self, X, *y):
            seen.append(X.shape)
            return real(self, X, *y)

        monkeypatch.setattr(MiniRocketClassifier, name, watched)

    seen = []
    watch("_fit")
    watch("_predict")
    monkeypatch.syspath_prepend(TESTS)
    (outcome,) = measure(a_job(RAGGED, 0, "minirocket"))
    assert seen == [(40, 2, 15), (20, 2, 15)]
    assert outcome["score"] >= 0.5
