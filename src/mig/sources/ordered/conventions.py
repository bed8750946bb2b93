"""The conventions of ordered SQL, as data: a new tool is an entry of this table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.model import Convention, Late

if TYPE_CHECKING:
    from collections.abc import Mapping


def _line(text: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*--[ \t]*{text}[^\r\n]*$", re.IGNORECASE | re.MULTILINE)


def _path(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:\A|.*/){pattern}")


COMPILED = (".java", ".kt", ".groovy")
"""Endings of Flyway's migrations that are programs, each a class named after its file."""
PROGRAMS = (*COMPILED, ".go")
"""Endings of migrations that are programs: listed, and not read."""
NAMED = frozenset({"migrate", "migration", "migrations"})
FLYWAY = {
    "sqlmigrationprefix": "V",
    "repeatablesqlmigrationprefix": "R",
    "undosqlmigrationprefix": "U",
    "baselinemigrationprefix": "B",
    "sqlmigrationseparator": "__",
    "sqlmigrationsuffixes": ".sql",
    "outoforder": "false",
}
"""Flyway's settings that say which files are migrations, as it has them by default."""


def build_flyway(settings: Mapping[str, str] = FLYWAY) -> Convention:
    """Flyway's convention.

    Args:
        settings: all that ``FLYWAY`` has, suffixes with commas between.
    """
    endings = tuple(one.strip() for one in settings["sqlmigrationsuffixes"].split(",") if one.strip())
    text = {key: re.escape(value) for key, value in settings.items()}
    versioned, undo = text["sqlmigrationprefix"], text["undosqlmigrationprefix"]
    repeatable, baseline = text["repeatablesqlmigrationprefix"], text["baselinemigrationprefix"]
    separator = text["sqlmigrationseparator"]
    number = r"[0-9]+(?:[._][0-9]+)*?"
    suffix = "|".join(re.escape(one) for one in (*endings, *COMPILED))
    kinds = rf"(?:(?P<baseline>{baseline})|{versioned})(?P<version>{number})|{repeatable}"
    return Convention(
        name="flyway",
        file=_path(rf"(?P<id>(?:{kinds}){separator}(?P<name>[^/]*?))(?:{suffix})"),
        down=_path(rf"{undo}(?P<version>{number}){separator}(?P<name>[^/]*?)(?:{suffix})"),
        misnamed=_path(
            rf"(?:(?:{versioned}|{baseline}|{repeatable})[^/]*{separator}|(?:{versioned}|{baseline})[0-9])[^/]*"
            rf"(?:{'|'.join(map(re.escape, endings))})"
        ),
        endings=(*endings, *COMPILED),
        placeholder=re.compile(r"\$\{[^}\n]*\}"),
        late=Late.APPLIED if settings["outoforder"] == "true" else Late.REFUSED,
        source="https://documentation.red-gate.com/fd/migrations-184127470.html",
    )


_NUMBERED = r"(?P<version>[0-9]+)[_-](?P<name>[^/]*?)"
_DOWN = _path(rf"{_NUMBERED}\.down\.sql")

CONVENTIONS = (
    build_flyway(),
    Convention(
        name="prisma",
        file=_path(r"(?P<id>(?P<version>[0-9]{14}|[0-9]+)_(?P<name>[^/]*))/migration\.sql"),
        digits=14,
        late=Late.APPLIED,
        settings=("migration_lock.toml", "schema.prisma"),
        source="https://www.prisma.io/docs/orm/prisma-migrate",
    ),
    Convention(
        name="diesel",
        file=_path(
            r"(?P<id>(?P<version>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{6}(?:-[0-9]+)?|[0-9]+)"
            r"_(?P<name>[^/]*))/up\.sql"
        ),
        down=_path(r"[0-9-]+_[^/]*/down\.sql"),
        late=Late.APPLIED,
        settings=("diesel.toml", "Cargo.toml"),
        source="https://docs.rs/diesel_migrations",
    ),
    Convention(
        name="goose",
        file=_path(rf"(?P<id>{_NUMBERED}(?<!_test))\.(?:sql|go)"),
        endings=(".sql", ".go"),
        up_mark=_line(r"\+goose[ \t]+Up\b"),
        down_mark=_line(r"\+goose[ \t]+Down\b"),
        begin_mark="+goose StatementBegin",
        end_mark="+goose StatementEnd",
        no_transaction=_line(r"\+goose[ \t]+NO[ \t]+TRANSACTION\b"),
        is_marked=True,
        late=Late.REFUSED,
        source="https://pressly.github.io/goose/documentation/annotations/",
    ),
    Convention(
        name="dbmate",
        file=_path(rf"(?P<id>{_NUMBERED})\.sql"),
        up_mark=_line(r"migrate:up\b"),
        down_mark=_line(r"migrate:down\b"),
        no_transaction=_line(r"migrate:up\b[^\r\n]*\btransaction:false\b"),
        is_marked=True,
        late=Late.APPLIED,
        source="https://github.com/amacneil/dbmate",
    ),
    Convention(
        name="sqlx",
        file=_path(rf"(?P<id>{_NUMBERED})(?:\.up)?\.sql"),
        down=_DOWN,
        no_transaction=re.compile(r"\A[ \t]*--[ \t]*no-transaction\b"),
        settings=("Cargo.toml",),
        folders=NAMED,
        late=Late.APPLIED,
        source="https://docs.rs/sqlx/latest/sqlx/migrate/",
    ),
    Convention(
        name="golang-migrate",
        file=_path(rf"(?P<id>{_NUMBERED})\.up\.sql"),
        down=_DOWN,
        late=Late.SKIPPED,
        source="https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md",
    ),
    Convention(
        name="numbered",
        file=_path(rf"(?P<id>{_NUMBERED})\.sql"),
        down=_path(rf"{_NUMBERED}(?:[._-](?:down|rollback|undo))\.sql"),
        folders=NAMED,
        late=Late.APPLIED,
    ),
)
"""In the order in which they are tried: what shows more of itself comes first."""
