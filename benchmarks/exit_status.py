"""What commands tell the shell beside success and failure."""

INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
