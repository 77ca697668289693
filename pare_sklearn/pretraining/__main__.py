"""Remake the embedded weights: ``python -m pare_sklearn.pretraining``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from pare_sklearn.backbones.embedded import WEIGHTS, describe, save_embedded
from pare_sklearn.pretraining.digits import pretrain

CARD = """# Embedded backbone

A small transformer encoder and its image embedder, the default `backbone="embedded"`.

| | |
| --- | --- |
| made by | `python -m pare_sklearn.pretraining --epochs {epochs} --seed {seed}` |
| data | scikit-learn's digits (1,797 images of 8 x 8 pixels; UCI Optical Recognition of \
Handwritten Digits), 80% for training, 20% held out |
| task | classification, images shifted by up to one pixel, with noise |
| held-out accuracy | {accuracy:.4f} |
| budget | {minutes:.1f} minutes on {threads} CPU threads, {kernels} kernels |
| remade | bit for bit with as many threads and the same kernels; `ATEN_CPU_CAPABILITY=avx2 \
ONEDNN_MAX_CPU_ISA=AVX2` asks for those of AVX2 |
| parameters | {parameters:,} |
| SHA-256 | {checksum} |
| licence | BSD-3-Clause, as the package; the data is CC BY 4.0 |

| shape | |
| --- | --- |
{shape}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m pare_sklearn.pretraining", description=__doc__)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="safetensors file to write")
    args = parser.parse_args()

    start = time.perf_counter()
    backbone, accuracy = pretrain(args.epochs, args.seed)
    checksum = save_embedded(backbone, args.output)
    card = CARD.format(
        epochs=args.epochs,
        seed=args.seed,
        accuracy=accuracy,
        minutes=(time.perf_counter() - start) / 60,
        threads=torch.get_num_threads(),
        kernels=torch.backends.cpu.get_cpu_capability(),
        parameters=sum(p.numel() for p in backbone.parameters()),
        checksum=checksum,
        shape=describe(backbone.config),
    )
    args.output.with_suffix(".md").write_text(card)
    print(f"Wrote {args.output}: held-out accuracy {accuracy:.4f}, SHA-256 {checksum}")


if __name__ == "__main__":
    main()
