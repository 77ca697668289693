"""Print the ratios that the package is held to: ``python -m benchmarks.speed``."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from unittest.mock import patch

import numpy as np
import torch
from sklearn.datasets import make_classification

from benchmarks.speed.subset_sampling import k_step_relaxed_top_k
from pare_sklearn import PaReClassifier
from pare_sklearn.modules import replacement
from pare_sklearn.modules.gate import Gate
from pare_sklearn.modules.relaxation import relaxed_top_k
from pare_sklearn.modules.replacement import replace_patches, straight_through_select


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Least wall time of `repeats` calls, after one that warms up."""
    action()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def import_cost(repeats: int = 7) -> None:
    """Import time over that of torch and scikit-learn, in turn, each in a process of its own."""
    baseline = [sys.executable, "-c", "import torch, sklearn"]
    ours = [sys.executable, "-c", "import pare_sklearn"]
    times = np.array(
        [[seconds_of_process(command) for command in (baseline, ours)] for _ in range(repeats)]
    )
    base, full = np.median(times, axis=0)
    print(f"import: {full:.2f} s / {base:.2f} s for torch and sklearn = {full / base:.3f}")


def seconds_of_process(command: list[str]) -> float:
    """Wall time of a process."""
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def fit_cost(n_samples: int = 500, n_features: int = 20) -> None:
    """Fit with PaRe over fit with plain fine-tuning, defaults, and peak memory."""
    X, y = make_classification(n_samples, n_features, n_informative=10, random_state=0)
    took, epochs = {}, {}
    for strategy in ("finetune", "pare"):
        start = time.perf_counter()
        clf = PaReClassifier(strategy=strategy, random_state=0).fit(X, y)
        took[strategy] = time.perf_counter() - start
        epochs[strategy] = len(clf.history_)
    ratio = took["pare"] / took["finetune"]
    an_epoch = ratio * epochs["finetune"] / epochs["pare"]
    print(
        f"fit of {n_samples} x {n_features}: pare {took['pare']:.1f} s ({epochs['pare']} epochs) / "
        f"finetune {took['finetune']:.1f} s ({epochs['finetune']} epochs) = {ratio:.2f}; "
        f"an epoch {an_epoch:.2f}"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of this process: {peak:.2f} GiB")


def replacement_cost(batch: int = 32, n: int = 3136, d: int = 128, k: int = 2000) -> None:
    """Gated replacement, forward and backward, over the same with the k-step relaxation."""
    target = torch.randn(batch, n, d, requires_grad=True)
    source = torch.randn(batch, n, d)
    upstream = torch.randn(batch, n, d)
    gate = Gate(d)

    def step() -> None:
        mixed = replace_patches(
            target, source, gate(target), gate(source), k, straight_through_select
        )
        mixed.backward(upstream)

    def relax(relaxation: Callable[[torch.Tensor, int], torch.Tensor]) -> None:
        for m in (n - k, k):
            relaxation(scores, m).backward(scores.detach())

    scores = torch.rand(batch, n, requires_grad=True)
    ours = seconds(step, repeats=5)
    with patch.object(replacement, "relaxed_top_k", k_step_relaxed_top_k):
        # The first step also takes its memory from the system, which the later ones have.
        start = time.perf_counter()
        step()
        first = time.perf_counter() - start
        later = seconds(step, repeats=2)
    alone = [seconds(partial(relax, f), 2) for f in (k_step_relaxed_top_k, relaxed_top_k)]
    print(
        f"replacement, batch {batch}, n {n}, d {d}, k {k}: k-step {first:.1f} s at first, "
        f"{later:.1f} s later / ours {ours:.3f} s = {first / ours:.0f}, {later / ours:.0f}; "
        f"relaxations alone {alone[0]:.1f} s / {alone[1]:.4f} s = {alone[0] / alone[1]:.0f}"
    )


def gradient_agreement(n_samples: int = 500) -> None:
    """Cosine of our relaxation's gradient with the k-step one's, on small n and k."""
    torch.manual_seed(0)
    for n, k in [(6, 2), (8, 4), (10, 7), (16, 12), (32, 16)]:
        scores = torch.sigmoid(torch.randn(n_samples, n, dtype=torch.double))
        noise = -torch.empty_like(scores).exponential_().log()
        direction = torch.randn_like(scores)
        cosines = []
        for shift in (torch.zeros_like(noise), noise):
            leaf = (scores + shift).requires_grad_()
            ours, theirs = (
                torch.autograd.grad((relaxation(leaf, k) * direction).sum(), leaf)[0]
                for relaxation in (relaxed_top_k, k_step_relaxed_top_k)
            )
            cosines.append(torch.cosine_similarity(ours, theirs, dim=-1))
        quiet, noisy = cosines
        print(
            f"gradient cosine, n {n}, k {k}: without noise mean {quiet.mean():.4f}, least "
            f"{quiet.min():.4f}; with noise mean {noisy.mean():.4f}, least {noisy.min():.4f}"
        )


MEASUREMENTS: dict[str, Callable[[], None]] = {
    "import": import_cost,
    "fit": fit_cost,
    "replacement": replacement_cost,
    "gradient": gradient_agreement,
}


def main() -> None:
    """Run the measurements asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("measurements", nargs="*", default=list(MEASUREMENTS))
    for name in parser.parse_args().measurements:
        MEASUREMENTS[name]()


if __name__ == "__main__":
    main()
