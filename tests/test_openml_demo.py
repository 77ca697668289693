"""The client reads what `write_task` writes, and runs models on it without a network."""
