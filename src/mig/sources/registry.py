"""Which sources there are, by name; each entry is made when it is first asked for."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, cast

from mig.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.sources.base import Source

# Module, class, and the endings of the files without which nothing is recognised.
_SOURCES = {
    "native": ("mig.sources.native", "NativeSource", (".sql", ".py")),
    "alembic": ("mig.sources.alembic", "AlembicSource", (".py",)),
}


def source_names() -> tuple[str, ...]:
    """All sources, in the order in which they are tried for recognition."""
    return tuple(_SOURCES)


def may_recognise(name: str, paths: Iterable[str]) -> bool:
    """Whether it is worth importing a source and asking it about a tree of these paths."""
    endings = _SOURCES[name][2]
    return any(path.lower().endswith(endings) for path in paths)


@cache
def find_source(name: str) -> Source:
    """The source of a name.

    Raises:
        ConfigError: there is none; the message names those that there are.
    """
    if name not in _SOURCES:
        known = ", ".join(_SOURCES)
        raise ConfigError(
            f"there is no source {name!r}",
            hint=f"source is one of {known}; leave it out to have it recognised",
        )
    module, attribute, _ = _SOURCES[name]
    # A class in a table of dotted names is beyond the type checker.
    return cast("Source", getattr(importlib.import_module(module), attribute)())
