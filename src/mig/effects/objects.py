"""Reads views, sequences, types, schemas, extensions, roles and other objects that stand alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.alter_table import read_action
from mig.effects.calls import read_type
from mig.effects.cursor import UnreadError
from mig.effects.keys import Target, read_check
from mig.effects.query import read_expression, read_query
from mig.effects.scope import Use
from mig.effects.settings import setting_name
from mig.effects.tables import accept_if_not_exists
from mig.effects.tokens import SIGN
from mig.effects.vocabulary import EXTENSIONS, INNER_EXTENSIONS

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_QUERY_STARTS = ("select", "with", "values", "table", "(")


def read_create_view(cursor: Cursor, out: Collector, *, replaces: bool, is_materialized: bool) -> None:
    """What follows ``CREATE [MATERIALIZED] VIEW``."""
    out.kind("create materialized view" if is_materialized else "create view")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    view = cursor.name()
    detail = cursor.copy().rest().text()
    out.create_relation("view", view, aspect, detail)
    if replaces:
        out.alter(f"view:{view}", "definition", detail)
    cursor.skip_group()
    cursor.skip_to("as")
    cursor.expect("as")
    query = cursor.rest()
    read_query(query.copy(), out, Use(aspect="view", runs=is_materialized))
    if is_materialized:
        out.write(f"rows:{view}", "insert", "as query")


def read_alter_view(cursor: Cursor, out: Collector, *, is_materialized: bool = False) -> None:
    """``ALTER VIEW``: PostgreSQL's actions, or a whole new query in MariaDB and MySQL."""
    aspect = "if" if cursor.accept("if", "exists") else ""
    view = cursor.name()
    out.need(f"view:{view}", "table")
    if out.is_mysql or cursor.word in {"as", "("}:
        out.kind("alter view")
        out.alter(f"view:{view}", "definition", cursor.copy().rest().text())
        out.alter(f"shape:{view}", "definition")
        cursor.skip_group()
        cursor.expect("as")
        read_query(cursor.rest(), out, Use(aspect="view"))
        return
    if (
        cursor.word == "depends"
        or cursor.word in {"cluster", "reset"}
        or (is_materialized and (cursor.word == "no"))
    ):
        out.kind("alter view")
        out.alter(f"view:{view}", "options", cursor.rest().text())
        return
    read_action(cursor, Target(table=view, out=out, aspect=aspect), "view")
    cursor.finish()


def read_refresh(cursor: Cursor, out: Collector) -> None:
    out.kind("refresh materialized view")
    cursor.expect("refresh", "materialized", "view")
    cursor.accept("concurrently")
    view = cursor.name()
    out.need(f"view:{view}", "query")
    out.need(f"relation:{view}", "query")
    out.write(f"rows:{view}", "truncate", "refresh")
    out.write(f"rows:{view}", "insert", "refresh")
    cursor.rest()


def read_create_sequence(cursor: Cursor, out: Collector, *, replaces: bool = False) -> None:
    out.kind("create sequence")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    sequence = cursor.name()
    out.create_relation("sequence", sequence, aspect, cursor.copy().rest().text())
    _read_owned(cursor, out)


def _read_owned(cursor: Cursor, out: Collector) -> str:
    """The column behind OWNED BY."""
    ahead = cursor.copy()
    cursor.rest()
    if not ahead.skip_to("owned"):
        return ""
    ahead.expect("owned", "by")
    parts = ahead.parts()
    if len(parts) < 2:
        return ""
    column = f"{names.join(parts[:-1], out.dialect)}.{parts[-1]}"
    out.need(f"column:{column}", "sequence")
    return column


def read_alter_sequence(cursor: Cursor, out: Collector) -> None:
    aspect = "if" if cursor.accept("if", "exists") else ""
    sequence = cursor.name()
    out.need(f"sequence:{sequence}", "table")
    target = Target(table=sequence, out=out, aspect=aspect)
    if cursor.word in {"rename", "owner"} or (cursor.word == "set" and cursor.peek() in {"schema", "logged"}):
        read_action(cursor, target, "sequence")
        cursor.finish()
        return
    out.kind("alter sequence")
    words = {token.word for token in cursor.words()}
    if "restart" in words:
        out.write(f"sequence:{sequence}", "set", cursor.copy().rest().text())
    out.alter(f"sequence:{sequence}", "options", cursor.copy().rest().text())
    _read_owned(cursor, out)


