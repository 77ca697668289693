"""The benchmark of backbones from the command line, on a tiny model, tiny texts and toy data."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("pyarrow")

from benchmarks import jobs
from benchmarks.backbones import __main__ as cli
from benchmarks.backbones import costing, measuring, splits
from benchmarks.backbones.document import describe
from benchmarks.backbones.fitting import make_job
from benchmarks.backbones.measuring import checkpointing, embedded_samples, step_flop
from benchmarks.backbones.recipe import Recipe, name_backbone
from benchmarks.backbones.steps import Load, StepClock, time_variants
from benchmarks.backbones.texts import read_texts
from benchmarks.jobs import Job
from benchmarks.openml_cc18 import plan
from benchmarks.openml_cc18.protocols import auroc, halves
from benchmarks.openml_cc18.tasks import Task
from benchmarks.records import Results
from benchmarks.report.sections import load_sections
from benchmarks.running import INTERRUPTED
from benchmarks.unavailable import Unavailable
from pare_sklearn import PaReClassifier
from tests.tiny_transformers import save_model, texts

ROOT = Path(__file__).parents[2]
TONES, TABLE = "tests.benchmarks.toy_series:tones", 53
LOAD = Load(batch_size=4, patches=6, steps=2)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARE_SKLEARN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)


@pytest.fixture
def backbone(tmp_path):
    save_model(tmp_path / "tiny" / "bert", "bert")
    return str(tmp_path / "tiny" / "bert")


@pytest.fixture
def parquet(tmp_path):
    reviews, labels = texts()
    path = tmp_path / "reviews.parquet"
    pd.DataFrame({"label": labels, "review": reviews}).to_parquet(path)
    return path


@pytest.fixture
def recipe(backbone, parquet):
    return Recipe(backbone, str(parquet), max_epochs=1, name="tiny")


def table():
    """A table of two numbers, of which the first tells the class but for some noise."""
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = pd.DataFrame({"told": y + rng.normal(scale=0.5, size=40), "noise": rng.normal(size=40)})
    return X, pd.Series(np.where(y, "yes", "no"))


@pytest.fixture
def openml(tmp_path, monkeypatch):
    """A task as the client would give it."""
    task = Task(TABLE, 1, "toys", "classification", 40, 10)
    for module in (plan, costing):
        monkeypatch.setattr(module, "find_task", lambda task_id, cache: task)
    monkeypatch.setattr(splits, "load_table", lambda task_id: table())
    (tmp_path / "openml").mkdir()
    return tmp_path / "openml"


@pytest.fixture
def in_this_process(monkeypatch):
    monkeypatch.setattr(jobs, "run_in_process", lambda module, request, threads: jobs.do(request))
    monkeypatch.setattr(
        measuring, "run_in_process", lambda module, request, threads: measuring.do(request)
    )


@pytest.fixture
def compare(tmp_path, backbone, parquet, openml, in_this_process):
    """Run the comparison, its jobs in this process; the exit status and the records."""
    path = tmp_path / "results.jsonl"

    def run(*options):
        argv = ["compare", "--backbone", backbone, "--texts", str(parquet), "--cache", str(openml)]
        argv += [
            "--tasks",
            f"{TABLE},{TONES}",
            "--max-epochs",
            "1",
            "--results",
            str(path),
            *options,
        ]
        return cli.main(argv), Results(path).read()

    return run


def tables(text):
    """Rows of cells of each Markdown table."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    return [[[c.strip() for c in line.strip("| ").split("|")] for line in b] for b in blocks]


def test_every_strategy_is_fitted_and_scored_on_every_set(compare, recipe, capsys):
    status, records = compare("--seeds", "2")
    assert status == 0
    found = {(r["task"], r["split"], r["model"]): r for r in records}
    strategies = ("pare", "finetune", "scratch")
    assert found.keys() == {(t, s, m) for t in (TABLE, TONES) for s in (0, 1) for m in strategies}
    for (task, _, strategy), record in found.items():
        assert record["metric"] == ("auroc" if task == TABLE else "accuracy")
        assert record["parameters"].get("strategy", "pare") == strategy
        assert record["parameters"]["max_epochs"] == record["epochs"] / 5 == 1
        assert str(Path(recipe.backbone).parent) not in str(record)
    scores, differences, seconds = tables(capsys.readouterr().out)
    assert [row[0] for row in scores[2:]] == ["toys", TONES]
    assert len(differences) - 2 == 4
    assert all(float(cell) > 0 for row in seconds[2:] for cell in row[1:])


