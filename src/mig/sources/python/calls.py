"""Says what a call gives, and records what it does to the database."""

# ruff: noqa: C901, PLR0911, PLR0912 - one branch for each kind of value reads best in one place

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from mig.sources.python import connection
from mig.sources.python.builtins_read import call_builtin, call_library, call_text
from mig.sources.python.containers import call_items, call_names
from mig.sources.python.operations import run_operation
from mig.sources.python.quoting import is_known
from mig.sources.python.tables import find_table, unwind, verb_of
from mig.sources.python.values import (
    Attr,
    Batch,
    Binary,
    Call,
    Class,
    Connection,
    Context,
    Function,
    Inspector,
    Instance,
    Item,
    Items,
    Listed,
    Listing,
    Names,
    Ref,
    Rows,
    Unknown,
    data,
    is_plain,
)

if TYPE_CHECKING:
    import ast

    from mig.sources.python.machine import Machine

_DANGEROUS_WORDS = """
    subprocess sqlite3 importlib runpy ctypes multiprocessing socket code codeop pty dbm
    asyncio.subprocess concurrent threading
"""
_DANGEROUS = frozenset(_DANGEROUS_WORDS.split())
_PURE_WORDS = """
    oslo_utils oslo_log oslo_serialization oslo_config dateutil pytz slugify six structlog babel ulid
    shortuuid cryptography simplejson ujson orjson yaml packaging typing_extensions pendulum passlib
    bcrypt nanoid
"""
_PURE = frozenset(_PURE_WORDS.split())
_POWERFUL = (Connection, Context, Batch, Inspector)


class Request(NamedTuple):
    """One call as it stands in the file."""

    func: object
    args: tuple[object, ...]
    kwargs: dict[str, object]
    node: ast.expr


def is_known_package(path: str) -> bool:
    """Whether what is imported from there is known without its file."""
    root = path.partition(".")[0]
    return (
        root in {"alembic", "sqlalchemy", "builtins", "mig"}
        or root in sys.stdlib_module_names
        or root in _PURE
    )


def call(request: Request, machine: Machine) -> object:
    """What a call gives."""
    func = request.func
    match func:
        case Function():
            if func.scope.module_name():
                machine.at(request.node)
            return machine.invoke(func, request.args, request.kwargs)
        case Ref():
            return _call_ref(func, request, machine)
        case Attr():
            return _call_method(func, request, machine)
        case Class():
            return _instantiate(func, request, machine)
        case Unknown():
            return _call_unknown(func, request, machine)
        case Call(func=Attr(name="op")) | Call(func=Ref()) | Binary() | Item():
            # ``column.op("->")("x")``, and what a registry or a factory gave.
            return Call(func, request.args, request.kwargs)
        case Instance(of=made) if isinstance(made.find("__call__"), Function):
            return machine.call_value(Attr(func, "__call__"), request.args)
        case _:
            return _call_unknown(Unknown("a value that is called"), request, machine)


def _call_ref(func: Ref, request: Request, machine: Machine) -> object:
    path = func.path
    root = path.partition(".")[0]
    if path.startswith("alembic."):
        return _call_alembic(path, request, machine)
    if root == "sqlalchemy":
        return _call_sqlalchemy(func, request, machine)
    if root == "builtins":
        machine.at(request.node)
        return call_builtin(func.name, request.args, request.kwargs, machine)
    if path.startswith("mig.dialect."):
        return _ask_dialect(func.name, request, machine)
    if (
        root in sys.stdlib_module_names and root not in _DANGEROUS and path not in {"os.system", "os.popen"}
    ) or root in _PURE:
        _call_back(request, machine)
        return call_library(path, request.args, request.kwargs, machine)
    if _is_log(path) and not _is_powerful(request):
        return data("a log")
    if root not in _DANGEROUS and _is_class(func.name) and not _is_powerful(request):
        _call_back(request, machine)
        # To make an object of an imported class is taken to touch nothing.
        return Call(func, request.args, request.kwargs, request.node.lineno)
    if machine.is_harmless(path) or machine.is_harmless(_source(request.node)):
        return data(f"what {path} gives")
    machine.at(request.node)
    machine.opaque(f"calls {path}, which is not in this file")
    _call_back(request, machine)
    return Unknown(f"what {path} gives")


def _is_class(name: str) -> bool:
    return name[:1].isupper() and not (name.isupper() and "_" in name)


def _is_log(path: str) -> bool:
    return any(
        part.lower() in {"log", "logger", "logging", "getlogger", "get_logger", "warnings"}
        for part in path.split(".")
    )


