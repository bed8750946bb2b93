"""Reads what stands between the parentheses of CREATE TABLE: columns and constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mig.effects import names
from mig.effects.calls import read_type
from mig.effects.cursor import UnreadError
from mig.effects.keys import (
    UNNAMED,
    Target,
    add_key,
    read_check,
    read_exclude,
    read_foreign,
    read_plain_index,
    read_primary,
    read_references,
    read_unique,
    skip_options,
)
from mig.effects.query import read_expression
from mig.effects.scope import Use
from mig.effects.tokens import STRING
from mig.effects.vocabulary import SERIALS, VOLATILE, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.cursor import Cursor

COLUMN_WORDS = words(
    """
    after as auto_increment autoincrement check charset collate column_format comment compression
    constraint default deferrable encrypted first generated initially invisible key not null on persistent
    primary ref_system_id references storage stored unique using virtual visible without options
    """
)
_TABLE_CONSTRAINTS: dict[str, Callable[[Cursor, Target, str], None]] = {
    "primary": read_primary,
    "unique": read_unique,
    "check": read_check,
    "foreign": read_foreign,
    "exclude": read_exclude,
}
_PLAIN_INDEXES = frozenset({"index", "key", "fulltext", "spatial", "vector"})
_VOLATILE_MORE = frozenset({"uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4", "gen_random_bytes"})
_FOLLOWED_BY_ONE = frozenset({"collate", "comment", "storage", "compression", "charset", "column_format"})


def is_volatile(cursor: Cursor) -> bool:
    """Whether an expression can give another value each time."""
    if any(token.word in VOLATILE or token.word in _VOLATILE_MORE for token in cursor.words()):
        return True
    return cursor.dialect == "sqlite" and any(token.word == "'now'" for token in cursor.words())


def read_element(cursor: Cursor, target: Target) -> None:
    """One column or constraint of a table."""
    if is_table_constraint(cursor):
        read_table_constraint(cursor, target)
    else:
        read_column(cursor, target)


def is_table_constraint(cursor: Cursor) -> bool:
    word, after = cursor.word, cursor.peek()
    if word in {"constraint", "primary", "unique", "check", "foreign"}:
        return True
    if word == "exclude":
        return after in {"using", "("}
    if word == "period":
        return after == "for"
    if word == "not":
        return after == "null"
    return _has_indexes(cursor.dialect) and word in _PLAIN_INDEXES


def _has_indexes(dialect: str) -> bool:
    return dialect in {"mysql", "mariadb"}


def read_table_constraint(cursor: Cursor, target: Target) -> None:
    """``[CONSTRAINT name] PRIMARY KEY ...`` and all others."""
    name = _read_name(cursor)
    word = cursor.word
    if word in _TABLE_CONSTRAINTS:
        _TABLE_CONSTRAINTS[word](cursor, target, name)
    elif word in _PLAIN_INDEXES and target.out.is_mysql:
        read_plain_index(cursor, target)
    elif cursor.accept("not", "null"):
        column = cursor.part()
        target.out.alter(f"column:{target.table}.{column}", "null", "not null")
        skip_options(cursor)
    elif cursor.accept("period", "for"):
        target.out.alter(f"table:{target.table}", "options", cursor.rest().text())
    else:
        raise UnreadError(f"constraint {word[:40]}")


def _read_name(cursor: Cursor) -> str:
    if not cursor.accept("constraint"):
        return ""
    cursor.accept("if", "not", "exists")
    kinds = (*_TABLE_CONSTRAINTS, "references", "not", "null", "default", "generated")
    if cursor.word in kinds and cursor.peek() in {"key", "(", "references", "index", "using", "null"}:
        return ""
    return cursor.part()


def read_column(cursor: Cursor, target: Target) -> str:
    """``name type constraints``; the column's name."""
    reader = ColumnReader(cursor, target, cursor.part())
    reader.read()
    return reader.name


