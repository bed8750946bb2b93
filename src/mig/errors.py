"""The exceptions that mig raises when it cannot answer; problems in migrations are findings instead."""

from __future__ import annotations

from typing import ClassVar


class MigError(Exception):
    """Something kept mig from answering.

    Args:
        message: what is wrong and where, one line, no full stop.
        hint: what to do next; printed as the last line on standard error.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MigError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ConfigError(MigError):
    """The configuration holds a wrong key, type or value."""

    exit_code = 2


class SourceError(MigError):
    """Migrations could not be found, read or written."""


class GitError(MigError):
    """Git is missing, refused, or has not got what was asked for."""


class GraphError(MigError):
    """A question to the graph has no answer: an unknown or ambiguous id, a cycle."""


class RunnerError(MigError):
    """The database cannot be reached, is locked, or must not be touched as things stand."""


class StepFailedError(MigError):
    """A statement of a migration failed in the database."""

    exit_code = 4


class StepBusyError(StepFailedError):
    """A step failed because another session held what it needs, and nothing of the statement was done."""
