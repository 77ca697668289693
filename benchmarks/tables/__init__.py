"""Tables picked by their kind: some to develop on, some to judge by at the end."""
