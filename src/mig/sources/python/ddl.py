"""Writes the columns, keys, checks and indexes of SQLAlchemy as DDL."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mig.sources.python.expressions import Writer, describe, is_constant
from mig.sources.python.quoting import is_known, qualify, quote_name, quote_text
from mig.sources.python.tables import column_name, find_column, is_column
from mig.sources.python.types import find_enum, is_type, render_type, serial_of
from mig.sources.python.values import Attr, Call, Item, Ref, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MYSQL = frozenset({"mysql", "mariadb"})
_KEYS = frozenset(
    {
        "PrimaryKeyConstraint",
        "UniqueConstraint",
        "CheckConstraint",
        "ForeignKeyConstraint",
        "ExcludeConstraint",
    }
)


class Column(NamedTuple):
    """A column's definition, and what SQLAlchemy makes of it beside the definition."""

    name: str
    text: str
    constraints: list[str]
    indexes: list[tuple[str, str, bool]]
    comment: str
    enum: Call | None
    is_primary: bool


def maker(value: object) -> str:
    """The class that something is made by, if it is one of SQLAlchemy's."""
    if isinstance(value, Call) and isinstance(value.func, Ref) and value.func.path.startswith("sqlalchemy"):
        return value.func.name
    return ""


def read_column(
    value: object, keys: frozenset[str], writer: Writer, foreign: frozenset[str] = frozenset()
) -> Column | None:
    """One column; ``keys`` are those of the table's primary key, ``foreign`` those of its foreign keys."""
    if not isinstance(value, Call) or not is_column(value):
        writer.problem(f"a column is {describe(value)}")
        return None
    args, kwargs = list(value.args), value.kwargs
    if "*" in kwargs or "**" in kwargs:
        writer.problem("not all arguments of a column are known")
    raw = args.pop(0) if args and isinstance(args[0], (str, Unknown)) else kwargs.get("name")
    name = writer.name(raw, "the name of a column")
    if not name or not isinstance(raw, str):
        return None
    kind = kwargs.get("type_")
    if kind is None and args and (is_type(args[0]) or isinstance(args[0], Unknown)):
        kind = args.pop(0)
    if isinstance(kind, Unknown) and not kind.is_plain:
        writer.problem(f"the type of {raw} is {describe(kind)}")
    if raw in foreign:
        args.append(Call(Ref("sqlalchemy.ForeignKey"), (), {}))
    options = _options(value, raw, kind, keys, args, writer)
    if raw in foreign:
        args.pop()
    return Column(
        name=raw,
        text=" ".join(part for part in (name, *options) if part),
        constraints=_column_constraints(name, args, kwargs, writer),
        indexes=[(raw, "", kwargs.get("unique") is True)] if kwargs.get("index") is True else [],
        comment=c if isinstance(c := kwargs.get("comment"), str) else "",
        enum=find_enum(kind, writer.dialect) if kind is not None else None,
        is_primary=kwargs.get("primary_key") is True,
    )


def _options(
    value: Call, raw: str, kind: object, keys: frozenset[str], args: list[object], writer: Writer
) -> tuple[str, ...]:
    kwargs = value.kwargs
    made = {maker(a): a for a in args}
    primary = kwargs.get("primary_key") is True or raw in keys
    identity = "Identity" in made or maker(kwargs.get("server_default")) == "Identity"
    text = _type(kind, args, writer)
    serial = _serial(text, value, raw, keys, args) and not identity
    if serial and writer.dialect == "postgresql":
        text = serial_of(text)
    required = primary or kwargs.get("nullable") is False or (identity and kwargs.get("nullable") is not True)
    if identity and writer.dialect == "postgresql":
        # An identity column is NOT NULL by itself.
        required = False
    null, default = "NOT NULL" if required else "", _default(value, made, writer)
    if writer.dialect not in _MYSQL:
        return (text, default, null)
    comment = kwargs.get("comment")
    said = f"COMMENT {quote_text(comment, writer.dialect)}" if isinstance(comment, str) else ""
    counts = "AUTO_INCREMENT" if serial else ""
    if default.startswith("GENERATED"):
        return (text, default, null, said)
    return (text, null, counts, said, default)


def _type(kind: object, args: list[object], writer: Writer) -> str:
    if kind is None and any(maker(a) == "ForeignKey" for a in args):
        # SQLAlchemy takes the type of the column that the key points to.
        return ""
    return render_type(kind, writer.dialect)


