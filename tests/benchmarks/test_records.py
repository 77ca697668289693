"""Records survive kills, damage and company."""

import json
import multiprocessing

import pytest

from benchmarks.records import Results, read_records


def record(split=0, model="a", **content):
    return {"protocol": "half", "task": 31, "split": split, "model": model, **content}


def append_all(path, splits):
    results = Results(path)
    for split in splits:
        results.append(record(split, score=split / 7, notes="x" * 3000))


def test_what_is_appended_is_read_in_order(tmp_path):
    results = Results(tmp_path / "new" / "results.jsonl")
    assert results.read() == []
    records = [record(split, score=0.1 + split, text="Ünï\ncode") for split in range(3)]
    for one in records:
        results.append(one)
    assert results.read() == records


@pytest.mark.parametrize("rest", [b'{"protocol": "ha', b'{"protocol": "half"}', b"\xff\x00", b"7"])
def test_a_damaged_last_line_is_noticed_and_makes_room(tmp_path, rest):
    path = tmp_path / "results.jsonl"
    append_all(path, [0, 1])
    path.write_bytes(path.read_bytes() + rest)
    with pytest.warns(UserWarning, match="line 3, is damaged"):
        assert [r["split"] for r in read_records(path)] == [0, 1]
    append_all(path, [2])
    assert [r["split"] for r in read_records(path)] == [0, 1, 2]


def test_a_record_cut_anywhere_costs_only_itself(tmp_path):
    path = tmp_path / "results.jsonl"
    Results(path).append(record(0, score=0.5))
    start = path.stat().st_size
    Results(path).append(record(1, score=0.25))
    whole = path.read_bytes()
    for end in range(start + 1, len(whole)):
        path.write_bytes(whole[:end])
        Results(path).append(record(1, score=0.25))
        assert path.read_bytes() == whole


def test_damage_in_the_middle_costs_only_its_line(tmp_path):
    path = tmp_path / "results.jsonl"
    append_all(path, [0, 1, 2])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"rubbish\n" + lines[2])
    with pytest.warns(UserWarning, match="line 2"):
        assert [r["split"] for r in read_records(path)] == [0, 2]


def test_the_first_finished_record_of_a_job_stays(tmp_path):
    results = Results(tmp_path / "results.jsonl")
    results.append(record(failure="out of luck"))
    assert results.read() == [record(failure="out of luck")]
    results.append(record(score=0.5))
    results.append(record(score=0.75))
    results.append(record(failure="out of luck again"))
    assert results.read() == [record(score=0.5)]
    assert len(results.path.read_text().splitlines()) == 2


def test_several_processes_append_to_one_file(tmp_path):
    path = tmp_path / "results.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=append_all, args=(path, range(first, 60, 2))) for first in (0, 1, 0)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    splits = [json.loads(line)["split"] for line in path.read_text().splitlines()]
    assert sorted(splits) == list(range(60))
