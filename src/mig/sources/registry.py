"""Which sources there are, by name; each entry is made when it is first asked for."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, cast

from mig.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mig.config import ConventionConfig
    from mig.model import Convention, Lineage
    from mig.sources.base import Source

_ORDERED = "mig.sources.ordered.source", "OrderedSource"
# Module, class, and the endings of the files without which nothing is recognised.  One class reads all
# sources that are ordered by version, and is told which one it is.
_SOURCES = {
    "native": ("mig.sources.native", "NativeSource", (".sql", ".py")),
    "alembic": ("mig.sources.alembic", "AlembicSource", (".py",)),
    "django": ("mig.sources.django.source", "DjangoSource", (".py",)),
    "flyway": (
        *_ORDERED,
        (".sql", ".java", ".kt", ".groovy", "flyway.toml", "flyway.conf"),
    ),
    "prisma": (*_ORDERED, ("/migration.sql",)),
    "diesel": (*_ORDERED, ("/up.sql",)),
    "goose": (*_ORDERED, (".sql",)),
    "dbmate": (*_ORDERED, (".sql",)),
    "sqlx": (*_ORDERED, (".sql",)),
    "golang-migrate": (*_ORDERED, (".up.sql",)),
    "numbered": (*_ORDERED, (".sql",)),
}


def source_names() -> tuple[str, ...]:
    """All sources, in the order in which they are tried for recognition."""
    return tuple(_SOURCES)


def may_recognise(name: str, paths: Iterable[str]) -> bool:
    """Whether it is worth importing a source and asking it about a tree of these paths."""
    endings = _SOURCES[name][2]
    return any(path.lower().endswith(endings) for path in paths)


class Sources:
    """The sources that a project knows: its own conventions, and those of the table.

    Args:
        own: conventions that the project's configuration describes; they are recognised first.
    """

    def __init__(self, own: Iterable[ConventionConfig] = ()) -> None:
        self._own = {one.name: one for one in own}
        self.names = (*self._own, *_SOURCES)

    def find(self, name: str) -> Source:
        """The source of a name.

        Raises:
            ConfigError: there is none; the message names those that there are.
        """
        return find_source(name, self.own_convention(name))

    def own_convention(self, name: str) -> Convention | None:
        """The convention of a name that the configuration describes, if it does."""
        if name not in self._own:
            return None
        from mig.sources.ordered.templates import build_convention  # few projects have some

        return build_convention(self._own[name])

    def may_recognise(self, name: str, paths: Iterable[str]) -> bool:
        """Whether it is worth importing a source and asking it about a tree of these paths."""
        return name in self._own or may_recognise(name, paths)


def source_of(lineage: Lineage) -> Source:
    """The source that reads a lineage."""
    return find_source(lineage.source, lineage.convention)


@cache
def find_source(name: str, convention: Convention | None = None) -> Source:
    """The source of a name.

    Args:
        name: what it is called in the configuration and in reports.
        convention: what the project itself says of how its files are laid out, if it does.

    Raises:
        ConfigError: there is none; the message names those that there are.
    """
    if convention is not None:
        from mig.sources.ordered.source import OrderedSource

        return OrderedSource(name, convention)
    if name not in _SOURCES:
        known = ", ".join(_SOURCES)
        raise ConfigError(
            f"there is no source {name!r}",
            hint=f"source is one of {known}; leave it out to have it recognised",
        )
    module, attribute, _ = _SOURCES[name]
    made = getattr(importlib.import_module(module), attribute)
    # A class in a table of dotted names is beyond the type checker.
    return cast("Source", made(name) if (module, attribute) == _ORDERED else made())
