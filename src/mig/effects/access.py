"""Reads who may do what and what is said about it: GRANT, policies, COMMENT, ownership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.cursor import UnreadError
from mig.effects.query import read_expression
from mig.effects.scope import Use

if TYPE_CHECKING:
    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_OBJECT_KINDS = {
    "table": "table",
    "tables": "table",
    "sequence": "sequence",
    "function": "function",
    "procedure": "function",
    "routine": "function",
    "schema": "schema",
    "database": "database",
    "type": "type",
    "domain": "type",
    "language": "language",
    "tablespace": "tablespace",
    "package": "package",
}


def read_grant(cursor: Cursor, out: Collector) -> None:
    """GRANT and REVOKE, of privileges on things or of roles."""
    verb = cursor.word
    out.kind(verb)
    detail = cursor.copy().rest().text()
    cursor.advance()
    privileges = cursor.until("on", "to", "from")
    if not cursor.accept("on"):
        for role in privileges.split():
            if role.is_name():
                out.alter(f"grants:role.{role.copy().part()}", verb, detail)
        cursor.rest()
        return
    if cursor.accept("all") and cursor.peek(0) in {
        "tables",
        "sequences",
        "functions",
        "procedures",
        "routines",
    }:
        out.read("catalogue", "grant", detail)
        cursor.rest()
        return
    _read_objects(cursor, out, verb, detail, privileges)


def _read_objects(cursor: Cursor, out: Collector, verb: str, detail: str, privileges: Cursor) -> None:
    if cursor.accept("foreign"):
        cursor.rest()
        out.alter("grants:foreign", verb, detail)
        return
    if cursor.word == "*" or (cursor.peek() == "." and cursor.peek(2) == "*"):
        # ON *.* and db.*: MariaDB keeps the pattern and not the tables of the moment.
        out.alter(f"grants:{cursor.until('to', 'from').text().replace(' ', '')}", verb, detail)
        cursor.rest()
        return
    kind = _OBJECT_KINDS.get(cursor.word, "")
    if kind and cursor.peek() not in {"to", "from", ".", ","}:
        cursor.advance()
    for item in cursor.until("to", "from").split():
        name = item.name()
        out.alter(f"grants:{name}", verb, detail)
        if (kind or "table") == "table":
            out.need_relation(name, "grant")
            _read_columns(privileges.copy(), out, name)
        else:
            out.need(f"{kind}:{name}", "grant")
    cursor.accept_one("to", "from")
    _need_roles(cursor, out)


def _read_columns(privileges: Cursor, out: Collector, table: str) -> None:
    while not privileges.is_done:
        if privileges.word == "(":
            for column in privileges.names():
                out.need(f"column:{table}.{column}", "grant")
        else:
            privileges.advance()


def _need_roles(cursor: Cursor, out: Collector) -> None:
    for role in cursor.until("with", "granted", "cascade", "restrict", "identified", "require").split():
        role.accept("group")
        if role.is_name() and role.word not in {"public", "current_user", "session_user", "current_role"}:
            out.need(f"role:{role.part()}", "grant")
    cursor.rest()


def read_default_privileges(cursor: Cursor, out: Collector) -> None:
    """``ALTER DEFAULT PRIVILEGES`` changes what everything created later gets."""
    out.kind("default privileges")
    detail = cursor.rest().text()
    out.alter("catalogue", "grant", detail)


def read_reassign(cursor: Cursor, out: Collector) -> None:
    out.kind("reassign owned" if cursor.word == "reassign" else "drop owned")
    detail = cursor.rest().text()
    out.read("catalogue", "grant", detail)
    out.alter("catalogue", "owner", detail)


def read_create_policy(cursor: Cursor, out: Collector) -> None:
    out.kind("create policy")
    name = cursor.part()
    cursor.expect("on")
    table = cursor.name()
    out.create(f"policy:{table}.{name}", "", cursor.copy().rest().text())
    out.need_relation(table, "policy")
    _read_policy(cursor, out, table)


def _read_policy(cursor: Cursor, out: Collector, table: str) -> None:
    while not cursor.is_done:
        if cursor.accept("to"):
            _need_policy_roles(cursor.until("using", "with"), out)
        elif cursor.word == "(":
            read_expression(cursor.group(), out, Use(aspect="policy"), table)
        else:
            cursor.advance()


def _need_policy_roles(cursor: Cursor, out: Collector) -> None:
    for role in cursor.split():
        if role.is_name() and role.word not in {"public", "current_user", "session_user", "current_role"}:
            out.need(f"role:{role.part()}", "policy")


def read_alter_policy(cursor: Cursor, out: Collector) -> None:
    name = cursor.part()
    cursor.expect("on")
    table = cursor.name()
    out.need_relation(table, "policy")
    if cursor.accept("rename", "to"):
        out.kind("rename policy")
        out.rename("policy", f"{table}.{name}", f"{table}.{cursor.part()}")
        return
    out.kind("alter policy")
    out.alter(f"policy:{table}.{name}", "definition", cursor.copy().rest().text())
    _read_policy(cursor, out, table)


def read_comment(cursor: Cursor, out: Collector) -> None:
    """COMMENT ON anything."""
    out.kind("comment")
    cursor.expect("comment", "on")
    ahead = cursor.copy()
    ahead.skip_to("is")
    detail = ahead.rest().text()
    resource = read_object(cursor.until("is"), out)
    out.need(resource, "comment")
    out.alter(f"comment:{resource}", "definition", detail)
    cursor.rest()


_SIMPLE_KINDS = {
    "function": "function",
    "procedure": "function",
    "aggregate": "function",
    "routine": "function",
    "domain": "type",
    "foreign": "table",
    "materialized": "view",
    "event": "event-trigger",
    "access": "access-method",
    "text": "text-search",
    "large": "large-object",
    "operator": "operator",
}
_ON_TABLE = frozenset({"constraint", "trigger", "policy", "rule"})


def read_object(cursor: Cursor, out: Collector) -> str:
    """``KIND name``, as COMMENT and SECURITY LABEL have it; the resource."""
    word = cursor.word
    cursor.advance()
    if word in _ON_TABLE:
        return _read_on_table(cursor, out, word)
    kind = _SIMPLE_KINDS.get(word, word)
    if word in {"foreign", "materialized", "event", "access", "large"} or cursor.word in {"class", "family"}:
        cursor.advance()
    if word == "text":
        cursor.advance(2)
    if not cursor.is_name():
        return f"{kind}:{cursor.rest().text()}"
    if word == "column":
        parts = cursor.parts()
        table = names.join(parts[:-1], out.dialect)
        out.need_relation(table, "comment")
        return f"column:{table}.{parts[-1]}"
    return f"{kind}:{cursor.name()}"


def _read_on_table(cursor: Cursor, out: Collector, kind: str) -> str:
    name = cursor.part()
    cursor.expect("on")
    if cursor.accept("domain"):
        domain = cursor.name()
        out.need(f"type:{domain}", "comment")
        return f"constraint:{domain}.{name}"
    table = cursor.name()
    out.need_relation(table, "comment")
    return f"{kind}:{table}.{name}"


def read_security_label(cursor: Cursor, out: Collector) -> None:
    out.kind("security label")
    cursor.expect("security", "label")
    if not cursor.skip_to("on"):
        raise UnreadError("SECURITY LABEL on nothing")
    cursor.advance()
    detail = cursor.copy().rest().text()
    resource = read_object(cursor.until("is"), out)
    out.need(resource, "comment")
    out.alter(f"comment:{resource}", "definition", detail)
    cursor.rest()
