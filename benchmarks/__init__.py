"""What the package claims, measured: one folder a suite."""

from importlib.metadata import version

# OpenML's client records the version of the package that a model's class is from.
__version__ = version("pare-sklearn")
