"""The error of data that people must mend, such as a missing or a damaged file."""


class DataError(Exception):
    """Data that can't be read or written; the message says why, in one line."""
