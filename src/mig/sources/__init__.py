"""Readers and writers for the conventions that migrations are kept in."""
