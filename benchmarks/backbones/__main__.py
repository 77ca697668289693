"""Encoders of the Hugging Face hub as backbones: ``python -m benchmarks.backbones``.

``compare`` fits PaRe, plain fine-tuning and the same architecture from scratch to tables and
series. Each fit runs in a process of its own, and every finished one is a line of the results at
once; the same command after an interruption does only what is missing, then prints the tables.
``cost`` measures steps, memory and weights, as ratios within one run, and prints them.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from benchmarks.backbones import comparing, costing
from benchmarks.backbones.recipe import Recipe, name_backbone
from benchmarks.backbones.texts import read_texts
from benchmarks.options import add_cache, add_texts, make_parser, read
from benchmarks.running import exit_status, run_benchmark


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    args = parse(argv)
    if args.command == "cost":
        return exit_status(lambda: costing.report_costs(args, make_recipe(args)), "nothing is kept")
    return run_benchmark(lambda args: comparing.make_plan(args, make_recipe(args)), args)


def parse(argv: Sequence[str] | None) -> Namespace:
    """Read the command line."""
    parser = make_parser("backbones", __doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    comparison = commands.add_parser("compare", help="PaRe, fine-tuning and scratch")
    comparing.add_arguments(comparison)
    cost = commands.add_parser("cost", help="precision, trained weights, memory, the cache")
    costing.add_arguments(cost)
    for command in (comparison, cost):
        _add_common_arguments(command)
    return read(parser, argv)


def make_recipe(args: Namespace) -> Recipe:
    """What the command line says about every fit; `Unavailable` where texts or backbone are."""
    read_texts(args.texts, args.text_column, args.label_column)
    return Recipe(
        backbone=args.backbone,
        texts=str(args.texts.resolve()),
        text_column=args.text_column,
        label_column=args.label_column,
        max_epochs=args.max_epochs,
        nets_alone=args.nets_alone,
        name=name_backbone(args.backbone),
    )


def _add_common_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--backbone", required=True, help="folder of a model, or its id on the hub")
    add_texts(parser, required=True)
    add_cache(parser)


if __name__ == "__main__":
    sys.exit(main())
