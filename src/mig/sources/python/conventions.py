"""The names that a naming convention would give to what a migration leaves unnamed.

``MetaData(naming_convention=...)`` stands in code that is not run.  So what an operation leaves to the
database to name may get one name or the other: besides the name that the database makes up, each such
constraint looks at the one that the usual convention gives (that of SQLAlchemy's documentation,
``uq_TABLE_COLUMN``, ``fk_TABLE_COLUMN_OTHER``, ``ck_TABLE_NAME``, ``pk_TABLE``, with the first column
only).  What another migration does under that name is then not known to commute.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.footprint import Access, Effect
from mig.effects.keys import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MYSQL = frozenset({"mysql", "mariadb"})
_NAME = r'("(?:[^"]|"")*"|[^\s(),"]+)'
_KEY = re.compile(rf"(unique|primary key|foreign key)\b[^(]*\( {_NAME}")
_REFERENCES = re.compile(rf" references (?:{_NAME} \. )*{_NAME}")
_PREFIXES = {"unique": "uq", "primary key": "pk", "foreign key": "fk"}


def look_for_conventions(effects: Iterable[Effect], dialect: str) -> tuple[Effect, ...]:
    """What is added to the effects of an operation for the names that a convention may give."""
    found: dict[Effect, None] = {}
    for effect in effects:
        if effect.kind == "constraint" and effect.access is Access.CREATE and not effect.renamed_from:
            for resource in _resources(effect, dialect):
                found[Effect(resource=resource, access=Access.READ, aspect="convention")] = None
    return tuple(found)


def _resources(effect: Effect, dialect: str) -> Iterator[str]:
    table, name = _split(effect.name)
    bare = names.base_name(table)
    if effect.implicit != UNNAMED:
        # The convention for checks takes the given name in.
        if effect.detail.startswith("check"):
            yield f"constraint:{table}.{_fold(f'ck_{bare}_{names.base_name(name)}', dialect)}"
        return
    key = _KEY.match(effect.detail)
    if key is None:
        # Without a name, a check gets none by the convention.
        return
    parts = [_PREFIXES[key[1]], bare]
    if key[1] != "primary key":
        parts.append(names.base_name(key[2]))
    if key[1] == "foreign key" and (other := _REFERENCES.search(effect.detail)):
        parts.append(names.base_name(other[2]))
    given = _fold("_".join(parts), dialect)
    yield f"constraint:{table}.{given}"
    if dialect in _MYSQL and key[1] != "primary key":
        yield f"index:{table}.{given}"
    elif dialect == "postgresql" and key[1] != "foreign key":
        yield f"relation:{names.within(table, given)}"


def _split(name: str) -> tuple[str, str]:
    """The table and the name of a constraint, of which each may be quoted."""
    if name.endswith('"') and '."' in name:
        table, _, last = name.rpartition('."')
        return table, f'"{last}'
    table, _, last = name.rpartition(".")
    return table, last


def _fold(name: str, dialect: str) -> str:
    quoted = name.replace('"', '""')
    return names.fold(f'"{quoted}"', dialect)
