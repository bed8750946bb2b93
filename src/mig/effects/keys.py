"""Reads keys, checks and foreign keys, of columns and of tables, and names those without a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.cursor import UnreadError
from mig.effects.query import read_expression, read_in_scope
from mig.effects.scope import Scope, Use, resolve
from mig.effects.tokens import NUMBER, SIGN, STRING, WORD
from mig.effects.vocabulary import words

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

UNNAMED = "name made by the database"
_KEY_KINDS = frozenset({"index", "key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The table whose definition is being read: ``aspect`` is ``if`` under IF NOT EXISTS.

    ``is_new`` says that the same statement creates the table, so that it has no rows yet.
    """

    table: str
    out: Collector
    aspect: str = ""
    is_new: bool = False

    @property
    def dialect(self) -> str:
        return self.out.dialect


def read_key_columns(group: Cursor, target: Target, use: Use) -> list[str]:
    """The columns of a key or index, each as the database would put it into a generated name."""
    return [_read_key_column(item, target, use) for item in group.split() if not item.is_done]


def _read_key_column(item: Cursor, target: Target, use: Use) -> str:
    out, table = target.out, target.table
    if item.word == "(" or not item.is_name() or (item.peek() == "(" and not _is_prefix(item)):
        return _read_key_expression(item, target, use)
    if item.peek() == ".":
        read_expression(item.copy(), out, use, table)
    column = item.parts()[-1]
    out.need(f"column:{table}.{column}", use.aspect)
    _read_operator_class(item, out, use)
    return column


def _read_key_expression(item: Cursor, target: Target, use: Use) -> str:
    label, start = _label(item.copy()), item.position
    if item.word != "(" and item.is_name():
        item.parts()
    if not item.skip_group():
        item.rest()
    read_expression(item.cut(start), target.out, use, target.table)
    _read_operator_class(item, target.out, use)
    return label


def _is_prefix(item: Cursor) -> bool:
    """``name(10)`` of MariaDB and MySQL: the beginning of a column and no call."""
    return item.peek_token(2).kind == NUMBER and item.peek(3) == ")"


def _read_operator_class(item: Cursor, out: Collector, use: Use) -> None:
    item.skip_group()
    if item.accept("collate") and item.is_name():
        item.parts()
    if out.is_postgresql and item.is_name() and item.word not in {"asc", "desc", "nulls", "with"}:
        out.need(f"operator-class:{item.name()}", use.aspect)


def _label(item: Cursor) -> str:
    """What PostgreSQL calls an expression in the name of its index."""
    while item.word == "(":
        item = item.group()
    if not item.is_name():
        return "expr"
    name = item.parts()[-1]
    if item.word == "(":
        item.skip_group()
        return name if item.is_done else "expr"
    return name if item.is_done or item.word == "::" else "expr"


def read_check(cursor: Cursor, target: Target, name: str, column: str = "") -> None:
    """``CHECK (...)`` and what may follow it."""
    start = cursor.position
    cursor.expect("check")
    scope = Scope()
    scope.add(names.base_name(target.table), target.table)
    read_in_scope(cursor.group(), target.out, Use(aspect="check"), scope)
    used = {parts[-1]: None for parts in scope.waiting}
    resolve(scope, target.out, Use(aspect="check"))
    skips = _read_check_options(cursor)
    if not target.is_new and not skips and not column:
        for each in used:
            target.out.read(f"values:{target.table}.{each}", "validate")
        target.out.read(f"rows:{target.table}", "validate")
    stem = tuple(used) if len(used) == 1 else ()
    add_constraint(target, name or _check_name(target, stem, column), cursor.text_from(start), bool(name))


def _read_check_options(cursor: Cursor) -> bool:
    """Whether the check does not look at the rows that are there."""
    skips = False
    while True:
        if cursor.accept("not", "valid") or cursor.accept("not", "enforced"):
            skips = True
        elif not (cursor.accept("no", "inherit") or cursor.accept_one("enforced")):
            return skips


def _check_name(target: Target, stem: tuple[str, ...], column: str) -> str:
    if target.dialect == "mysql":
        return target.out.numbered(target.table, f"{names.base_name(target.table)}_chk")
    if target.dialect == "mariadb":
        return column or target.out.numbered(target.table, "constraint")
    return _made_up(target, stem, "check")


