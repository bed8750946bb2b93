"""Follows the syntax tree of a Python migration and says what the database would be told."""
