"""The error of what people must mend: a missing or damaged file, package or machine."""


class Unavailable(Exception):
    """Data, a model or a cluster that can't be had; the message says why, in one line."""