def read_create_type(cursor: Cursor, out: Collector) -> None:
    """An enum, a composite, a range, or a base type."""
    out.kind("create type")
    name = cursor.name()
    out.create(f"type:{name}", "", cursor.copy().rest().text())
    out.need_schema(name)
    if cursor.accept("as") and cursor.word == "(":
        out.create(f"relation:{name}", "", implicit="composite type")
        for field in cursor.group().split():
            out.create(f"column:{name}.{field.part()}", "", field.copy().rest().text())
            read_type(field, out, "table")
    elif cursor.accept("range"):
        for option in cursor.group().split():
            key = option.part()
            option.accept("=")
            if key == "subtype":
                read_type(option, out, "table")
    cursor.rest()


def read_alter_type(cursor: Cursor, out: Collector) -> None:
    name = cursor.name()
    resource = f"type:{name}"
    out.need(resource, "table")
    if cursor.accept("add", "value"):
        out.kind("add value")
        end = " if not exists" if cursor.accept("if", "not", "exists") else ""
        label = cursor.word
        cursor.advance()
        aspect = "add-value-before" if cursor.word == "before" else "add-value"
        out.alter(resource, aspect, f"{label} {cursor.rest().text()}".rstrip() + end)
    elif cursor.accept("rename", "value"):
        out.kind("rename value")
        out.alter(resource, "rename-value", cursor.rest().text())
    elif cursor.accept("rename", "to"):
        out.kind("rename type")
        out.rename("type", name, names.within(name, cursor.part()))
    elif cursor.accept("set", "schema"):
        out.kind("set schema")
        schema = cursor.part()
        out.need(f"schema:{schema}", "table")
        out.rename("type", name, names.join((schema, names.base_name(name)), out.dialect))
    else:
        _alter_composite(cursor, out, name)
    cursor.finish()


def _alter_composite(cursor: Cursor, out: Collector, name: str) -> None:
    out.kind("alter type")
    aspect = "owner" if cursor.word == "owner" else "definition"
    text = cursor.copy().rest().text()
    if cursor.word not in {"owner", "add", "drop", "alter", "rename", "set"}:
        raise UnreadError(f"ALTER TYPE {cursor.word[:40]}")
    out.alter(f"type:{name}", aspect, text)
    for action in cursor.split():
        _read_attribute(action, out, name)


def _read_attribute(action: Cursor, out: Collector, name: str) -> None:
    if action.accept("add", "attribute"):
        action.accept("if", "not", "exists")
        out.create(f"column:{name}.{action.part()}", "", action.copy().rest().text())
        read_type(action, out, "table")
    elif action.accept("drop", "attribute"):
        action.accept("if", "exists")
        out.drop(f"column:{name}.{action.part()}")
    elif action.accept("rename", "attribute"):
        old = action.part()
        action.expect("to")
        out.rename("column", f"{name}.{old}", f"{name}.{action.part()}")
    elif action.accept("alter", "attribute"):
        column = action.part()
        out.alter(f"column:{name}.{column}", "type", action.rest().text())


def read_create_domain(cursor: Cursor, out: Collector) -> None:
    out.kind("create domain")
    name = cursor.name()
    out.create(f"type:{name}", "", cursor.copy().rest().text())
    out.need_schema(name)
    cursor.accept("as")
    read_type(cursor, out, "table")
    read_expression(cursor.rest(), out, Use(aspect="check"))


def read_alter_domain(cursor: Cursor, out: Collector) -> None:
    out.kind("alter domain")
    name = cursor.name()
    resource = f"type:{name}"
    out.need(resource, "table")
    if cursor.accept("rename", "to"):
        out.rename("type", name, names.within(name, cursor.part()))
    elif cursor.accept("set", "schema"):
        schema = cursor.part()
        out.need(f"schema:{schema}", "table")
        out.rename("type", name, names.join((schema, names.base_name(name)), out.dialect))
    elif cursor.word == "add":
        _add_to_domain(cursor, out, name)
    else:
        aspect = {"owner": "owner", "validate": "validate"}.get(cursor.word, "definition")
        out.alter(resource, aspect, cursor.copy().rest().text())
        read_expression(cursor.rest(), out, Use(aspect="check"))


