"""Remake the embedded weights: ``python -m pare_sklearn.pretraining``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from pare_sklearn.backbones.embedded import WEIGHTS, EmbeddedConfig, checksum_file, save_embedded
from pare_sklearn.pretraining.card import card_file, format_figure, write_card
from pare_sklearn.pretraining.checkpoint import unfinished_file
from pare_sklearn.pretraining.episode_kinds import parse_shares
from pare_sklearn.pretraining.learner import PRECISIONS
from pare_sklearn.pretraining.loop import Pretraining, pretrain
from pare_sklearn.pretraining.measuring import measure_all
from pare_sklearn.pretraining.settings import Settings

PROGRAM = "python -m pare_sklearn.pretraining"
SUFFIX = ".safetensors"
# As a shell reports what ctrl-C ended.
INTERRUPTED = 130


def make_parser() -> argparse.ArgumentParser:
    defaults = Settings()
    shape = defaults.config
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--steps", type=int, default=defaults.steps, help="of four episodes")
    add("--seed", type=int, default=defaults.seed, help="of weights, episodes and codes")
    add("--lr", type=float, default=defaults.lr, help="highest learning rate")
    add("--modalities", default=_as_text(defaults.shares), help="their names and shares")
    add("--width", type=int, default=shape.width, help="of a patch's embedding")
    add("--depth", type=int, default=shape.depth, help="layers of the encoder")
    add("--heads", type=int, default=shape.n_heads, help="attention heads of a layer")
    add(
        "--precision",
        choices=PRECISIONS,
        default=defaults.precision,
        help="of embedders and encoder; auto is the faster one on the device",
    )
    add("--device", default="auto", help="as torch names it; auto is CUDA where there is")
    add("--threads", type=int, help="of the processor; None is torch's choice")
    add("--output", type=_weights_file, default=WEIGHTS, help=f"{SUFFIX} file to write")
    add(
        "--checkpoint",
        type=Path,
        help="file to go on from where it exists, and to write; None keeps no work",
    )
    add("--checkpoint-every", type=int, default=500, help="steps between two writes")
    return parser


def _as_text(shares: Mapping[str, float]) -> str:
    return ",".join(f"{name}={share}" for name, share in shares.items())


def _weights_file(text: str) -> Path:
    """The card and the checksum, whose names end otherwise, must not replace the weights."""
    path = Path(text)
    if path.suffix != SUFFIX:
        raise argparse.ArgumentTypeError(f"{text!r} must end in {SUFFIX}")
    return path


def to_settings(args: argparse.Namespace) -> Settings:
    """Settings of a command line; raises ValueError where it makes no sense."""
    config = EmbeddedConfig(width=args.width, depth=args.depth, n_heads=args.heads)
    shares = parse_shares(args.modalities)
    return Settings(args.steps, args.seed, args.lr, shares, config, args.precision)


def as_command(settings: Settings) -> str:
    """The command line of settings, without what the weights do not depend on."""
    config = settings.config
    return (
        f"{PROGRAM} --steps {settings.steps} --seed {settings.seed} --lr {settings.lr} "
        f"--modalities {_as_text(settings.shares)} --width {config.width} --depth {config.depth} "
        f"--heads {config.n_heads} --precision {settings.precision}"
    )


def check_files(output: Path, checkpoint: Path | None) -> None:
    """Raise now, and not after hours, where a file cannot be written."""
    files = [output, checksum_file(output), card_file(output)]
    if checkpoint is not None:
        files += [checkpoint, unfinished_file(checkpoint)]
    for file in files:
        _check_writable(file)


def _check_writable(path: Path) -> None:
    """Raise OSError where a file cannot be written; leaves it as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error}") from error


def train(args: argparse.Namespace) -> Pretraining:
    """Pretrain by a command line; raises ValueError or OSError where that cannot be done."""
    if args.threads is not None:
        if args.threads < 1:
            raise ValueError(f"--threads {args.threads} must be at least 1.")
        torch.set_num_threads(args.threads)
    settings = to_settings(args)
    check_files(args.output, args.checkpoint)
    return pretrain(settings, args.checkpoint, args.checkpoint_every, args.device)


def write(pretraining: Pretraining, output: Path) -> None:
    """Measure on held-out episodes; write weights, checksum and card."""
    learner = pretraining.learner
    figures = measure_all(learner)
    checksum = save_embedded(learner.backbone.cpu(), output)
    # Another device may mean another precision by "auto".
    command = as_command(replace(pretraining.settings, precision=learner.precision))
    card_file(output).write_text(write_card(pretraining, figures, command, checksum))
    for modality, (loss, accuracy, _) in figures.items():
        print(
            f"{modality}, held out: loss {format_figure(loss)}, accuracy {format_figure(accuracy)}"
        )
    print(f"Wrote {output}, SHA-256 {checksum}")


def _say_what_is_kept(checkpoint: Path | None) -> None:
    kept = "no checkpoint keeps the work."
    if checkpoint is not None and checkpoint.exists():
        kept = f"{checkpoint} keeps the work up to its last write; the same command goes on there."
    print(f"Interrupted; {kept}", file=sys.stderr)


def main() -> None:
    parser = make_parser()
    args = parser.parse_args()
    try:
        write(train(args), args.output)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        _say_what_is_kept(args.checkpoint)
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