def test_the_score_of_a_table_is_that_of_its_half(compare, recipe):
    _, records = compare("--seeds", "1", "--tasks", str(TABLE))
    X_train, X_test, y_train, y_test = halves(*table(), "classification", 0)
    clf = PaReClassifier(recipe.backbone, source=texts(), max_epochs=1, random_state=0)
    proba = clf.fit(X_train, y_train).predict_proba(X_test)
    (record,) = (r for r in records if (r["task"], r["model"]) == (TABLE, "pare"))
    assert record["score"] == pytest.approx(auroc(y_test, proba))
    best = max(row["validation_score"] for row in clf.history_)
    assert record["validation_score"] == pytest.approx(best)


def test_an_interrupted_comparison_goes_on_where_it_was(compare, monkeypatch, capsys):
    do, done = jobs.run_in_process, []

    def interrupted(*request):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(request)
        return do(*request)

    monkeypatch.setattr(jobs, "run_in_process", interrupted)
    status, before = compare("--seeds", "1")
    assert (status, len(before)) == (INTERRUPTED, 2)
    monkeypatch.setattr(jobs, "run_in_process", do)
    status, after = compare("--seeds", "1")
    assert status == 0
    assert "4 of 6 jobs to do" in capsys.readouterr().err
    assert after[:2] == before
    assert len(after) == 6


def test_other_weights_and_other_bounds_are_other_fits(compare, backbone, monkeypatch, capsys):
    def answer(module, request, threads):
        job = Job(**request)
        return job.tell([{"metric": "auroc", "score": 0.5, "fit_seconds": 1.0}])

    monkeypatch.setattr(jobs, "run_in_process", answer)
    compare("--seeds", "1")
    compare("--seeds", "1", "--max-epochs", "2")
    assert "6 of 6 jobs to do" in capsys.readouterr().err.splitlines()[-7]
    compare("--seeds", "1", "--nets-alone")
    assert "6 of 6 jobs to do" in capsys.readouterr().err
    save_model(Path(backbone), "bert", seed=1)
    compare("--seeds", "1")
    assert "6 of 6 jobs to do" in capsys.readouterr().err
    compare("--seeds", "1")
    assert "0 of 6 jobs to do" in capsys.readouterr().err


def test_jobs_run_in_processes_of_their_own_and_their_failures_are_records(recipe):
    series = make_job(recipe, TONES, "", 0, "finetune", {"strategy": "finetune"})
    (record,) = series.run()
    assert 0 <= record["score"] <= 1
    (record,) = make_job(recipe, TONES, "", 0, "none", {"strategy": "none"}).run()
    assert "strategy" in record["failure"]


def test_nets_alone_have_no_probe(compare):
    compare("--seeds", "1", "--tasks", str(TABLE))
    _, records = compare("--seeds", "1", "--tasks", str(TABLE), "--nets-alone")
    assert [len(r["blend"]) for r in records] == [2] * 3 + [1] * 3
    assert [r["parameters"].get("linear_probe") for r in records] == [None] * 3 + [False] * 3


def test_the_report_reads_the_results(compare, tmp_path):
    compare("--seeds", "1")
    sections = load_sections([tmp_path / "results.jsonl"], "pare")
    assert [section.title.split(",")[0] for section in sections] == ["half", "own split"]


