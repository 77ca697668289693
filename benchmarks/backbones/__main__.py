"""Encoders of the Hugging Face hub as backbones: ``python -m benchmarks.backbones``.

``compare`` fits PaRe, plain fine-tuning and the same architecture from scratch to tables and
series. Each fit runs in a process of its own, and every finished one is a line of RESULTS at once;
the same command after an interruption does only what is missing, then prints the tables.
``cost`` measures steps, memory and weights, as ratios within one run, and prints them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.arguments import complaint_of_writing
from benchmarks.backbones import comparing, costing
from benchmarks.backbones.recipe import Recipe, name_backbone
from benchmarks.backbones.texts import read_texts
from benchmarks.exit_status import INTERRUPTED
from benchmarks.isolation import ProcessFailure
from benchmarks.unavailable import Unavailable

RUN = {"compare": comparing.compare_strategies, "cost": costing.report_costs}


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    args = parse(argv)
    try:
        read_texts(args.texts, args.text_column, args.label_column)
        return RUN[args.command](args, make_recipe(args))
    except (Unavailable, ProcessFailure) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; finished fits of a comparison are kept.", file=sys.stderr)
        return INTERRUPTED


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backbones",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    comparison = commands.add_parser("compare", help="PaRe, fine-tuning and scratch")
    comparing.add_arguments(comparison)
    cost = commands.add_parser("cost", help="precision, trained weights, memory, the cache")
    costing.add_arguments(cost)
    for command in (comparison, cost):
        _add_common_arguments(command)
    args = parser.parse_args(argv)
    results = getattr(args, "results", None)
    if results and (unwritable := complaint_of_writing(results)):
        parser.error(f"--results {results}: {unwritable}")
    return args


def make_recipe(args: argparse.Namespace) -> Recipe:
    """What the command line says about every fit."""
    return Recipe(
        backbone=args.backbone,
        texts=str(args.texts.resolve()),
        text_column=args.text_column,
        label_column=args.label_column,
        max_epochs=args.max_epochs,
        nets_alone=args.nets_alone,
        name=name_backbone(args.backbone),
    )


def _add_common_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backbone", required=True, help="folder of a model, or its id on the hub")
    parser.add_argument("--texts", type=Path, required=True, help="parquet file: the source")
    parser.add_argument("--text-column", help="its texts (default: the column of strings)")
    parser.add_argument("--label-column", help="their labels (default: the other column)")
    parser.add_argument("--cache", type=Path, help="OpenML cache to read offline")


if __name__ == "__main__":
    sys.exit(main())
