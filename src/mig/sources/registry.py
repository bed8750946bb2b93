"""Which sources there are, by name; each entry is made when it is first asked for."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, cast

from mig.errors import ConfigError

if TYPE_CHECKING:
    from mig.sources.base import Source

_SOURCES = {
    "native": ("mig.sources.native", "NativeSource"),
    "alembic": ("mig.sources.alembic", "AlembicSource"),
}


def source_names() -> tuple[str, ...]:
    """All sources, in the order in which they are tried for recognition."""
    return tuple(_SOURCES)


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
    module, attribute = _SOURCES[name]
    # A class in a table of dotted names is beyond the type checker.
    return cast("Source", getattr(importlib.import_module(module), attribute)())
