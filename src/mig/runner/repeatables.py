"""The table in the target database that says which repeatables were run, and with which text."""

# ruff: noqa: S608 - the names are constants here, and the dialect quotes every value

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.runner.history import utc_text

if TYPE_CHECKING:
    from mig.runner.dialects import Dialect, Session

TABLE = "mig_repeatables"
_KINDS = {
    "lineage": "key not null",
    "name": "key not null",
    "checksum": "text not null",
    "applied_at": "moment not null",
    "applied_by": "text not null",
    "duration_ms": "number not null",
    "git_commit": "text not null",
    "tool_version": "text not null",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """One row: a repeatable as it was run last; an empty ``checksum``: it is to be run again."""

    name: str
    checksum: str
    applied_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRecord:
    """What is written down of a repeatable; the database's clock says when."""

    name: str
    checksum: str
    applied_by: str
    duration_ms: int = 0
    git_commit: str = ""
    tool_version: str = ""


class Repeatables:
    """The rows of one lineage in one database; each SQL text ends with ``;`` and a newline."""

    def __init__(self, session: Session, dialect: Dialect, lineage: str) -> None:
        self._session = session
        self._dialect = dialect
        self._lineage = dialect.literal(lineage)
        self._table = session.qualify(TABLE)

    def exists(self) -> bool:
        return bool(self._session.columns(TABLE))

    def rows(self) -> dict[str, Repeated]:
        """What was run, by name; nothing where there is no table yet."""
        query = f"SELECT name, checksum, applied_at FROM {self._table} WHERE lineage = {self._lineage}"
        _, found = self._session.read(TABLE, query)
        return {
            str(name): Repeated(name=str(name), checksum=str(checksum), applied_at=utc_text(moment))
            for name, checksum, moment in found
        }

    def create(self) -> str:
        types = self._dialect.types
        columns = []
        for name, kind in _KINDS.items():
            word, _, rest = kind.partition(" ")
            columns.append(f"{name} {getattr(types, word)} {rest}")
        columns.append("primary key (lineage, name)")
        return (
            f"CREATE TABLE IF NOT EXISTS {self._table} ({', '.join(columns)}){self._dialect.table_options};\n"
        )

    def write(self, record: RepeatedRecord) -> str:
        """Put a row in the place of the one that there may be."""
        text = self._dialect.literal
        values = {"lineage": self._lineage, "applied_at": self._dialect.now}
        chosen = (values.get(name) or text(getattr(record, name)) for name in _KINDS)
        return (
            f"DELETE FROM {self._table} WHERE lineage = {self._lineage} AND name = {text(record.name)};\n"
            f"INSERT INTO {self._table} ({', '.join(_KINDS)}) VALUES ({', '.join(chosen)});\n"
        )

    def expire(self) -> str:
        """Have all of them run again: what was reverted may have taken along what they had made."""
        return f"UPDATE {self._table} SET checksum = '' WHERE lineage = {self._lineage};\n"
