"""What suites share whose tasks are read from official files, their ``fit`` command above all."""
