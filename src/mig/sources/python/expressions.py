"""Writes pieces of queries, as SQLAlchemy builds them, as SQL with the same effects."""

# ruff: noqa: PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.sources.python.quoting import (
    HOLE,
    NUMBER_HOLE,
    has_open_hole,
    is_known,
    qualify,
    quote_name,
    quote_text,
)
from mig.sources.python.tables import (
    COLUMN_MAKERS,
    Table,
    column_name,
    find_column,
    find_table,
    unwind,
    verb_of,
)
from mig.sources.python.types import render_type
from mig.sources.python.values import (
    Attr,
    Binary,
    Call,
    Class,
    Item,
    Listed,
    Listing,
    Ref,
    TooMuchError,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_BIND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_MOST_STEPS = 20_000
_MOST_TEXT = 1_000_000
_DEEPEST = 60
_CONSTANT = re.compile(r"(.*\.)?([A-Z][A-Z0-9_]*|value)")
_RAW = frozenset({"text", "literal_column"})
_RAW_MAKERS = frozenset({"text", "literal_column", "DDL", "CheckConstraint", "Computed"})
_SAME_TEXT = frozenset({"bindparams", "execution_options", "columns", "execute_if", "params"})


class Writer:
    """Writes one statement: ``problems`` say what of it could not be told.

    ``tables`` are those whose columns the query that is being written names.
    """

    def __init__(self, dialect: str, mark: int = 0) -> None:
        self.dialect = dialect
        self._mark = mark
        self.problems: dict[str, None] = {}
        self.tables: list[dict[str, None]] = [{}]
        self._steps = 0
        self._depth = 0

    def unknown(self) -> str:
        """What stands for a value that is not known: an expression that equals none of another file."""
        self._mark += 1
        return f"coalesce({self._mark})"

    def problem(self, why: str) -> None:
        self.problems[why] = None

    def spend(self, text: str = "") -> str:
        self._steps += 1 + len(text) // 1000
        if self._steps > _MOST_STEPS or len(text) > _MOST_TEXT:
            raise TooMuchError
        return text

    def name(self, value: object, what: str) -> str:
        """A name that must be known; an empty one where it is not."""
        if (
            isinstance(value, Call)
            and isinstance(value.func, Ref)
            and value.func.name in {"quoted_name", "conv"}
        ):
            value = value.args[0] if value.args else None
        if isinstance(value, str) and is_known(value) and value:
            return quote_name(value, self.dialect)
        self.problem(f"{what} is {describe(value)}")
        return ""

    def table(self, table: Table) -> str:
        name = qualify(table.name, table.schema, self.dialect)
        self.tables[-1][name] = None
        return name

    def text(self, value: object) -> str:
        """SQL as the file writes it, with a neutral value for each parameter."""
        while isinstance(value, Call) and not isinstance(value.func, Class):
            inner = value.args[:1] if isinstance(value.func, Ref) and value.func.name in _RAW_MAKERS else ()
            if isinstance(value.func, Attr) and value.func.name in _SAME_TEXT:
                inner = (value.func.base,)
            if not inner:
                break
            value = inner[0]
        if isinstance(value, str):
            return self.holes(_BIND.sub(lambda _: self.unknown(), value).replace("\\:", ":"))
        return self.expression(value)

    def condition(self, value: object) -> str:
        """A condition, without parentheses around all of it."""
        if (
            isinstance(value, Call)
            and isinstance(value.func, Ref)
            and value.func.name == "CheckConstraint"
            and value.args
        ):
            value = value.args[0]
        text = self.text(value)
        return text[1:-1] if isinstance(value, Binary) and text.startswith("(") else text

    def holes(self, text: str) -> str:
        """The text with its unknown numbers filled; a part that could be more than data is a problem."""
        while NUMBER_HOLE in text:
            text = text.replace(NUMBER_HOLE, self.unknown(), 1)
        if HOLE in text and has_open_hole(text):
            self.problem("a part of the SQL is put together as it runs")
        return text

    def expression(self, value: object) -> str:
        """One expression; names are qualified by their tables."""
        self.spend()
        if self._depth > _DEEPEST:
            raise TooMuchError
        self._depth += 1
        try:
            return self._expression(value)
        finally:
            self._depth -= 1

    def _expression(self, value: object) -> str:
        if (column := find_column(value)) is not None:
            return f"{self.table(column[0])}.{quote_name(column[1], self.dialect)}"
        if (table := find_table(value)) is not None:
            return ", ".join(self.columns(table, value))
        match value:
            case Binary():
                return self.spend(self._binary(value))
            case Call():
                return self.spend(self._call(value))
            case Attr(base=base) | Item(base=base) if not isinstance(base, Unknown):
                return self._derived(base)
            case Ref():
                return self._constant(value)
            case _:
                return self.literal(value)

    def columns(self, table: Table, value: object) -> list[str]:
        """All columns of a table that is selected as a whole."""
        name = self.table(table)
        if table.columns is None:
            return [f"{name}.*"]
        names = {column_name(c) for c in table.columns}
        if isinstance(value, Class):
            names = {
                column_name(c, k)
                for k, c in value.names.items()
                if c in table.columns and isinstance(c, Call)
            }
        return [f"{name}.{quote_name(n, self.dialect)}" for n in sorted(names) if n] or [f"{name}.*"]

    def _derived(self, base: object) -> str:
        """Something of a subquery: all of the subquery, wherever it is mentioned."""
        if isinstance(base, Attr) and base.name in {"c", "columns"}:
            base = base.base
        return self.expression(base)

    def _constant(self, ref: Ref) -> str:
        if not ref.path.startswith("sqlalchemy") and not is_constant(ref):
            self.problem(f"{ref.path} is not in this file")
        return self.unknown()

    def literal(self, value: object) -> str:
        """A value; one that is not known becomes a placeholder, for it can only be data."""
        match value:
            case None:
                return "NULL"
            case bool():
                return str(int(value)) if self.dialect == "sqlite" else str(value).lower()
            case int() | float():
                return repr(value) if abs(value) < 1e300 else self.unknown()
            case str():
                return quote_text(value, self.dialect) if is_known(value) else self.unknown()
            case list() | tuple() | set():
                return f"({', '.join(self.expression(v) for v in value) or 'NULL'})"
            case Unknown(is_plain=False):
                self.problem(f"a part of a statement is {describe(value)}")
                return self.unknown()
            case _:
                return self.unknown()

    def _binary(self, value: Binary) -> str:
        sign = value.sign
        if value.right is None and sign in {"=", "!="}:
            return f"({self.expression(value.left)} IS {'NOT ' if sign == '!=' else ''}NULL)"
        return f"({self.expression(value.left)} {sign} {self.expression(value.right)})"

    def _call(self, value: Call) -> str:
        root, steps = unwind(value)
        verb, _ = verb_of(root)
        if verb in {"select", "query", "union", "union_all"}:
            return f"({self.select(value)})"
        if verb:
            self.problem(f"{verb} inside of a query")
            return "NULL"
        if steps:
            return self._method(value)
        return self._function(value)

    def _method(self, value: Call) -> str:
        func = value.func
        base, name = (func.base, func.name) if isinstance(func, Attr) else (None, "")
        if name in {"desc", "asc"}:
            return f"{self.expression(base)} {name.upper()}"
        if name == "is_" and value.args == (None,):
            return f"({self.expression(base)} IS NULL)"
        if name in {"label", "nulls_last", "nulls_first", "nullslast", "nullsfirst", "bindparams", "columns"}:
            return self.expression(base)
        if name == "cast" and value.args:
            return f"CAST({self.expression(base)} AS {render_type(value.args[0], self.dialect)})"
        return self.together([base, *_arguments(value)])

    def together(self, values: Iterable[object]) -> str:
        """All operands of a construct that adds nothing to what they touch."""
        parts = [self.expression(v) for v in values if not isinstance(v, (str, int)) or isinstance(v, bool)]
        return f"coalesce({', '.join(parts or ['NULL'])})"

    def _function(self, value: Call) -> str:
        if not isinstance(value.func, Ref):
            return self.together(
                [value.func.base if isinstance(value.func, Attr) else None, *_arguments(value)]
            )
        path, name = value.func.path, value.func.name
        if ".func." in path:
            return self._sql_function(path.partition(".func.")[2], value)
        writer = _FUNCTIONS.get(name)
        if writer is not None:
            return writer(self, value)
        if name in COLUMN_MAKERS:
            return self.text(value) if name in _RAW else self.name(column_name(value) or None, "a column")
        if not path.startswith("sqlalchemy"):
            return self.literal(value)
        return self.together(_arguments(value))

    def _sql_function(self, name: str, value: Call) -> str:
        if name in {"now", "current_timestamp", "current_date", "current_time"} and not value.args:
            bare = name != "now" or self.dialect == "sqlite"
            return ("CURRENT_TIMESTAMP" if name == "now" else name.upper()) if bare else "now()"
        if name == "count" and not value.args:
            return "count(*)"
        called = ".".join(
            quote_name(part, self.dialect) if not part.islower() else part for part in name.split(".")
        )
        return f"{called}({', '.join(self.expression(a) for a in _arguments(value))})"

    def select(self, value: object) -> str:
        """A query with everything in it: where its parts stand makes no difference to what it touches."""
        self.tables.append({})
        root, steps = unwind(value)
        shown = [self._chosen(a) for a in _selected(root)]
        conditions: list[str] = []
        for name, call in steps:
            for argument in _arguments(call):
                table = find_table(argument) if name in _JOINS else None
                if table is not None:
                    self.table(table)
                elif name == "filter_by":
                    conditions.append(self.expression(argument))
                elif not isinstance(argument, (str, int)):
                    conditions.append(f"({self.expression(argument)}) IS NOT NULL")
            if name == "filter_by":
                conditions += self._filtered(root, call)
        tables = self.tables.pop()
        text = f"SELECT {', '.join(shown) or '1'}"
        if tables:
            text += f" FROM {', '.join(tables)}"
        return self.spend(text + (f" WHERE {' AND '.join(conditions)}" if conditions else ""))

    def _chosen(self, value: object) -> str:
        """What a query selects: never a constant of Python."""
        if isinstance(value, Ref) and not value.path.startswith("sqlalchemy"):
            self.problem(f"{value.path} is not in this file")
            return "1"
        return self.expression(value)

    def _filtered(self, root: object, call: Call) -> list[str]:
        owners = [t for a in _selected(root) if (t := find_table(a)) is not None]
        if not owners:
            self.problem("filter_by of a query that has no table of its own")
            return []
        return [f"{self.table(owners[0])}.{quote_name(k, self.dialect)} IS NOT NULL" for k in call.kwargs]


_JOINS = frozenset({"join", "outerjoin", "select_from", "select_entity_from", "add_columns", "add_entity"})


def _selected(root: object) -> list[object]:
    if isinstance(root, Call) and isinstance(root.func, Attr):
        return [root.func.base]
    chosen: list[object] = []
    for argument in root.args if isinstance(root, Call) else ():
        # select([a, b]) is how SQLAlchemy 1 wrote it.
        chosen += list(argument) if isinstance(argument, (list, tuple)) else [argument]
    return [*chosen, *(root.kwargs[k] for k in ("*",) if isinstance(root, Call) and k in root.kwargs)]


def _arguments(value: Call) -> list[object]:
    return [*value.args, *value.kwargs.values()]


def _joined(sign: str) -> Callable[[Writer, Call], str]:
    def write(writer: Writer, value: Call) -> str:
        return (
            "(" + f" {sign} ".join(writer.expression(a) for a in value.args) + ")" if value.args else "true"
        )

    return write


def _ordered(word: str) -> Callable[[Writer, Call], str]:
    def write(writer: Writer, value: Call) -> str:
        first = value.args[0] if value.args else None
        name = isinstance(first, str)
        return f"{writer.name(first, 'a column') if name else writer.expression(first)} {word}"

    return write


def _cast(writer: Writer, value: Call) -> str:
    kind = value.args[1] if len(value.args) > 1 else value.kwargs.get("type_")
    first = value.args[0] if value.args else None
    return f"CAST({writer.expression(first)} AS {render_type(kind, writer.dialect)})"


def _bool(name: str) -> Callable[[Writer, Call], str]:
    return lambda writer, _value: writer.literal(name == "true")


_FUNCTIONS: dict[str, Callable[[Writer, Call], str]] = {
    "and_": _joined("AND"),
    "or_": _joined("OR"),
    "not_": lambda w, v: f"(NOT {w.expression(v.args[0] if v.args else None)})",
    "desc": _ordered("DESC"),
    "asc": _ordered("ASC"),
    "cast": _cast,
    "type_coerce": _cast,
    "text": lambda w, v: w.text(v),
    "null": lambda _w, _v: "NULL",
    "true": _bool("true"),
    "false": _bool("false"),
    "literal": lambda w, v: w.literal(v.args[0] if v.args else None),
    "bindparam": lambda w, _v: w.unknown(),
    "next_value": lambda w, v: w.together(v.args),
}


def is_constant(value: object) -> bool:
    """Whether an imported name is written as constants are, and so stands for data."""
    return isinstance(value, Ref) and _CONSTANT.fullmatch(value.path) is not None


def describe(value: object) -> str:
    """Why something is not known, in a few words."""
    match value:
        case Unknown(why=why):
            return f"not known: {why}"
        case Ref(path=path):
            return f"{path}, which is not in this file"
        case str() if HOLE in value or NUMBER_HOLE in value:
            return "text of which a part is not known"
        case Listed() | Listing():
            return "what the inspector lists"
        case None:
            return "left out"
        case Call(func=Ref(path=path)):
            return f"what {path}() gives"
        case _:
            return "not a literal"
