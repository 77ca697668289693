"""Lines that tell how far a pretraining is."""

from __future__ import annotations

import time
from collections import deque

PRINT_EVERY = 100


class Progress:
    """Print a line every hundredth step: the mean loss since, the time taken and the time left.

    Parameters
    ----------
    steps : int
        Steps in all.
    taken : int, default=0
        Those taken before, by another process.
    """

    def __init__(self, steps: int, taken: int = 0) -> None:
        self.steps, self.taken = steps, taken
        self.start = time.perf_counter()
        self.losses: deque[float] = deque(maxlen=PRINT_EVERY)
        if taken:
            print(f"going on after step {taken}", flush=True)

    def report(self, step: int, loss: float) -> None:
        """Take note of the loss of the latest of `step` steps, and print if it is time."""
        self.losses.append(loss)
        if step % PRINT_EVERY and step < self.steps:
            return
        seconds = time.perf_counter() - self.start
        left = seconds / (step - self.taken) * (self.steps - step)
        print(
            f"step {step}/{self.steps}: loss {sum(self.losses) / len(self.losses):.4f} (mean of "
            f"the last {len(self.losses)} steps), {seconds:.0f} s, about {left:.0f} s left",
            flush=True,
        )