def _serial(text: str, value: Call, raw: str, keys: frozenset[str], args: list[object]) -> bool:
    """Whether the database is asked to count the rows in this column."""
    wanted = value.kwargs.get("autoincrement", "auto")
    primary = value.kwargs.get("primary_key") is True or raw in keys
    if not primary or wanted is False or not serial_of(text.partition("(")[0]):
        return False
    if value.kwargs.get("server_default") is not None or any(maker(a) == "ForeignKey" for a in args):
        return wanted is True
    return wanted is True or len(keys) <= 1


def _default(value: Call, made: Mapping[str, object], writer: Writer) -> str:
    default = value.kwargs.get("server_default")
    for name in ("Identity", "Computed"):
        default = made.get(name, default)
    return render_default(default, writer)


def render_default(default: object, writer: Writer) -> str:
    """``DEFAULT ...``, or what generates the column."""
    name = maker(default)
    if default is None or default is False or name == "FetchedValue":
        return ""
    if name == "Identity":
        return render_identity(default, writer)
    if name == "Computed" and isinstance(default, Call):
        persisted = default.kwargs.get("persisted")
        stored = " STORED" if persisted is True else " VIRTUAL" if persisted is False else ""
        return f"GENERATED ALWAYS AS ({writer.text(default)}){stored}"
    if name == "DefaultClause" and isinstance(default, Call) and default.args:
        default = default.args[0]
    return f"DEFAULT {render_default_value(default, writer)}"


def render_default_value(default: object, writer: Writer) -> str:
    if isinstance(default, str):
        if not is_known(default):
            return writer.unknown()
        return quote_text(default, writer.dialect)
    if isinstance(default, Unknown) or (
        isinstance(default, Ref) and not default.path.startswith("sqlalchemy")
    ):
        if not (isinstance(default, Unknown) and default.is_plain) and not is_constant(default):
            writer.problem(f"a default is {describe(default)}")
        return writer.unknown()
    if isinstance(default, Ref):
        default = Call(default, (), {})
    text = writer.expression(default)
    is_call = isinstance(default, Call) and isinstance(default.func, Ref) and ".func." in default.func.path
    return f"({text})" if is_call and writer.dialect in _MYSQL and text.endswith(")") else text


def render_identity(default: object, writer: Writer) -> str:
    if writer.dialect in {"sqlite", "mysql", "mariadb"}:
        return ""
    always = isinstance(default, Call) and (default.kwargs.get("always") or default.args[:1] == (True,))
    given = default.kwargs if isinstance(default, Call) else {}
    words = (
        ("increment", "INCREMENT BY"),
        ("start", "START WITH"),
        ("minvalue", "MINVALUE"),
        ("maxvalue", "MAXVALUE"),
    )
    options = [f"{word} {number}" for key, word in words if isinstance(number := given.get(key), int)]
    after = f" ({' '.join(options)})" if options else ""
    return f"GENERATED {'ALWAYS' if always else 'BY DEFAULT'} AS IDENTITY{after}"


def _column_constraints(
    name: str, args: list[object], kwargs: Mapping[str, object], writer: Writer
) -> list[str]:
    found = [f"UNIQUE ({name})"] if kwargs.get("unique") is True and kwargs.get("index") is not True else []
    for value in args:
        if maker(value) == "ForeignKey" and isinstance(value, Call):
            found.append(
                _name_constraint(value, writer) + _foreign_key(value, [name], value.args[:1], writer)
            )
        elif maker(value) == "CheckConstraint" and isinstance(value, Call):
            found.append(_name_constraint(value, writer) + f"CHECK ({writer.condition(value)})")
        elif isinstance(value, Unknown):
            writer.problem(f"a part of the column {name} is {describe(value)}")
    return found


def _name_constraint(value: Call, writer: Writer) -> str:
    name = value.kwargs.get("name")
    return f"CONSTRAINT {writer.name(name, 'the name of a constraint')} " if name is not None else ""


def _foreign_key(value: Call, columns: list[str], targets: Iterable[object], writer: Writer) -> str:
    """``FOREIGN KEY (...) REFERENCES ...`` to ``"table.column"`` or to a column of a table."""
    table, names = "", []
    for target in targets:
        found = _split_target(target)
        if found is None:
            writer.problem(f"what a foreign key points to is {describe(target)}")
            continue
        table = qualify(found[1], found[0], writer.dialect)
        names.append(quote_name(found[2], writer.dialect))
    if not table:
        return ""
    return f"FOREIGN KEY ({', '.join(columns)}) REFERENCES {table} ({', '.join(names)})" + foreign_options(
        value.kwargs
    )


