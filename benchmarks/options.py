"""The options of the command line, each defined once for all benchmarks."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

OWN = "package.module:function"

Container = Any  # a parser or a group of one, which argparse gives no common public type


def make_parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Make the parser of a benchmark's command."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def read(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    args = parser.parse_args(argv)
    if getattr(args, "scheduler", None) and args.backend != "dask":
        parser.error("--scheduler needs --backend dask")
    return args


def add_names(
    container: Container,
    option: str,
    known: Collection[str],
    default: Sequence[str] | None = None,
    own: str = "",
) -> None:
    """Add an option of names with commas between.

    Parameters
    ----------
    container : ArgumentParser
    option : str
        "--tasks" or "--models".
    known : collection of str
        The names that there are.
    default : sequence of str or None
        Those that are taken; None takes all.
    own : str
        What a function of one's own gives, which may then be named too.
    """
    named = f"; or {OWN}, which gives {own}" if own else ""
    taken = "all" if default is None else ",".join(default)
    container.add_argument(
        option,
        type=_names_of(known, bool(own)),
        default=list(known if default is None else default),
        metavar="A,B",
        help=f"of {', '.join(known)}{named} (default: {taken})",
    )


def _names_of(known: Collection[str], own: bool) -> Callable[[str], list[str]]:
    """What reads names, of those known or of functions of one's own; each counts once."""

    def read_names(text: str) -> list[str]:
        names = separate(text)
        for name in names:
            if name not in known and not (own and ":" in name):
                raise argparse.ArgumentTypeError(
                    f"there is no {name!r}; there are {', '.join(known)}"
                )
        return names

    return read_names


def add_openml_tasks(container: Container, default: Sequence[int] | None = None) -> None:
    """Add the option of OpenML tasks, by their ids."""
    taken = f" (default: {','.join(map(str, default))})" if default else ""
    container.add_argument(
        "--tasks",
        type=task_ids,
        default=default,
        metavar="A,B",
        help=f"OpenML task ids, such as 31,53{taken}",
    )


def add_running(parser: argparse.ArgumentParser, name: str, seeds: int = 3) -> None:
    """Add the options of how jobs are run and where their records go."""
    add = parser.add_argument
    add("--seeds", type=positive_int, default=seeds, metavar="N", help=_told("fits of each", seeds))
    add("--threads", type=positive_int, default=1, metavar="N", help=_told("of a fit", 1))
    add("--time-limit", type=positive_seconds, metavar="SECONDS", help="that a fit may take")
    add("--jobs", type=positive_int, default=1, metavar="N", help=_told("fits at once", 1))
    add("--backend", choices=["loky", "dask"], default="loky", help=_told("where", "loky"))
    add("--scheduler", metavar="ADDRESS", help="of a Dask scheduler; else a local cluster")
    path = f"results/{name}.jsonl"
    add("--results", type=writable, default=path, metavar="FILE", help=_told("of records", path))
    add_report(parser)


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the option of where what is printed also goes."""
    parser.add_argument(
        "--report", type=writable, metavar="FILE", help="for the tables, in Markdown"
    )


def add_results(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add the option of records to read."""
    parser.add_argument(
        "--results", type=paths, required=required, metavar="A,B", help="files of records"
    )


def add_cache(parser: argparse.ArgumentParser) -> None:
    """Add the option of OpenML's cache."""
    parser.add_argument("--cache", type=Path, metavar="DIR", help="OpenML cache to read offline")


def add_texts(parser: argparse.ArgumentParser, required: bool = False) -> None:
    """Add the options of labelled texts, the source of a language backbone."""
    add = parser.add_argument
    add("--texts", type=Path, required=required, metavar="FILE", help="parquet file: the source")
    add("--text-column", help="its texts (default: the column of strings)")
    add("--label-column", help="their labels (default: the other column)")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option of a benchmark's own files."""
    parser.add_argument(
        "--data", type=folder, required=True, metavar="DIR", help="folder of the official files"
    )


def _told(what: str, default: object) -> str:
    return f"{what} (default: {default})"


def separate(text: str) -> list[str]:
    """Read names with commas between; each counts once."""
    return list(dict.fromkeys(text.split(",")))


def task_ids(text: str) -> list[int]:
    """Read ids with commas between; each counts once."""
    return [int(part) for part in separate(text)]


def paths(text: str) -> list[Path]:
    """Read paths with commas between."""
    return [Path(part) for part in separate(text)]


def positive_int(text: str) -> int:
    """Read a number of at least 1."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def positive_ints(text: str) -> list[int]:
    """Read numbers of at least 1 with commas between; each counts once."""
    return [positive_int(part) for part in separate(text)]


def natural(text: str) -> int:
    """Read a number of at least 0."""
    if int(text) < 0:
        raise ValueError
    return int(text)


def positive_seconds(text: str) -> float:
    """Read a time above 0."""
    if not 0 < float(text) < float("inf"):
        raise ValueError
    return float(text)


def writable(text: str) -> Path:
    """Path of a file that can be appended to; told before hours of work instead of after."""
    path = Path(text)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from error
    return path


def folder(text: str) -> Path:
    """Path of a folder that there is."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is no folder")
    return path
