"""Readers of the official files, one a task: ``read(folder)`` gives its `Data`."""
