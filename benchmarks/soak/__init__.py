"""Whether memory, open files and threads stay level over many fits and predictions."""
