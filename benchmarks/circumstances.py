"""Under what circumstances a fit was made: the code, the parameters, the versions."""

from __future__ import annotations

import inspect
import platform
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
CODE = ("benchmarks", "pare_sklearn", ":(exclude)benchmarks/results")


def find_commit(root: Path = ROOT) -> str | None:
    """The commit of the code in a folder, "+changes" behind it where files differ from it.

    Parameters
    ----------
    root : Path
        Folder of the packages.

    Returns
    -------
    commit : str or None
        12 digits; None outside of git.
    """
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        return commit + "+changes" * bool(_git(root, "status", "--porcelain", "--", *CODE))
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def changed_parameters(model: Any) -> dict[str, Any]:
    """The parameters of an estimator that differ from the defaults of its class.

    Parameters
    ----------
    model : estimator
        Those of its parts, such as the steps of a pipeline, are named ``part__parameter``.

    Returns
    -------
    parameters : dict of str to object
        Those that JSON can hold, sorted by name.
    """
    defaults = _defaults(type(model))
    own = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if _is_plain(value) and (name not in defaults or value != defaults[name])
    }
    parts = {
        f"{name}__{inner}": value
        for name, part in model.get_params(deep=True).items()
        if "__" not in name and hasattr(part, "get_params") and not isinstance(part, type)
        for inner, value in changed_parameters(part).items()
    }
    return dict(sorted((own | parts).items()))


def _defaults(kind: type) -> dict[str, Any]:
    """What the signatures of a class and of its bases set, its own before theirs."""
    return {
        name: parameter.default
        for base in reversed(kind.__mro__)
        if "__init__" in vars(base)
        for name, parameter in inspect.signature(base.__init__).parameters.items()  # type: ignore[misc]
        if _is_plain(parameter.default)
    }


def _is_plain(value: Any) -> bool:
    """Whether JSON can hold it."""
    return isinstance(value, str | int | bool | None) or (
        isinstance(value, float) and bool(np.isfinite(value))
    )


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of those of the distributions that are installed."""
    found = {"python": platform.python_version()}
    for distribution in distributions:
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found
