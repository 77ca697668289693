"""What shells say of programs beside 0 and 1."""

INTERRUPTED = 130  # ended by Ctrl-C
