"""The checks, each in an environment of its own: ``nox -s lint tests-3.12 lowest docs``.

Sessions call the same commands as the Makefile, so that both say the same.
"""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.default_venv_backend = "uv|virtualenv"
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
CONSTRAINED = ("--constraint", "constraints.txt")


def make(session: nox.Session, target: str, *settings: str) -> None:
    """Run a target of the Makefile in the session's environment, where all is installed."""
    session.run("make", target, *settings, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Lint, check types and imports."""
    session.install(*CONSTRAINED, "--editable", ".[test]")
    for command in ("ruff check .", "ruff format --check .", "mypy", "lint-imports"):
        session.run(*command.split())


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests, or those that are named behind ``--``."""
    session.install(*CONSTRAINED, "--editable", ".[test]")
    session.run("pytest", "-n", "2", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session
def lowest(session: nox.Session) -> None:
    """Run a part of the tests with the lowest versions allowed."""
    make(session, "test-lowest", f"LOWEST={session.virtualenv.location}-lowest")


@nox.session
def highest(session: nox.Session) -> None:
    """Run all tests with the newest versions, pre-releases included."""
    session.install("--pre", "--upgrade", "--editable", ".[test]")
    session.run("pytest", "-n", "2", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session
def neighbours(session: nox.Session) -> None:
    """Run the tests beside other libraries."""
    session.install(*CONSTRAINED, "--editable", ".[neighbours,test]")
    session.run("pytest", "tests/neighbours", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site with its gallery, check its links, and look at it in a browser."""
    session.install(*CONSTRAINED, "--editable", ".[docs,test]")
    sphinx = f"SPHINX={session.bin}/sphinx-build"
    make(session, "docs", sphinx)
    make(session, "linkcheck", sphinx)
    session.run("pytest", "tests/docs", env={"OMP_NUM_THREADS": "1"})


@nox.session
def dist(session: nox.Session) -> None:
    """Build wheel and sdist into dist/, and check them."""
    session.install("build", "twine")
    session.run("python", "-m", "build")
    session.run("twine", "check", "--strict", "dist/*")
