"""Rows of a history, compared."""

import pytest


def assert_rows_near(rows, expected):
    """Each row is the expected one but for rounding; what is None in one is None in both."""
    for row, expected_row in zip(rows, expected, strict=True):
        numbers, expected_numbers = _numbers(row), _numbers(expected_row)
        assert row.keys() - numbers == expected_row.keys() - expected_numbers
        assert numbers == pytest.approx(expected_numbers, rel=1e-4, abs=1e-5)


def _numbers(row):
    return {name: value for name, value in row.items() if value is not None}
