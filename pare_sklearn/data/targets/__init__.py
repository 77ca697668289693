"""What is predicted: each kind of target knows how to check, code, train on and read it."""
