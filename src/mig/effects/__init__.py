"""What migrations touch: operations read from SQL and Python, and their footprints."""