def _is_powerful(request: Request) -> bool:
    """Whether a call is handed a way to the database."""
    return any(
        isinstance(v, _POWERFUL) or (isinstance(v, Ref) and v.path.startswith("alembic"))
        for v in (*request.args, *request.kwargs.values())
    )


def _call_back(request: Request, machine: Machine) -> None:
    """Functions of the file that are handed over may be called, with nobody knows what."""
    for value in (*request.args, *request.kwargs.values()):
        if isinstance(value, Function):
            with machine.doubting():
                machine.invoke(value, (), {})


def _call_unknown(func: Unknown, request: Request, machine: Machine) -> object:
    if (func.is_plain and not _is_powerful(request)) or machine.is_harmless(_source(request.node)):
        _call_back(request, machine)
        return data("what a method of data gives")
    machine.at(request.node)
    machine.opaque(f"calls {_source(request.node)}: {func.why}")
    _call_back(request, machine)
    return Unknown("what an unknown call gives")


def _source(node: ast.expr) -> str:
    import ast

    called = node.func if isinstance(node, ast.Call) else node
    names: list[str] = []
    while isinstance(called, ast.Attribute):
        names.append(called.attr)
        called = called.value
    names.append(called.id if isinstance(called, ast.Name) else "(...)")
    return ".".join(names[::-1])[:80]


def _instantiate(made: Class, request: Request, machine: Machine) -> object:
    starter = made.find("__init__")
    instance = Instance(made, dict(request.kwargs))
    if isinstance(starter, Function):
        machine.invoke(Function(starter.node, starter.scope, instance), request.args, request.kwargs)
    elif any(isinstance(b, Ref) and "Enum" in b.name for b in made.bases):
        return data("a member of an enumeration")
    elif any(isinstance(b, (Ref, Call)) and _is_type(b) for b in made.bases):
        return Call(made, request.args, request.kwargs)  # a column type of the file's own
    return instance


def _is_type(base: Ref | Call) -> bool:
    path = base.path if isinstance(base, Ref) else base.func.path if isinstance(base.func, Ref) else ""
    return path.startswith("sqlalchemy") and path.rpartition(".")[2] not in {
        "declarative_base",
        "DeclarativeBase",
    }


def _call_alembic(path: str, request: Request, machine: Machine) -> object:
    name = path.rpartition(".")[2]
    first = request.args[0] if request.args else None
    machine.at(request.node)
    if path.startswith("alembic.op.") and path.count(".") == 2:
        match name:
            case "f" | "inline_literal":
                return first
            case "get_bind":
                return Connection()
            case "get_context":
                return Context()
            case "batch_alter_table":
                return _begin_batch(request, machine)
            case "run_async":
                return machine.call_value(first, (Connection(), *request.args[1:]))
            case _:
                pass
        return run_operation(name, request.args, request.kwargs, None, (machine.writer(), machine.recorder))
    if path.startswith("alembic.context."):
        return {"get_bind": Connection(), "get_context": Context(), "is_offline_mode": False}.get(
            name, data("something of Alembic's environment")
        )
    machine.opaque(f"calls {path}")
    return Unknown(f"what {path} gives")


_SEEN_ARGUMENTS = 3


def _begin_batch(request: Request, machine: Machine) -> object:
    given = dict(zip(("table_name", "schema", "recreate"), request.args, strict=False)) | request.kwargs
    table, schema, recreate = given.get("table_name"), given.get("schema"), given.get("recreate", "auto")
    if not isinstance(table, str) or not is_known(table) or not (schema is None or is_known(schema)):
        machine.opaque("the table of batch_alter_table is not known")
        return Unknown("a batch", is_plain=True)
    return Batch(
        table,
        schema if isinstance(schema, str) else "",
        recreate if isinstance(recreate, str) else "auto",
        is_whole=given.keys() <= {"table_name", "schema", "recreate", "partial_reordering"}
        and len(request.args) <= _SEEN_ARGUMENTS,
    )


def end_batch(batch: Batch, machine: Machine) -> None:
    connection.end_batch(batch, machine)


def write_through(row: Rows, name: str, value: object, machine: Machine) -> None:
    connection.write_through(row, name, value, machine)


def _call_sqlalchemy(func: Ref, request: Request, machine: Machine) -> object:
    name, args = func.name, request.args
    if (
        name in {"inspect", "from_engine", "Inspector"}
        and args
        and isinstance(args[0], (Connection, Context))
    ):
        return Inspector()
    if name in {"Session", "scoped_session", "create_engine", "AsyncSession"} and ".func." not in func.path:
        return Connection("session")
    if name == "sessionmaker":
        return Ref("sqlalchemy.orm.Session")
    if name in {"declarative_base", "automap_base"}:
        return Ref("sqlalchemy.orm.DeclarativeBase")
    made = Call(func, args, request.kwargs, request.node.lineno)
    if name == "Table" and any(k.startswith("autoload") for k in request.kwargs):
        machine.at(request.node)
        connection.look_at_table(made, machine)
    elif name == "MetaData" and request.kwargs.get("reflect") is True:
        machine.at(request.node)
        machine.recorder.reads("catalogue")
    return made