def _split_target(target: object) -> tuple[str, str, str] | None:
    if isinstance(target, str) and is_known(target) and "." in target:
        owner, _, column = target.rpartition(".")
        schema, _, table = owner.rpartition(".")
        return schema, table, column
    if isinstance(target, (Attr, Item)) and (found := find_column(target)) is not None:
        return found[0].schema, found[0].name, found[1]
    return None


def foreign_options(kwargs: Mapping[str, object]) -> str:
    text = "".join(
        f" {words} {action.upper()}"
        for key, words in (("ondelete", "ON DELETE"), ("onupdate", "ON UPDATE"), ("match", "MATCH"))
        if isinstance(action := kwargs.get(key), str) and is_known(action)
    )
    return text + deferrable(kwargs)


def deferrable(kwargs: Mapping[str, object]) -> str:
    wanted = kwargs.get("deferrable")
    text = " DEFERRABLE" if wanted is True else " NOT DEFERRABLE" if wanted is False else ""
    initially = kwargs.get("initially")
    text += f" INITIALLY {initially.upper()}" if isinstance(initially, str) and is_known(initially) else ""
    return text + (" NOT VALID" if kwargs.get("postgresql_not_valid") is True else "")


def constraint_columns(value: Call, writer: Writer) -> list[str]:
    """The columns of a primary or unique key, written as names or columns."""
    given: list[object] = [value.kwargs["*"]] if "*" in value.kwargs else []
    for argument in value.args:
        given += list(argument) if isinstance(argument, (list, tuple)) else [argument]
    return list_columns(given, writer)


def list_columns(given: object, writer: Writer) -> list[str]:
    if not isinstance(given, (list, tuple)):
        given = [given]
    found = []
    for column in given:
        name: object = column
        if isinstance(column, Call) and is_column(column):
            name = column_name(column)
        elif (known := find_column(column)) is not None:
            name = known[1]
        found.append(writer.name(name, "a column"))
    return [name for name in found if name]


def render_constraint(value: Call, writer: Writer) -> str:
    """One constraint of a table; empty for what is none."""
    kind, kwargs = maker(value), value.kwargs
    label = _name_constraint(value, writer)
    if kind in {"PrimaryKeyConstraint", "UniqueConstraint"}:
        columns = constraint_columns(value, writer)
        words = "PRIMARY KEY" if kind == "PrimaryKeyConstraint" else "UNIQUE"
        if kwargs.get("postgresql_nulls_not_distinct") is True and writer.dialect == "postgresql":
            words += " NULLS NOT DISTINCT"
        return f"{label}{words} ({', '.join(columns)}){deferrable(kwargs)}" if columns else ""
    if kind == "CheckConstraint":
        return f"{label}CHECK ({writer.condition(value)}){deferrable(kwargs)}"
    if kind == "ForeignKeyConstraint":
        return _foreign_constraint(value, label, writer)
    return label + render_exclude(value.args, kwargs, writer)


def _foreign_constraint(value: Call, label: str, writer: Writer) -> str:
    columns, targets = [*value.args, None, None][:2]
    columns = value.kwargs.get("columns", columns)
    targets = value.kwargs.get("refcolumns", targets)
    if not isinstance(columns, (list, tuple)) or not isinstance(targets, (list, tuple)):
        writer.problem("the columns of a foreign key are not known")
        return ""
    text = _foreign_key(value, list_columns(columns, writer), targets, writer)
    return label + text if text else ""


def render_exclude(elements: Iterable[object], kwargs: Mapping[str, object], writer: Writer) -> str:
    parts = []
    for element in elements:
        if not isinstance(element, tuple) or len(element) != 2 or not isinstance(element[1], str):
            writer.problem("an element of an exclusion constraint is not known")
            continue
        column = element[0]
        text = quote_name(column, writer.dialect) if isinstance(column, str) else writer.expression(column)
        parts.append(f"{text} WITH {element[1]}")
    using = kwargs.get("using", "gist")
    where = kwargs.get("where")
    condition = f" WHERE ({writer.text(where)})" if where is not None else ""
    return f"EXCLUDE USING {using if isinstance(using, str) else 'gist'} ({', '.join(parts)}){condition}"


def is_constraint(value: object) -> bool:
    return maker(value) in _KEYS
