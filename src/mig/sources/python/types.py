"""Writes SQLAlchemy's column types as each database's dialect writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.python.quoting import quote_name, quote_text
from mig.sources.python.values import Attr, Call, Class, Ref, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

_MYSQL = frozenset({"mysql", "mariadb"})
_PLAIN: dict[str, str | tuple[str, str, str]] = {
    # Class: what it is called in PostgreSQL, MySQL and SQLite.
    "BigInteger": "BIGINT",
    "Boolean": ("BOOLEAN", "BOOL", "BOOLEAN"),
    "BOOLEAN": ("BOOLEAN", "BOOL", "BOOLEAN"),
    "Date": "DATE",
    "DateTime": ("TIMESTAMP", "DATETIME", "DATETIME"),
    "Double": ("DOUBLE PRECISION", "DOUBLE", "DOUBLE"),
    "DOUBLE_PRECISION": "DOUBLE PRECISION",
    "Float": "FLOAT",
    "INT": "INTEGER",
    "Integer": "INTEGER",
    "Interval": ("INTERVAL", "DATETIME", "DATETIME"),
    "LargeBinary": ("BYTEA", "BLOB", "BLOB"),
    "MatchType": ("BOOLEAN", "BOOL", "BOOLEAN"),
    "NCHAR": ("NCHAR", "NATIONAL CHAR", "NCHAR"),
    "NVARCHAR": ("NVARCHAR", "NATIONAL VARCHAR", "NVARCHAR"),
    "Numeric": "NUMERIC",
    "NumericCommon": "NUMERIC",
    "PickleType": ("BYTEA", "BLOB", "BLOB"),
    "SmallInteger": "SMALLINT",
    "String": "VARCHAR",
    "Text": "TEXT",
    "Time": ("TIME", "TIME", "TIME"),
    "Unicode": "VARCHAR",
    "UnicodeText": "TEXT",
    "Uuid": ("UUID", "CHAR(32)", "CHAR(32)"),
}
_MARIADB_KNOWS = frozenset({"Uuid", "UUID"})
_LENGTHS_WORDS = """
    String Unicode VARCHAR NVARCHAR CHAR NCHAR Text TEXT BINARY VARBINARY UnicodeText BIT TINYINT
    SMALLINT MEDIUMINT INTEGER BIGINT YEAR BLOB LargeBinary
"""
_LENGTHS = frozenset(_LENGTHS_WORDS.split())
_DIGITS = frozenset({"Numeric", "NUMERIC", "DECIMAL", "NumericCommon"})
_ZONED = frozenset({"DateTime", "TIMESTAMP", "Time", "TIME"})
_INTEGERS = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}


def is_type(value: object) -> bool:
    """Whether something stands for a column's type, and not for a constraint or a default."""
    ref = _class_of(value)
    return isinstance(ref, (Ref, Class)) and ref.name not in _NO_TYPES


_NO_TYPES_WORDS = """
    ForeignKey CheckConstraint UniqueConstraint PrimaryKeyConstraint Sequence Identity Computed
    FetchedValue DefaultClause ColumnDefault text func null literal true false Index
    ForeignKeyConstraint
"""
_NO_TYPES = frozenset(_NO_TYPES_WORDS.split())


def _class_of(value: object) -> object:
    return value.func if isinstance(value, Call) else value


def _arguments(value: object) -> tuple[tuple[object, ...], Mapping[str, object]]:
    return (value.args, value.kwargs) if isinstance(value, Call) else ((), {})


def render_type(value: object, dialect: str) -> str:
    """The type as DDL.  A class of the project's own is written as a type of that name."""
    value = _find_variant(value, dialect)
    made = _class_of(value)
    if isinstance(made, Class):
        return _render_own(made, value, dialect)
    if not isinstance(made, Ref):
        return "" if value is None else quote_name("unknown type", dialect)
    if not made.path.startswith("sqlalchemy"):
        return _render_foreign(made.path, value, dialect)
    return _render_known(made, value, dialect)


def _find_variant(value: object, dialect: str) -> object:
    """``Type().with_variant(other, "mysql")`` is the other type in MySQL."""
    while isinstance(value, Call) and isinstance(value.func, Attr):
        names = value.args[1:]
        if value.func.name == "with_variant" and dialect in names and value.args:
            return value.args[0]
        value = value.func.base
    return value


def _render_own(made: Class, value: object, dialect: str) -> str:
    """A TypeDecorator or UserDefinedType that the file itself defines."""
    impl = made.find("impl")
    if isinstance(impl, (Ref, Call)):
        if isinstance(impl, Ref) and isinstance(value, Call):
            impl = Call(impl, value.args, value.kwargs)
        return render_type(impl, dialect)
    return _render_foreign(made.name, value, dialect)


def _render_foreign(path: str, value: object, dialect: str) -> str:
    args, kwargs = _arguments(value)
    shown = [repr(a) for a in args if isinstance(a, (str, int))]
    shown += [f"{k}={v!r}" for k, v in sorted(kwargs.items()) if isinstance(v, (str, int))]
    return quote_name(f"{path}({', '.join(shown)})" if shown else path, dialect)