def test_differences_are_paired(recipe):
    given = {"pare": [0.9, 0.8, 0.7], "finetune": [0.8, 0.8, 0.75], "scratch": [0.5, 0.6]}
    asked = [
        make_job(recipe, TABLE, "toys", seed, model, {})
        for model in given
        for seed in range(3)
    ]  # fmt: skip
    records = [
        {"task": TABLE, "dataset": "toys", "metric": "auroc", "split": seed, "model": model,
         "score": score, "fit_seconds": 10.0**seed}
        for model, scores in given.items()
        for seed, score in enumerate(scores)
    ]  # fmt: skip
    text = describe(recipe.title, asked, records)
    assert "8 of 9 fits are finished" in text
    scores, differences, seconds = tables(text)
    assert scores[2] == ["toys", "auroc", "0.8000 ± 0.1000", "0.7833 ± 0.0289", "0.5500 ± 0.0707"]
    assert differences[2:] == [
        ["toys", "finetune", "+0.0167", "0.0764", "-0.0500", "+0.1000", "1 / 1 / 1"],
        ["toys", "scratch", "+0.3000", "0.1414", "+0.2000", "+0.4000", "2 / 0 / 0"],
    ]
    assert seconds[2] == ["toys", "10", "10", "5.5"]


def test_the_costs_are_printed(backbone, parquet, openml, in_this_process, capsys):
    argv = ["cost", "--backbone", backbone, "--texts", str(parquet), "--cache", str(openml)]
    argv += ["--max-epochs", "1", "--repeats", "2", "--steps", "1", "--batch-size", "4"]
    argv += ["--patches", "6", "--memory-batch-size", "4", "--memory-patches", "8"]
    assert cli.main(argv) == 0
    text = capsys.readouterr().out
    precision, scores, weights, memory = tables(text)
    assert [row[0] for row in precision[2:]] == ["float32", "bfloat16"]
    assert precision[2][2] == "1 (1 to 1)"
    assert [row[0] for row in scores[2:]] == ["score", "validation score", "fit seconds"]
    trained = [int(row[1].replace(",", "")) for row in weights[2:]]
    assert trained[0] > trained[2] > 0
    assert trained[0] > trained[1] > 0
    assert trained[3] == 0
    assert [row[0] for row in memory[2:]] == ["off", "on", "on / off"]
    assert re.search(r"empty cache: 40; in a second fit: 0", text)


def test_a_failing_measurement_is_told(backbone, parquet, openml, in_this_process, capsys):
    argv = ["cost", "--backbone", backbone, "--texts", str(parquet), "--cache", str(openml)]
    options = ["--repeats", "1", "--steps", "1", "--batch-size", "4", "--patches", "6"]
    table_that_fails = pd.DataFrame({"a": []}), pd.Series([], dtype=str)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splits, "load_table", lambda task_id: table_that_fails)
        assert cli.main([*argv, *options]) == 1
    assert capsys.readouterr().err.startswith("error: 53 toys, seed 0, float32: ValueError")


def test_a_clock_has_each_training_step_and_no_other(recipe):
    clock = StepClock()
    clf = recipe.build(0, callbacks=[clock], batch_size=4, n_estimators=1, max_epochs=2)
    clf.fit(np.random.default_rng(0).normal(size=(20, 1, 8)), np.arange(20) % 2)
    assert len(clock.seconds) == 2 * 4  # 16 to train on, 4 held out
    assert min(clock.seconds) > 0


def test_steps_replace_patches_and_are_of_one_size(recipe):
    clf = LOAD.build(recipe, k_start=0.5).fit(*LOAD.samples())
    assert clf.n_patches_ == 6
    assert [row["k"] for row in clf.history_] == [3]
    clock = StepClock()
    LOAD.build(recipe, callbacks=[clock]).fit(*LOAD.samples())
    assert len(clock.seconds) == 1 + LOAD.steps


def test_variants_are_timed_as_often_as_asked(recipe):
    variants = {"a": {"finetune": "all"}, "b": {"finetune": "none"}}
    seconds = time_variants(recipe, LOAD, 3, variants)
    assert {name: len(values) for name, values in seconds.items()} == {"a": 3, "b": 3}