def _ask_dialect(name: str, request: Request, machine: Machine) -> object:
    machine.at(request.node)
    if name.startswith(("has_", "get_")) and request.args and isinstance(request.args[0], Connection):
        return connection.inspect(name, request.args[1:], request.kwargs, machine)
    return data("something of the dialect")


def _call_method(func: Attr, request: Request, machine: Machine) -> object:
    base, name = func.base, func.name
    match base:
        case str():
            return call_text(base, name, request.args, request.kwargs, machine)
        case Items() | Names() | tuple() | dict() | list():
            return method(base, name, request.args, machine)
        case None | bool() | int() | float() | bytes():
            return data(f"what {name} gives")
        case Connection() | Context():
            machine.at(request.node)
            return connection.call_connection(base, name, request, machine)
        case Inspector():
            machine.at(request.node)
            return connection.inspect(name, request.args, request.kwargs, machine)
        case Batch():
            machine.at(request.node)
            return _call_batch(base, name, request, machine)
        case Listed(of=listing) if name == "get" and request.args[:1] == ("name",):
            return Listed(listing, is_name=True)
        case Listing() | Listed():
            machine.look_at((base,))
            return data("what the inspector lists")
        case Instance():
            return _call_unknown(Unknown(f"{name} is no method in this file"), request, machine)
        case Rows():
            return (
                base
                if name in {"all", "scalars", "unique", "first", "one", "one_or_none"}
                else data("a value of a row")
            )
        case Class() if find_table(base) is None:
            return _call_unknown(Unknown(f"{name} is no method in this file"), request, machine)
        case Unknown():
            return _call_unknown(base, request, machine)
        case _:
            return _call_construct(func, request, machine)


def method(base: object, name: str, args: tuple[object, ...], machine: Machine) -> object:
    """A method of a list, a dictionary or a tuple."""
    if isinstance(base, Names):
        return call_names(base, name, args, machine)
    if isinstance(base, Items):
        return call_items(base, name, args, machine)
    if isinstance(base, tuple) and name == "_replace":
        return data("a tuple")
    return data(f"what {name} gives")


def _call_batch(batch: Batch, name: str, request: Request, machine: Machine) -> object:
    if name == "f":
        return request.args[0] if request.args else None
    if name == "get_bind":
        return Connection()
    if name == "get_context":
        return Context()
    batch.calls.append(
        "add_column_default" if name == "add_column" and connection.needs_copy(request.args) else name
    )
    return run_operation(name, request.args, request.kwargs, batch, (machine.writer(), machine.recorder))


def _call_construct(func: Attr, request: Request, machine: Machine) -> object:
    """A method of a piece of a query, a table, a type or an imported class's object."""
    made = Call(func, request.args, request.kwargs, request.node.lineno)
    root, _ = unwind(made)
    verb, _ = verb_of(root)
    machine.at(request.node)
    if verb == "query" and func.name in connection.QUERY_ENDS:
        return connection.end_query(made, func, request, machine)
    if verb and func.name == "execute":
        connection.run(func.base, request.args[0] if request.args else None, machine)
        return data("rows")
    if isinstance(func.base, Call) and func.name in {"create", "drop", "reflect", "create_all", "drop_all"}:
        return connection.create_or_drop(func.base, func.name, request, machine)
    if _is_foreign(func.base):
        path = f"{_path_of(func.base)}.{func.name}"
        if _is_log(path) and not _is_powerful(request):
            return data("a log")
        if machine.is_harmless(path) or machine.is_harmless(_source(request.node)):
            return data(f"what {path} gives")
        machine.opaque(f"calls {_source(request.node)}, which is not in this file")
        _call_back(request, machine)
        return Unknown("what an unknown call gives")
    return made


def _path_of(value: object) -> str:
    while isinstance(value, (Attr, Item, Call)):
        value = value.func if isinstance(value, Call) else value.base
    return value.path if isinstance(value, Ref) else ""


def _is_foreign(value: object) -> bool:
    path = _path_of(value)
    return bool(path) and not is_known_package(path)


def consume(value: object, machine: Machine) -> object:
    """An element of what is iterated over; a query runs by that."""
    root, _ = unwind(value)
    verb, _ = verb_of(root)
    if verb == "query":
        return connection.run(value, None, machine)
    return Unknown("an element", is_plain=is_plain(value) or verb != "")
