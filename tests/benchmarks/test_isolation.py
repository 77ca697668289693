"""A process of its own ends with all that it has started."""

import os
import select

import pytest

from benchmarks.isolation import ProcessFailure, run_in_process

HELPED = """
import os, subprocess
from benchmarks.isolation import answer

def work(request):
    with open(request["pipe"], "w") as pipe:
        subprocess.Popen(["sleep", "60"], stdout=pipe)
    if request["crash"]:
        os.abort()
    return request["threads"]

answer(work)
"""


@pytest.mark.parametrize("crash", [False, True])
def test_helpers_end_with_their_process(tmp_path, monkeypatch, crash):
    (tmp_path / "helped.py").write_text(HELPED)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    request = {"pipe": str(tmp_path / "pipe"), "crash": crash, "threads": 1}
    try:
        if crash:
            with pytest.raises(ProcessFailure, match="exit status"):
                run_in_process("helped", request, threads=1)
        else:
            assert run_in_process("helped", request, threads=1) == 1
        # The pipe is at its end once nobody holds it open for writing.
        assert select.select([pipe], [], [], 10)[0]
        assert os.read(pipe, 1) == b""
    finally:
        os.close(pipe)
