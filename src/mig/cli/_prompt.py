"""Asks the person at the terminal, where there is one; Git's hooks have it only as /dev/tty."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST_ANSWER = 1024


def ask(lines: Sequence[str], choices: Mapping[str, str], environment: Mapping[str, str]) -> str | None:
    """The word of the choice that a person makes by its letter; None where nobody can be asked.

    Args:
        lines: what is shown before the question.
        choices: from a letter to the word that is returned; the last one is also the answer of
            somebody who closes the terminal's input.
        environment: GIT_TERMINAL_PROMPT=0 and CI say that nobody is there.
    """
    if _is_unattended(environment):
        return None
    terminal = _open_terminal()
    if terminal is None:
        return None
    try:
        _write(terminal, "".join(f"{line}\n" for line in lines))
        return _choose(terminal, choices)
    finally:
        os.close(terminal)


def can_ask(environment: Mapping[str, str]) -> bool:
    """Whether somebody is there to answer; for what costs something to find out before it is asked."""
    terminal = None if _is_unattended(environment) else _open_terminal()
    if terminal is not None:
        os.close(terminal)
    return terminal is not None


def _is_unattended(environment: Mapping[str, str]) -> bool:
    return environment.get("GIT_TERMINAL_PROMPT") == "0" or bool(environment.get("CI"))


def _open_terminal() -> int | None:
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError:
        return None
    # Reading the terminal from the background would stop the whole command.
    if os.tcgetpgrp(terminal) != os.getpgrp():
        os.close(terminal)
        return None
    return terminal


def _choose(terminal: int, choices: Mapping[str, str]) -> str:
    letters = "/".join(choices)
    while True:
        _write(terminal, f"{letters}? ")
        answer = os.read(terminal, _LONGEST_ANSWER).decode("utf-8", "replace")
        if not answer:
            _write(terminal, "\n")
            return list(choices.values())[-1]
        letter = answer.strip().lower()[:1]
        if letter in choices:
            return choices[letter]


def _write(terminal: int, text: str) -> None:
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(terminal, data) :]
