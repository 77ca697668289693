"""Models fitted to the tasks of a suite: what its ``fit`` command does."""