def test_a_source_is_embedded_once_in_two_fits(recipe, monkeypatch):
    assert embedded_samples(recipe, LOAD) == [40, 0]
    # Without a cache that can be written, each fit embeds it.
    monkeypatch.setattr(measuring, "FOLDER_VARIABLE", "PARE_SKLEARN_CACHE_ELSEWHERE")
    monkeypatch.setenv("PARE_SKLEARN_CACHE", "/dev/null/none")
    with pytest.warns(UserWarning, match="cannot be kept on disk"):
        assert embedded_samples(recipe, LOAD) == [40, 40]


def test_checkpointing_is_switched(recipe, monkeypatch):
    seen = []
    fit = PaReClassifier.fit
    monkeypatch.setattr(
        PaReClassifier,
        "fit",
        lambda self, *data: seen.append(self.gradient_checkpointing) or fit(self, *data),
    )
    found = [checkpointing(recipe, LOAD, enabled=enabled) for enabled in (False, True)]
    assert seen == [False, False, False, True]
    assert all(one["peak_mib"] >= one["before_mib"] > 0 for one in found)


def test_operations_of_a_step_are_those_of_its_layers(recipe):
    load, flop = Load(32, 6, 1), []
    for n_layers in (2, 4):
        save_model(Path(recipe.backbone), "bert", num_hidden_layers=n_layers)
        flop.append(step_flop(load.build(recipe, strategy="finetune"), load))
    layer = 2 * (4 * 32 * 32 + 2 * 32 * 48)  # of a token: attention's maps, and the two of the rest
    # Forward, and twice as many backward; there are products of tokens with each other besides.
    assert 1.0 < (flop[1] - flop[0]) / (3 * 2 * layer * 32 * 6) < 1.2


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_there_is_no_throughput(recipe):
    assert measuring.throughput(recipe, LOAD) is None


def test_share_of_the_peak(recipe, monkeypatch):
    monkeypatch.setattr(costing, "measure", lambda *_: {"seconds": 0.5, "flop": 2e14})
    args = cli.parse(["cost", "--backbone", "b", "--texts", "t", "--peak-tflops", "1000"])
    text = costing.gpu_section(recipe, Load(256, 8, 1), args)
    assert "512 samples/s, 400.0 TFLOP/s, 40.0% of its peak." in text


def test_columns_are_found_or_named(tmp_path, parquet):
    assert read_texts(parquet) == texts()
    path = tmp_path / "both.parquet"
    rows = pd.DataFrame(
        {
            "grade": ["good", "bad", None, "bad"],
            "text": ["so nice a film", "so bad a film", "who knows", " "],
            "weight": [0.5, 0.5, 0.5, 0.5],
        }
    )
    rows.to_parquet(path)
    found = ["so nice a film", "so bad a film"], ["good", "bad"]
    assert read_texts(path) == found
    rows.assign(other=["a", "b", "c", "d"]).to_parquet(path)
    with pytest.raises(Unavailable, match="found grade, other: name it"):
        read_texts(path)
    assert read_texts(path, label_column="grade") == found
    assert read_texts(path, "grade", "other")[0] == ["good", "bad", "bad"]
    with pytest.raises(Unavailable, match="no column 'grades'; there are grade, text"):
        read_texts(path, label_column="grades")


def test_bad_files_are_told_before_any_work(compare, tmp_path, backbone, capsys):
    damaged = tmp_path / "damaged.parquet"
    damaged.write_text("none")
    assert compare("--texts", str(damaged)) == (1, [])
    assert "is no parquet file" in capsys.readouterr().err
    assert compare("--backbone", str(tmp_path)) == (1, [])
    assert "holds no model.safetensors" in capsys.readouterr().err
    assert compare("--tasks", "Gunpoint") == (1, [])
    assert "no data set 'Gunpoint'" in capsys.readouterr().err


def test_a_backbone_is_named_by_its_folder_and_its_weights(tmp_path, backbone):
    name = name_backbone(backbone)
    assert re.fullmatch(r"tiny/bert \([0-9a-f]{8}\)", name)
    save_model(Path(backbone), "bert", seed=1)
    assert name_backbone(backbone) != name
    with pytest.raises(Unavailable):
        name_backbone(str(tmp_path / "none"))