class ColumnReader:
    """One definition of a column; ``changes`` an existing one, or makes a new one."""

    __slots__ = (
        "_cursor",
        "_target",
        "_type",
        "has_default",
        "is_required",
        "is_unique",
        "is_volatile",
        "name",
    )

    def __init__(self, cursor: Cursor, target: Target, name: str) -> None:
        self._cursor = cursor
        self._target = target
        self._type = ""
        self.name = name
        self.has_default = False
        self.is_required = False
        self.is_unique = False
        self.is_volatile = False

    @property
    def _resource(self) -> str:
        return f"column:{self._target.table}.{self.name}"

    def read(self, *, create: bool = True) -> str:
        """Take all of the definition; its text without the place of the column."""
        cursor, target = self._cursor, self._target
        start = cursor.position
        self._read_type()
        if create:
            ahead = cursor.copy()
            ahead.rest()
            target.out.create(self._resource, target.aspect, _definition(ahead, start))
        self._read_constraints()
        detail = _definition(cursor, start)
        if create and not target.is_new and self.is_required and not self.has_default:
            target.out.read(f"rows:{target.table}", "validate", "not null")
        return detail

    def _read_type(self) -> None:
        cursor = self._cursor
        # PARTITION OF and OF give columns that are there already options of their own.
        if cursor.accept("with", "options") or cursor.word in ("", *COLUMN_WORDS):
            return
        self._type = read_type(cursor, self._target.out, "table")[-1]
        while not cursor.is_done and (cursor.word not in COLUMN_WORDS or _is_time_zone(cursor)):
            cursor.step()
        if self._type in SERIALS and self._target.out.is_postgresql:
            self.has_default = True
            self.add_sequence()

    def add_sequence(self) -> None:
        """The sequence behind a serial or identity column."""
        out, table = self._target.out, self._target.table
        made = names.make_name(table, (self.name,), "seq")
        sequence = names.within(table, out.generated(table, made))
        out.create(f"relation:{sequence}", self._target.aspect, implicit=UNNAMED)
        out.create(f"sequence:{sequence}", self._target.aspect, f"{table}.{self.name}", UNNAMED)

    def _read_constraints(self) -> None:
        while not self._cursor.is_done:
            name = self._read_constraint_name()
            handler = self._constraints.get(self._cursor.word)
            if handler is None:
                raise UnreadError(f"{self._cursor.word[:40]} in the column {self.name}")
            handler(self, name)

    def _read_constraint_name(self) -> str:
        cursor = self._cursor
        if cursor.word != "constraint":
            return ""
        return _read_name(cursor)

    def _on_not(self, _name: str) -> None:
        cursor = self._cursor
        if cursor.accept("not", "null"):
            self.is_required = True
            cursor.accept("no", "inherit")
            if cursor.accept("on", "conflict"):
                cursor.advance()
        elif not (cursor.accept("not", "deferrable") or cursor.accept("not", "enforced")):
            cursor.expect("not", "valid")

    def _on_default(self, _name: str) -> None:
        cursor = self._cursor
        cursor.advance()
        start = cursor.position
        cursor.step()
        cursor.skip_to(*COLUMN_WORDS)
        self.has_default = cursor.copy().text_from(start) != "null"
        self._read_value(cursor.cut(start))

    def _read_value(self, value: Cursor) -> None:
        tables = (self._target.table,) if self._target.out.is_mysql else ()
        self.is_volatile = self.is_volatile or is_volatile(value)
        read_expression(value, self._target.out, Use(aspect="default"), *tables)

    def _on_key(self, name: str) -> None:
        """PRIMARY KEY, UNIQUE and MySQL's bare KEY, on this column alone."""
        cursor, target = self._cursor, self._target
        is_primary = cursor.word == "primary" or (cursor.word == "key" and target.out.is_mysql)
        cursor.accept("primary")
        cursor.accept("unique")
        cursor.accept_one("key")
        self.is_unique = True
        cursor.accept_one("asc", "desc")
        cursor.accept("nulls", "not", "distinct")
        skip_options(cursor)
        target.out.need(f"column:{target.table}.{self.name}", "key")
        kind = "primary key" if is_primary else "unique"
        add_key(target, name, [self.name], f"{kind} ( {self.name} )")

    def _on_check(self, name: str) -> None:
        read_check(self._cursor, self._target, name, self.name)

    def _on_references(self, name: str) -> None:
        read_references(self._cursor, self._target, (self.name,), name, self._cursor.position)

    def _on_generated(self, _name: str) -> None:
        cursor = self._cursor
        if cursor.accept("generated"):
            cursor.accept("always") or cursor.accept("by", "default", "on", "null") or cursor.accept(
                "by", "default"
            )
        cursor.expect("as")
        self.has_default = True
        if cursor.accept_one("identity"):
            if cursor.word == "(":
                cursor.group()
            self.add_sequence()
        elif cursor.accept("row"):
            cursor.advance()
        else:
            read_expression(cursor.group(), self._target.out, Use(aspect="generated"), self._target.table)
            cursor.accept_one("stored", "virtual", "persistent")

    def _on_on(self, _name: str) -> None:
        cursor = self._cursor
        if cursor.accept("on", "conflict"):
            cursor.advance()
            return
        cursor.expect("on", "update")
        start = cursor.position
        cursor.step()
        cursor.skip_to(*COLUMN_WORDS)
        self._read_value(cursor.cut(start))

    def _on_word(self, _name: str) -> None:
        self._cursor.advance()

    def _on_word_and_value(self, _name: str) -> None:
        cursor = self._cursor
        word = cursor.word
        cursor.advance()
        if cursor.token.kind == STRING:
            cursor.advance()
        elif word == "collate" and self._target.out.is_postgresql:
            self._target.out.need(f"collation:{cursor.name()}", "table")
        else:
            cursor.parts()

    def _on_options(self, _name: str) -> None:
        self._cursor.advance()
        self._cursor.skip_group()

    def _on_place(self, _name: str) -> None:
        cursor = self._cursor
        if cursor.accept("after"):
            other = cursor.part()
            self._target.out.need(f"column:{self._target.table}.{other}", "table")
        else:
            cursor.expect("first")

    def _on_without(self, _name: str) -> None:
        self._cursor.expect("without", "system", "versioning")

    _constraints: ClassVar[dict[str, Callable[[ColumnReader, str], None]]] = {
        "not": _on_not,
        "default": _on_default,
        "primary": _on_key,
        "unique": _on_key,
        "key": _on_key,
        "check": _on_check,
        "references": _on_references,
        "generated": _on_generated,
        "as": _on_generated,
        "on": _on_on,
        "options": _on_options,
        "after": _on_place,
        "first": _on_place,
        "without": _on_without,
        **dict.fromkeys(_FOLLOWED_BY_ONE, _on_word_and_value),
        **dict.fromkeys(
            (
                "null",
                "auto_increment",
                "autoincrement",
                "invisible",
                "visible",
                "virtual",
                "stored",
                "persistent",
                "deferrable",
                "encrypted",
                "initially",
            ),
            _on_word,
        ),
    }


def _definition(cursor: Cursor, start: int) -> str:
    """A definition without AFTER and FIRST, because the order of columns is no conflict."""
    whole = cursor.cut(start)
    return whole.until("after", "first").text()


def _is_time_zone(cursor: Cursor) -> bool:
    return cursor.word == "without" and cursor.peek() == "time"