def _made_up(target: Target, columns: tuple[str, ...], label: str) -> str:
    made = names.make_name(target.table, columns, label)
    if not target.out.is_postgresql:
        return target.out.taken.number(made, "postgresql")
    return target.out.generated(target.table, made)


def add_constraint(target: Target, name: str, detail: str, is_named: bool) -> None:  # noqa: FBT001
    implicit = "" if is_named else UNNAMED
    target.out.create(f"constraint:{target.table}.{name}", target.aspect, detail, implicit)


def add_key(target: Target, name: str, columns: list[str], detail: str) -> None:
    """A primary key or UNIQUE: a constraint, and where databases say so an index of the same name."""
    out, is_primary = target.out, detail.startswith("primary")
    label = "pkey" if is_primary else "key"
    if out.is_mysql:
        key = "primary" if is_primary else name or out.generated(target.table, columns[0])
    else:
        key = name or _made_up(target, () if is_primary else tuple(columns), label)
    add_constraint(target, key, detail, bool(name))
    if out.is_mysql or out.is_postgresql:
        out.create_index(target.table, key, detail, target.aspect, "" if name else UNNAMED)
    if not target.is_new:
        for column in columns:
            out.read(f"values:{target.table}.{column}", "validate")
        out.read(f"rows:{target.table}", "validate")


def read_primary(cursor: Cursor, target: Target, name: str) -> None:
    start = cursor.position
    cursor.expect("primary", "key")
    if _accept_existing_index(cursor, target, name, start):
        return
    _skip_method(cursor)
    if cursor.word != "(" and cursor.is_name():
        cursor.part()
    columns = read_key_columns(cursor.group(), target, Use(aspect="key"))
    skip_options(cursor)
    add_key(target, name, columns, cursor.text_from(start))


def read_unique(cursor: Cursor, target: Target, name: str) -> None:
    start = cursor.position
    cursor.expect("unique")
    if _accept_existing_index(cursor, target, name, start):
        return
    cursor.accept_one("key", "index")
    aspect = "if" if cursor.accept("if", "not", "exists") else target.aspect
    _skip_method(cursor)
    if cursor.word not in {"(", "nulls"} and cursor.is_name():
        name = cursor.part()
    _skip_method(cursor)
    cursor.accept("nulls", "not", "distinct")
    cursor.accept("nulls", "distinct")
    columns = read_key_columns(cursor.group(), target, Use(aspect="key"))
    skip_options(cursor)
    goal = Target(table=target.table, out=target.out, aspect=aspect, is_new=target.is_new)
    add_key(goal, name, columns or ["expr"], cursor.text_from(start))


def _accept_existing_index(cursor: Cursor, target: Target, name: str, start: int) -> bool:
    """``UNIQUE USING INDEX i`` of PostgreSQL: the index takes the constraint's name."""
    if not cursor.accept("using", "index"):
        return False
    index = names.within(target.table, cursor.part())
    target.out.need(f"index:{index}", "key")
    skip_options(cursor)
    if name and names.base_name(index) != name:
        target.out.rename_relation("index", index, names.within(target.table, name))
    else:
        target.out.alter(f"index:{index}", "definition", "key")
    add_constraint(target, name or names.base_name(index), cursor.text_from(start), bool(name))
    return True


def _skip_method(cursor: Cursor) -> None:
    if cursor.accept("using") and cursor.is_name():
        cursor.part()


_OPTION_STARTS = words(
    """
    using with include deferrable not initially comment key_block_size visible invisible clustering on
    where without nulls asc desc parser algorithm lock ignored autoincrement enforced nonclustered
    """
)


def skip_options(cursor: Cursor) -> None:
    """What may follow a key: storage, deferral, comments.  It stays in the definition's text."""
    while cursor.word in _OPTION_STARTS:
        word = cursor.word
        if word == "not" and cursor.peek() not in {"deferrable", "enforced", "ignored"}:
            return
        if word == "on" and cursor.peek() != "conflict":
            return
        cursor.advance()
        while not cursor.is_done and cursor.word not in _OPTION_STARTS and _goes_on(cursor):
            cursor.step()


def _goes_on(cursor: Cursor) -> bool:
    kind, word, _ = cursor.token
    if word in {
        "constraint",
        "references",
        "check",
        "null",
        "primary",
        "unique",
        "default",
        "generated",
        ",",
    }:
        return False
    return kind in {WORD, NUMBER, STRING, SIGN} or word == "("


