"""The time left goes by the pace of each kind of job."""

import pytest

from benchmarks.progress import Progress, duration


def test_time_left_takes_each_kind_at_its_own_pace():
    progress = Progress([("slow", 10), ("slow", 10), ("quick", 10), ("quick", 20)], workers=1)
    progress.finish("slow", 10, 100.0, "slow")
    progress.finish("quick", 10, 1.0, "quick")
    assert progress.time_left() == "102 s"  # 10 rows at 10 s, 20 rows at 0.1 s


def test_a_kind_not_seen_goes_at_the_mean_pace():
    progress = Progress([("seen", 10), ("new", 30)], workers=2)
    progress.finish("seen", 10, 20.0, "seen")
    assert progress.time_left() == "30 s"


def test_it_tells_what_is_finished(capsys):
    progress = Progress([("a", 1), ("a", 1)], workers=1)
    progress.finish("a", 1, 5.0, "first")
    progress.finish("a", 1, 5.0, "second")
    assert capsys.readouterr().err == "[1/2] first; 5 s left\n[2/2] second; 0 s left\n"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (119, "119 s"), (600, "10 min"), (9000, "2.5 h")]
)
def test_duration(seconds, words):
    assert duration(seconds) == words
