"""``${name}`` in SQL: which names a text uses, and the text with values in their place."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - fields are looked up by name in the docs
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mig.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Two dollar signs stand for one: $${name} is no variable.
_USE = re.compile(r"(?P<escape>\$?)\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_KEPT = re.compile(r"\$\{mig-secret:([A-Za-z_][A-Za-z0-9_]*)\}")
_MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """The values that stand for names in SQL; without any, no text is changed.

    ``secrets`` are the names of those that must not be shown.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The texts that must not be shown, the longest first."""
        found = {self.values[name] for name in self.secrets if self.values.get(name)}
        return tuple(sorted(found, key=lambda text: (-len(text), text)))

    def masked(self) -> Variables:
        """The same for people to look at."""
        return self._with_secrets(lambda _: _MASK)

    def storable(self) -> Variables:
        """The same for what is kept: secrets stay names, in a form of their own."""
        return self._with_secrets(lambda name: f"${{mig-secret:{name}}}")

    def fill(self, text: str) -> str:
        """The text with values in place of names.

        Raises:
            ConfigError: a name has no value; the message gives the line and the nearest name.
        """
        if not self.values or "${" not in text:
            return text
        return _USE.sub(lambda use: self._value(use, text), text)

    def fill_kept(self, text: str) -> str:
        """A text that ``storable`` has filled, with the secrets.

        Raises:
            ConfigError: one of them has no value any more.
        """
        return _KEPT.sub(lambda use: self._known(use[1], "what was stored when it was applied"), text)

    def _value(self, use: re.Match[str], text: str) -> str:
        if use["escape"]:
            return use[0][1:]
        line = text.count("\n", 0, use.start()) + 1
        return self._known(use["name"], f"line {line}")

    def _known(self, name: str, place: str) -> str:
        if name not in self.values:
            raise ConfigError(f"{place}: {unknown_name(name, self.values)}", hint=define(name))
        return self.values[name]

    def _with_secrets(self, shown: Callable[[str], str]) -> Variables:
        return replace(self, values={**self.values, **{name: shown(name) for name in self.secrets}})


def find_secret(text: str) -> str:
    """The name of a secret in a text that ``storable`` has filled; empty where there is none."""
    found = _KEPT.search(text)
    return found[1] if found else ""


def find_uses(text: str) -> tuple[tuple[str, int], ...]:
    """The names that a text uses, each with the first line where it stands."""
    found: dict[str, int] = {}
    line, at = 1, 0
    for use in _USE.finditer(text) if "${" in text else ():
        line += text.count("\n", at, use.start())
        at = use.start()
        if not use["escape"]:
            found.setdefault(use["name"], line)
    return tuple(found.items())


def fill_known(text: str, values: Mapping[str, str]) -> str:
    """The text with the values that are known in it; other names stay."""

    def value(use: re.Match[str]) -> str:
        return use[0][1:] if use["escape"] else values.get(use["name"], use[0])

    return _USE.sub(value, text) if "${" in text else text


def unknown_name(name: str, known: Iterable[str]) -> str:
    """What is wrong about a name that has no value, with the nearest that has one."""
    import difflib

    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return f"there is no variable {name}{f' (did you mean {near[0]}?)' if near else ''}"


def define(name: str) -> str:
    """How to give a name a value."""
    return f'add {name} = "..." to [tool.mig.variables], or write $${{{name}}} for the text itself'