def read_foreign(cursor: Cursor, target: Target, name: str) -> None:
    """``FOREIGN KEY (...) REFERENCES ...``."""
    start = cursor.position
    cursor.expect("foreign", "key")
    aspect = "if" if cursor.accept("if", "not", "exists") else target.aspect
    if cursor.word != "(" and cursor.is_name():
        index = cursor.part()
        name = name if name or target.dialect == "mariadb" else index
    columns = tuple(cursor.names())
    goal = Target(table=target.table, out=target.out, aspect=aspect, is_new=target.is_new)
    read_references(cursor, goal, columns, name, start)


def read_references(cursor: Cursor, target: Target, columns: tuple[str, ...], name: str, start: int) -> None:
    """``REFERENCES t (c) ...`` after one column or a list of them."""
    out, table = target.out, target.table
    cursor.expect("references")
    other = cursor.name()
    others = cursor.names() if cursor.word == "(" else ()
    skips = _read_reference_options(cursor)
    out.need_relation(other, "foreign-key")
    out.need(f"table:{other}", "foreign-key", f"({', '.join(others)})" if others else "primary key")
    for column in columns:
        out.need(f"column:{table}.{column}", "foreign-key")
        if not target.is_new and not skips:
            out.read(f"values:{table}.{column}", "validate")
    for column in others:
        out.need(f"column:{other}.{column}", "foreign-key")
        if not target.is_new and not skips:
            out.read(f"values:{other}.{column}", "exists")
    if not target.is_new and not skips:
        out.read(f"rows:{table}", "validate")
        out.read(f"rows:{other}", "exists")
    detail = cursor.text_from(start)
    if not detail.startswith("foreign"):
        detail = f"foreign key ( {' , '.join(columns)} ) {detail}"
    add_constraint(target, name or _foreign_name(target, columns), detail, bool(name))


def _foreign_name(target: Target, columns: tuple[str, ...]) -> str:
    if target.out.is_mysql:
        return target.out.numbered(target.table, f"{names.base_name(target.table)}_ibfk")
    return _made_up(target, columns, "fkey")


_REFERENCE_WORDS = words(
    """
    match full partial simple on delete update cascade restrict set null default no action deferrable
    initially deferred immediate enforced
    """
)


def _read_reference_options(cursor: Cursor) -> bool:
    """Whether the rows that are there are not looked at."""
    skips, before = False, ""
    while True:
        word = cursor.word
        if cursor.accept("not", "valid"):
            skips = True
        elif word == "not" and cursor.peek() in {"deferrable", "enforced"}:
            cursor.advance(2)
        elif word in {"null", "default"} and before != "set":
            return skips
        elif word in _REFERENCE_WORDS and not (word == "on" and cursor.peek() not in {"delete", "update"}):
            cursor.advance()
            if before == "set":
                cursor.skip_group()
        else:
            return skips
        before = word


def read_exclude(cursor: Cursor, target: Target, name: str) -> None:
    start = cursor.position
    cursor.expect("exclude")
    _skip_method(cursor)
    columns = []
    for item in cursor.group().split():
        column = item.until("with")
        columns.append(_read_key_column(column, target, Use(aspect="key")))
    skip_options(cursor)
    if cursor.word == "(":
        read_expression(cursor.group(), target.out, Use(aspect="key"), target.table)
    detail = cursor.text_from(start)
    key = name or _made_up(target, tuple(columns), "excl")
    add_constraint(target, key, detail, bool(name))
    target.out.create_index(target.table, key, detail, target.aspect, "" if name else UNNAMED)


def read_plain_index(cursor: Cursor, target: Target) -> None:
    """``KEY``, ``FULLTEXT INDEX`` and the like inside a table of MariaDB and MySQL."""
    start = cursor.position
    cursor.accept_one("fulltext", "spatial", "vector")
    cursor.accept_one(*_KEY_KINDS)
    aspect = "if" if cursor.accept("if", "not", "exists") else target.aspect
    _skip_method(cursor)
    name = cursor.part() if cursor.word != "(" else ""
    _skip_method(cursor)
    columns = read_key_columns(cursor.group(), target, Use(aspect="index"))
    skip_options(cursor)
    if not columns:
        raise UnreadError("an index without columns")
    key = name or target.out.generated(target.table, columns[0])
    target.out.create_index(target.table, key, cursor.text_from(start), aspect, "" if name else UNNAMED)
