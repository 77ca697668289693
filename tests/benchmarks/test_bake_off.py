"""The bake-off of pretrained backbones from the command line, on toy weights and a toy cache."""

import json
from functools import partial

import pytest
import torch
from sklearn.metrics import log_loss, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split

from benchmarks import jobs
from benchmarks.bake_off import __main__ as cli
from benchmarks.bake_off.document import describe
from benchmarks.bake_off.trials import build, make_trials
from benchmarks.bake_off.weights import read_weights
from benchmarks.openml_cc18.models import pare
from benchmarks.openml_cc18.tasks import find_task
from benchmarks.records import Results
from benchmarks.unavailable import Unavailable
from pare_sklearn.backbones.embedded import EmbeddedBackbone, EmbeddedConfig, save_embedded
from tests.benchmarks.test_openml_cc18 import KINDS, cache, table  # noqa: F401

SHAPES = {
    "small": EmbeddedConfig(width=32, depth=1, n_heads=2),
    "large": EmbeddedConfig(
        width=64,
        depth=2,
        n_heads=4,
        sequence_length=60,
        sequence_patch=5,
        image_size=12,
        image_patch=4,
        n_source_classes=7,
    ),
}
NAMES = {1: "auroc", 2: "r2"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Files of random weights, by name."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for name, config in SHAPES.items():
        save_embedded(EmbeddedBackbone(config, dropout=0.0), folder / f"{name}.safetensors")
    return {name: folder / f"{name}.safetensors" for name in SHAPES}


@pytest.fixture
def run(cache, tmp_path, monkeypatch, capsys):  # noqa: F811
    """Run the command; its fits are short, and done in this process, which is quicker."""

    def do(module, request, threads):
        return jobs.do(json.loads(json.dumps(request)))

    monkeypatch.setattr(jobs, "run_in_process", do)
    monkeypatch.setattr(pare, "build", partial(pare.build, max_epochs=3))
    results = Results(tmp_path / "results.jsonl")

    def run(*argv):
        where = ["--cache", str(cache), "--results", str(results.path), "--jobs", "1"]
        status = cli.main([*where, *map(str, argv)])
        return status, results.read(), capsys.readouterr()

    return run


def keys(records):
    return sorted((r["task"], r["split"], r["model"]) for r in records)


def trial(model, score, task=31, split=100, metric="auroc", seconds=2.0):
    where = {"protocol": "half", "task": task, "split": split, "model": model}
    return {**where, "metric": metric, "score": score, "fit_cpu_seconds": seconds}


def failure(model, **where):
    record = trial(model, None, **where)
    return {name: record[name] for name in ["protocol", "task", "split", "model"]} | {"failure": ""}


def rows_of(text):
    """The cells of each row of a table, by its first one."""
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {first: rest for first, *rest in cells}


def test_trials_are_done_recorded_and_reported_once(run, weights, tmp_path):
    argv = ["--models", weights["small"], "--tasks", "1,2", "--seeds", 1]
    report = tmp_path / "report.md"
    status, records, printed = run(*argv, "--report", report)
    assert status == 0
    name = read_weights(weights["small"]).name
    assert keys(records) == [(t, 100, m) for t in (1, 2) for m in sorted([name, "scratch-32x1"])]
    for record in records:
        assert record["metric"] == NAMES[record["task"]]
        assert ("log_loss" in record) == (record["task"] == 1)
        assert record["fit_cpu_seconds"] > 0
        assert record["parameters"]["n_estimators"] == 1
        assert record["parameters"]["strategy"] == (
            "finetune" if record["model"] == name else "scratch"
        )
        assert "gate" not in record["parameters"]  # which is as the defaults have it
    assert report.read_text() == printed.out
    row = rows_of(printed.out)[name]
    size = weights["small"].stat().st_size
    assert row[1] == f"{size / 1e6:.2f}"
    scores = {r["model"]: r["score"] for r in records if r["task"] == 1}
    difference = scores[name] - scores["scratch-32x1"]
    assert row[2:4] == [f"{scores[name]:.4f}", f"{difference:+.4f}"]

    _, again, printed = run(*argv)
    assert again == records
    assert "0 of 4 jobs to do" in printed.err
    assert printed.out == report.read_text()


def test_a_trial_is_a_fit_of_one_member_to_half_of_the_rows(run, weights):
    path = weights["small"]
    _, records, _ = run("--models", path, "--tasks", "1,2", "--seeds", 1, "--first-seed", 7)
    for task, kind in KINDS:
        X, y = table(kind)
        classifies = kind == "classification"
        target = y.cat.codes.to_numpy() if classifies else y.to_numpy()
        X_train, X_test, y_train, y_test = train_test_split(
            X, target, test_size=0.5, stratify=target if classifies else None, random_state=7
        )
        model = build(X, kind, 7, str(path), "finetune").fit(X_train, y_train)
        (record,) = (r for r in records if r["task"] == task and r["model"].startswith("small"))
        assert record["split"] == 7
        if classifies:
            proba = model.predict_proba(X_test).astype(float)
            proba /= proba.sum(axis=1, keepdims=True)
            auroc = roc_auc_score(y_test, proba, multi_class="ovo")
            assert (record["score"], record["log_loss"]) == pytest.approx(
                (auroc, log_loss(y_test, proba))
            )
        else:
            assert record["score"] == pytest.approx(r2_score(y_test, model.predict(X_test)))


def test_files_of_one_shape_share_scratch(cache, weights, tmp_path):  # noqa: F811
    other = tmp_path / "other.safetensors"
    save_embedded(EmbeddedBackbone(SHAPES["small"], dropout=0.0), other)
    described = [read_weights(path) for path in [weights["small"], other, weights["large"]]]
    trials = make_trials(described, [find_task(2, cache)], range(100, 102), str(cache))
    expected = [
        described[0].name,
        "scratch-32x1",
        described[1].name,
        described[2].name,
        "scratch-64x2",
    ]
    assert [t.model for t in trials] == expected * 2
    assert [t.splits for t in trials] == [(100,)] * 5 + [(101,)] * 5


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_backbone_is_that_of_the_file_with_the_dropout_of_the_estimator(weights, kind):
    X, _ = table(kind)
    path = weights["large"]
    model = build(X, kind, 3, str(path), "scratch")
    assert (model.strategy, model.n_estimators, model.random_state) == ("scratch", 1, 3)
    assert model.backbone.config == SHAPES["large"]
    assert model.backbone.encoder[0].feedforward[2].p == model.dropout == type(model)().dropout


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_is_deduced_from_the_tensors(weights, name):
    described = read_weights(weights[name])
    backbone = EmbeddedBackbone(SHAPES[name], dropout=0.0)
    assert described.config == SHAPES[name]
    assert described.n_parameters == sum(p.numel() for p in backbone.parameters())
    assert described.n_bytes == weights[name].stat().st_size


def test_a_name_stands_for_the_content(weights, tmp_path):
    copy = tmp_path / "small.safetensors"
    copy.write_bytes(weights["small"].read_bytes())
    with pytest.raises(Unavailable, match=r"lacks .* checksum beside it, small\.sha256"):
        read_weights(copy)
    copy.with_suffix(".sha256").write_text(weights["small"].with_suffix(".sha256").read_text())
    assert read_weights(copy).name == read_weights(weights["small"]).name
    save_embedded(EmbeddedBackbone(SHAPES["small"], dropout=0.0), copy)
    assert read_weights(copy).name != read_weights(weights["small"]).name


def test_what_is_no_file_of_weights_is_told(run, weights, tmp_path):
    rubbish, other = tmp_path / "rubbish", tmp_path / "other"
    rubbish.write_text("rubbish")
    header = json.dumps({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    other.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    for path, message in [
        (tmp_path / "nowhere", "No such file"),
        (rubbish, "is not a readable file of weights"),
        (other, "holds no embedded backbone"),
    ]:
        with pytest.raises(Unavailable, match=message):
            read_weights(path)
    for argv in [[rubbish, "--tasks", "1"], [weights["small"], "--tasks", "99"]]:
        status, records, printed = run("--models", *argv)
        assert (status, records) == (1, [])
        assert printed.err.startswith("error: ")
    assert "task 99 is not in the cache" in printed.err


def test_damaged_weights_fail_and_the_others_go_on(run, weights, tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(weights["small"].read_bytes())
    damaged.with_suffix(".sha256").write_text("0" * 64)
    argv = ["--models", f"{weights['small']},{damaged}", "--tasks", "2", "--seeds", 1]
    status, records, printed = run(*argv)
    assert status == 1
    (failed,) = (r for r in records if "failure" in r)
    assert "is damaged" in failed["failure"]
    assert "2 of 3 fits are finished" in printed.out
    assert rows_of(printed.out)[failed["model"]][2:] == ["-"] * 9


def test_the_table_pairs_weights_with_scratch_of_their_shape(weights):
    small, large = (read_weights(weights[name]) for name in ("small", "large"))
    scores = {
        small.name: [0.8, 0.9, 0.7],
        small.scratch: [0.7, 0.7, 0.8],
        large.name: [0.6, 0.6],
        large.scratch: [0.5, 0.5, 0.5],
    }
    records = [
        trial(model, score, task, seconds=10.0 * task)
        for model, values in scores.items()
        for task, score in enumerate(values, start=1)
    ]
    records.append(failure(large.name, task=3))
    rows = rows_of(describe([small, large], records, records))
    ours = rows[small.name]
    assert ours[0] == str(small.n_parameters)
    assert (ours[2:4], ours[5]) == (["0.8000", "+0.0667"], "2 / 0 / 1")
    assert ours[6:] == ["-", "-", "-", "-", "20"]
    theirs = rows[large.name]
    assert theirs[2:6] == ["-", "+0.1000", "+0.1000 to +0.1000", "2 / 0 / 0"]
    assert theirs[-1] == "-"


def test_records_of_other_trials_do_not_count(run, weights):
    argv = ["--models", weights["small"], "--tasks", "2", "--seeds", 1]
    _, _, first = run(*argv)
    run(*argv, "--first-seed", 200)
    _, records, again = run(*argv)
    assert len(records) == 4
    assert again.out == first.out