def _render_known(made: Ref, value: object, dialect: str) -> str:
    name = made.name
    args, kwargs = _arguments(value)
    if name in {"Enum", "ENUM", "SET"}:
        return _render_enum(name, value, dialect)
    if name == "ARRAY" and args:
        dimensions = kwargs.get("dimensions")
        return render_type(args[0], dialect) + "[]" * (
            dimensions if isinstance(dimensions, int) and 1 < dimensions < 7 else 1
        )
    if name == "DOMAIN" and args and isinstance(args[0], str):
        return quote_name(args[0], dialect)
    if name == "Variant" and args:
        return render_type(args[0], dialect)
    if name == "NullType":
        return ""
    return _base_name(name, dialect) + _render_arguments(name, args, kwargs, dialect)


def _base_name(name: str, dialect: str) -> str:
    known = _PLAIN.get(name, name)
    if dialect == "mariadb" and name in _MARIADB_KNOWS:
        return "UUID"
    if isinstance(known, str):
        return known
    return known[1 if dialect in _MYSQL else 2 if dialect == "sqlite" else 0]


def _render_arguments(name: str, args: tuple[object, ...], kwargs: Mapping[str, object], dialect: str) -> str:
    text = ""
    if name in _LENGTHS:
        length = args[0] if args else kwargs.get("length", kwargs.get("display_width"))
        if isinstance(length, int) and not (name == "LargeBinary" and dialect not in _MYSQL):
            text = f"({int(length)})"
    elif name in _DIGITS:
        digits = [*args, *([None] * 2)][:2]
        digits = [
            d if d is not None else kwargs.get(k) for d, k in zip(digits, ("precision", "scale"), strict=True)
        ]
        known = [str(d) for d in digits if isinstance(d, int)]
        text = f"({', '.join(known)})" if known else ""
    elif name in {"Float", "FLOAT"}:
        precision = args[0] if args else kwargs.get("precision")
        text = f"({int(precision)})" if isinstance(precision, int) and dialect != "sqlite" else ""
    elif name in _ZONED:
        text = _render_time(args, kwargs, dialect)
    if kwargs.get("unsigned") is True:
        text += " UNSIGNED"
    collation = kwargs.get("collation")
    if isinstance(collation, str):
        text += f" COLLATE {quote_name(collation, dialect)}"
    return text


def _render_time(args: tuple[object, ...], kwargs: Mapping[str, object], dialect: str) -> str:
    parts = kwargs.get("precision", kwargs.get("fsp"))
    text = f"({int(parts)})" if isinstance(parts, int) else ""
    if dialect == "postgresql":
        zone = (args[0] if args else kwargs.get("timezone")) is True
        text += " WITH TIME ZONE" if zone else " WITHOUT TIME ZONE"
    return text


def enum_labels(value: object) -> list[str] | None:
    """The labels of an enumeration, None where they cannot be told."""
    args, _ = _arguments(value)
    if len(args) == 1 and isinstance(args[0], Class):
        return [
            name
            for name, v in args[0].names.items()
            if not name.startswith("_") and isinstance(v, (str, int))
        ]
    if len(args) == 1 and isinstance(args[0], (list, tuple)):
        args = tuple(args[0])
    return [a for a in args if isinstance(a, str)] if all(isinstance(a, str) for a in args) else None


def enum_name(value: object, dialect: str) -> str:
    """The name of the type behind an enumeration in PostgreSQL; empty where it has none."""
    args, kwargs = _arguments(value)
    name, schema = kwargs.get("name"), kwargs.get("schema")
    if name is None and len(args) == 1 and isinstance(args[0], (Class, Ref)):
        name = args[0].name.lower()
    if not isinstance(name, str) or isinstance(name, Unknown):
        return ""
    return (f"{quote_name(schema, dialect)}." if isinstance(schema, str) else "") + quote_name(name, dialect)


def _render_enum(name: str, value: object, dialect: str) -> str:
    _, kwargs = _arguments(value)
    labels = enum_labels(value)
    if dialect in _MYSQL:
        return f"{name.upper()}({','.join(quote_text(x, dialect) for x in labels or ())})"
    native = kwargs.get("native_enum", True) is not False
    if dialect == "postgresql" and native and (found := enum_name(value, dialect)):
        return found
    length = kwargs.get("length") or max((len(x) for x in labels or ()), default=0)
    return f"VARCHAR({length})" if length else "VARCHAR"


def serial_of(type_text: str) -> str:
    """The type that an integer primary key gets in PostgreSQL; empty for other types."""
    return _INTEGERS.get(type_text, "")


def find_enum(value: object, dialect: str) -> Call | None:
    """The enumeration in a type, for which PostgreSQL needs a type of its own."""
    value = _find_variant(value, dialect)
    if not isinstance(value, Call) or not isinstance(value.func, Ref):
        return None
    if value.func.name == "ARRAY" and value.args:
        return find_enum(value.args[0], dialect)
    path, kwargs = value.func.path, value.kwargs
    if not path.startswith("sqlalchemy"):
        # A subclass of Enum in the project: it is told by the name that it must be given.
        named = isinstance(kwargs.get("name"), str) and "enum" in path.lower()
        return value if named else None
    is_native = kwargs.get("native_enum", True) is not False and kwargs.get("create_type", True) is not False
    return value if value.func.name in {"Enum", "ENUM"} and is_native else None