def _add_to_domain(cursor: Cursor, out: Collector, name: str) -> None:
    cursor.expect("add")
    constraint = cursor.part() if cursor.accept("constraint") else ""
    out.alter(f"type:{name}", "validate", cursor.copy().rest().text())
    if cursor.word == "check":
        scratch = Target(table=name, out=out, is_new=True)
        read_check(cursor, scratch, constraint)
    cursor.rest()


def read_create_named(cursor: Cursor, out: Collector, *, kind: str, replaces: bool) -> None:
    """Anything that is only a name and a definition: schema, extension, role, publication, ..."""
    out.kind(f"create {kind}")
    aspect = accept_if_not_exists(cursor) or ("if" if replaces else "")
    if kind == "schema" and cursor.accept("authorization"):
        out.create(f"schema:{cursor.copy().part()}", aspect)
        cursor.rest()
        return
    name = _read_odd_name(cursor, kind)
    detail = cursor.copy().rest().text()
    out.create(f"{kind}:{name}", aspect, detail)
    if kind == "extension":
        _read_extension(name, out, aspect)
    if kind == "event-trigger":
        out.alter("catalogue", "definition", detail)
        if cursor.skip_to("execute") and cursor.peek() in {"function", "procedure"}:
            cursor.advance(2)
            out.need(f"function:{cursor.name()}", "trigger")
    if kind == "schema" and "create" in {token.word for token in cursor.words()}:
        out.opaque("CREATE SCHEMA with objects inside")
    if kind in {"publication", "statistics"}:
        _need_tables(cursor, out)
    cursor.rest()


def _read_odd_name(cursor: Cursor, kind: str) -> str:
    """The name of anything, of operators and casts too."""
    if kind in {"user-mapping", "text-search"}:
        return cursor.copy().rest().text()
    if cursor.is_name():
        return cursor.name()
    start = cursor.position
    cursor.step()
    while cursor.token.kind == SIGN and cursor.word != "(":
        cursor.step()
    return cursor.text_from(start)


def _read_extension(name: str, out: Collector, aspect: str) -> None:
    for resource in EXTENSIONS.get(name, ()):
        out.create(resource, aspect, implicit=f"part of the extension {name}")
    if name not in EXTENSIONS and name not in INNER_EXTENSIONS:
        # What it brings is not known; whatever uses that needs it first.
        out.alter("catalogue", "extension", name)


def _need_tables(cursor: Cursor, out: Collector) -> None:
    words = {token.word for token in cursor.words()}
    if "all" in words or "tables" in words:
        out.read("catalogue", "query")
    listed = cursor.until("from", "table")
    if not cursor.accept_one("from", "table"):
        return
    tables = [_need_table(item, out) for item in cursor.until("where", "with").split()]
    if listed.skip_to("on"):
        listed.advance()
        read_expression(listed, out, Use(aspect="index"), *tables)


def _need_table(item: Cursor, out: Collector) -> str:
    item.accept_one("table", "only")
    table = item.name()
    out.need_relation(table, "table")
    columns = item.names() if item.word == "(" else ()
    for column in columns:
        out.need(f"column:{table}.{column}", "table")
    return table


def read_alter_named(cursor: Cursor, out: Collector, *, kind: str) -> None:
    aspect = "if" if cursor.accept("if", "exists") else ""
    if not cursor.is_name():
        raise UnreadError(f"ALTER {kind}")
    name = cursor.name()
    out.need(f"{kind}:{name}", "table")
    if cursor.accept("rename", "to"):
        out.kind(f"rename {kind}")
        out.rename(kind, name, names.within(name, cursor.part()), aspect)
        return
    out.kind(f"alter {kind}")
    owner = cursor.word == "owner"
    text = cursor.copy().rest().text()
    out.alter(f"{kind}:{name}", "owner" if owner else "options", text)
    words = [token.word for token in cursor.words()]
    if out.is_postgresql and kind in {"database", "role"} and "set" in words:
        out.write(f"setting:{setting_name(words[words.index('set') + 1 :])}", "set", text)
        out.write("session", "set", text)
    if kind == "database" and out.is_mysql:
        out.alter("catalogue", "charset", text)
    if kind == "publication":
        _need_tables(cursor, out)
    cursor.rest()
