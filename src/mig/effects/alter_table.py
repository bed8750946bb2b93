"""Reads ALTER TABLE action by action, so that one unknown action leaves the others known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.effects import names
from mig.effects.alter_column import read_alter_column, read_change, read_modify
from mig.effects.alter_drop import read_drop_action
from mig.effects.columns import is_table_constraint, read_column, read_table_constraint
from mig.effects.cursor import UnreadError
from mig.effects.keys import Target
from mig.effects.vocabulary import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.effects.collector import Collector
    from mig.effects.cursor import Cursor

_FREE_OPTIONS = frozenset({"algorithm", "lock", "wait", "nowait", "online", "ignore"})
_CHARSET_WORDS = frozenset({"character", "charset", "collate"})
_MYSQL_OPTIONS = words(
    """
    auto_increment avg_row_length checksum comment compression connection data delay_key_write encryption
    engine insert_method key_block_size max_rows min_rows pack_keys page_checksum password row_format
    stats_auto_recalc stats_persistent stats_sample_pages tablespace transactional union encrypted
    page_compressed
    """
)


def read_alter_table(cursor: Cursor, out: Collector) -> None:
    """What follows ``ALTER TABLE``."""
    aspect = "if" if cursor.accept("if", "exists") else ""
    if cursor.word == "all" and cursor.peek() == "in":
        raise UnreadError("ALTER TABLE ALL IN TABLESPACE")
    cursor.accept("only")
    table = cursor.name()
    cursor.accept("*")
    _skip_wait(cursor)
    out.need_relation(table, "table")
    target = Target(table=table, out=out, aspect=aspect)
    if cursor.is_done:
        raise UnreadError("ALTER TABLE without an action")
    for action in cursor.split():
        try:
            read_action(action, target, "table")
            action.finish()
        except UnreadError as error:
            out.kind("alter table")
            out.opaque(f"ALTER TABLE: {error}")


def _skip_wait(cursor: Cursor) -> None:
    if cursor.accept("wait"):
        cursor.advance()
    cursor.accept("nowait")


def read_action(action: Cursor, target: Target, kind: str) -> None:
    word = action.word
    reader = _ACTIONS.get(word)
    if word in {"rename", "set", "owner"}:
        _SHARED[word](action, target, kind)
    elif word in _FREE_OPTIONS and action.dialect in {"mysql", "mariadb"}:
        action.rest()
    elif reader is not None:
        reader(action, target)
    elif word in _MYSQL_OPTIONS:
        _read_option(action, target)
    else:
        raise UnreadError(f"action {word[:40]}")


def _read_option(action: Cursor, target: Target) -> None:
    """``ENGINE = x``, ``AUTO_INCREMENT = 5`` and other settings of a table, several without commas too."""
    target.out.kind("alter table options")
    out, table = target.out, target.table
    words = {token.word for token in action.words()}
    converts = action.word == "convert"
    text = action.rest().text()
    if words & _CHARSET_WORDS:
        out.alter(f"table:{table}", "charset", text)
    if converts:
        out.alter(f"shape:{table}", "definition", text)
        for resource in (f"rows:{table}", f"values:{table}.*"):
            out.read(resource, "validate")
            out.write(resource, "convert", text)
    if "comment" in words:
        out.alter(f"comment:table:{table}", "definition", text)
    if "auto_increment" in words:
        out.write(f"sequence:{table}.auto", "set", text)
    if words & (_MYSQL_OPTIONS - {"comment", "auto_increment"}):
        out.alter(f"table:{table}", "options", text)


def _on_add(action: Cursor, target: Target) -> None:
    out = target.out
    action.expect("add")
    if action.accept("partition"):
        out.kind("add partition")
        action.accept("if", "not", "exists")
        out.alter(f"table:{target.table}", "partition", f"add {action.rest().text()}")
        return
    if action.accept("system", "versioning"):
        out.kind("alter table options")
        out.alter(f"table:{target.table}", "options", "system versioning")
        return
    is_column = action.accept("column")
    if not is_column and is_table_constraint(action):
        out.kind("add constraint" if action.word not in {"index", "key", "fulltext"} else "create index")
        read_table_constraint(action, target)
        action.accept("not", "valid")
        return
    out.kind("add column")
    aspect = "if" if action.accept("if", "not", "exists") else ""
    goal = Target(table=target.table, out=out, aspect=aspect)
    if action.word == "(":
        for each in action.group().split():
            _add_one(each, goal)
    else:
        _add_one(action, goal)


def _add_one(cursor: Cursor, target: Target) -> None:
    if is_table_constraint(cursor):
        read_table_constraint(cursor, target)
        return
    column = cursor.copy().part()
    target.out.alter(f"shape:{target.table}", "definition", f"add {column}")
    read_column(cursor, target)


def _on_rename(action: Cursor, target: Target, kind: str) -> None:
    out, table = target.out, target.table
    action.expect("rename")
    if action.accept("constraint"):
        _rename_constraint(action, target)
    elif action.word in {"index", "key"} and action.peek() != "to" and out.is_mysql:
        action.advance()
        out.kind("rename index")
        old = action.part()
        action.expect("to")
        out.rename("index", f"{table}.{old}", f"{table}.{action.part()}")
    elif (action.word in {"to", "as"} and action.peek(2) != "to") or (out.is_mysql and action.peek() == ""):
        action.accept_one("to", "as")
        out.kind(f"rename {kind}")
        new = action.name() if out.is_mysql else names.within(table, action.part())
        out.rename_relation(kind, table, new, target.aspect)
    else:
        _rename_column(action, target)


def _rename_column(action: Cursor, target: Target) -> None:
    action.accept("column")
    target.out.kind("rename column")
    action.accept("if", "exists")
    old = action.part()
    action.expect("to")
    new = action.part()
    target.out.rename("column", f"{target.table}.{old}", f"{target.table}.{new}")
    target.out.alter(f"shape:{target.table}", "definition", f"rename {old} to {new}")


def _rename_constraint(action: Cursor, target: Target) -> None:
    out, table = target.out, target.table
    out.kind("rename constraint")
    old = action.part()
    action.expect("to")
    new = action.part()
    out.rename("constraint", f"{table}.{old}", f"{table}.{new}")
    if out.is_postgresql:
        for kind in ("relation", "index"):
            out.rename(kind, names.within(table, old), names.within(table, new), "if")


def _on_set(action: Cursor, target: Target, kind: str) -> None:
    out, table = target.out, target.table
    action.expect("set")
    if action.accept("schema"):
        out.kind("set schema")
        schema = action.part()
        out.need(f"schema:{schema}", "table")
        new = names.join((schema, names.base_name(table)), out.dialect)
        out.rename_relation(kind, table, new, target.aspect)
        return
    out.kind(f"alter {kind} options")
    out.alter(f"{kind}:{table}", "options", f"set {action.rest().text()}")


def _on_owner(action: Cursor, target: Target, kind: str) -> None:
    action.expect("owner", "to")
    target.out.kind("owner")
    role = action.part()
    target.out.alter(f"{kind}:{target.table}", "owner", role)
    target.out.alter(f"grants:{target.table}", "owner", role)
    target.out.need(f"role:{role}", "grant")


def _on_enable(action: Cursor, target: Target) -> None:
    """ENABLE, DISABLE, FORCE and NO FORCE, of triggers, rules, row security and keys."""
    out, text = target.out, action.copy().rest().text()
    table = target.table
    out.kind(text if len(text) < 40 else "enable")
    if text == "force" and out.is_mysql:
        action.rest()
        return
    action.accept_one("enable", "disable", "force", "no")
    action.accept_one("force", "always", "replica")
    if action.accept("row", "level", "security"):
        out.alter(f"table:{table}", "rls", text)
    elif action.word in {"trigger", "rule"}:
        what = action.word
        action.advance()
        name = action.part()
        resource = f"{what}:{table}.{name}"
        out.alter(f"table:{table}" if name in {"all", "user"} else resource, "enable", text)
    else:
        action.expect("keys")
        out.alter(f"table:{table}", "options", text)


def _on_attach(action: Cursor, target: Target) -> None:
    out, table = target.out, target.table
    detail = action.copy().rest().text()
    verb = action.word
    action.advance()
    action.expect("partition")
    out.kind(f"{verb} partition")
    other = action.name()
    out.need_relation(other, "table")
    out.need(f"shape:{other}", "table", "partition")
    out.need(f"shape:{table}", "table", "partition")
    out.alter(f"table:{table}", "partition", detail)
    out.alter(f"table:{other}", "partition", detail)
    out.read(f"rows:{other}", "validate")
    action.rest()


def _on_inherit(action: Cursor, target: Target) -> None:
    out = target.out
    detail = action.copy().rest().text()
    out.kind("inherit")
    action.accept("no")
    action.expect("inherit")
    other = action.name()
    out.need_relation(other, "table")
    out.need(f"shape:{other}", "table", "inherits")
    out.alter(f"table:{target.table}", "partition", detail)


def _on_validate(action: Cursor, target: Target) -> None:
    out, table = target.out, target.table
    action.expect("validate", "constraint")
    out.kind("validate constraint")
    name = action.part()
    out.alter(f"constraint:{table}.{name}", "validate")
    out.read(f"rows:{table}", "validate")
    out.read(f"values:{table}.*", "validate")


def _on_alter(action: Cursor, target: Target) -> None:
    """ALTER COLUMN, CONSTRAINT or INDEX."""
    out, table = target.out, target.table
    action.expect("alter")
    what = action.accept_one("constraint", "index", "check")
    if what:
        out.kind(f"alter {what}")
        name = action.part()
        resource = out.index(table, name) if what == "index" else f"constraint:{table}.{name}"
        out.alter(resource, "definition", action.rest().text())
        return
    read_alter_column(action, target)


def _on_index(action: Cursor, target: Target) -> None:
    """CLUSTER ON an index, REPLICA IDENTITY USING INDEX one."""
    target.out.kind("alter table options")
    detail = action.copy().rest().text()
    action.advance()
    if action.accept("on") or action.accept("identity", "using", "index"):
        target.out.need(f"index:{names.within(target.table, action.part())}", "table")
    action.rest()
    target.out.alter(f"table:{target.table}", "options", detail)


def _on_plain(action: Cursor, target: Target) -> None:
    target.out.kind("alter table options")
    target.out.alter(f"table:{target.table}", "options", action.rest().text())


def _on_partitions(action: Cursor, target: Target) -> None:
    target.out.kind("alter partitions")
    if action.word == "truncate":
        target.out.write(f"rows:{target.table}", "delete", "partition")
    ahead = action.copy()
    if ahead.word == "exchange" and ahead.skip_to("table"):
        ahead.advance()
        _exchange(ahead.name(), target)
    target.out.alter(f"table:{target.table}", "partition", action.rest().text())


def _exchange(other: str, target: Target) -> None:
    """The rows of a partition and those of another table change places."""
    target.out.need_relation(other, "table")
    target.out.alter(f"table:{other}", "partition", f"exchange {target.table}")
    for name in (other, target.table):
        for aspect in ("insert", "delete"):
            target.out.write(f"rows:{name}", aspect, "partition")
        target.out.write(f"values:{name}.*", "update", "partition")


def _on_not(action: Cursor, target: Target) -> None:
    action.expect("not", "of")
    target.out.kind("alter table options")
    target.out.alter(f"table:{target.table}", "options", "not of")


def _on_of(action: Cursor, target: Target) -> None:
    action.expect("of")
    target.out.kind("alter table options")
    kind = action.name()
    target.out.need(f"type:{kind}", "table")
    target.out.alter(f"table:{target.table}", "options", f"of {kind}")


def _on_no(action: Cursor, target: Target) -> None:
    (_on_inherit if action.peek() == "inherit" else _on_enable)(action, target)


_SHARED: dict[str, Callable[[Cursor, Target, str], None]] = {
    "rename": _on_rename,
    "set": _on_set,
    "owner": _on_owner,
}
_ACTIONS: dict[str, Callable[[Cursor, Target], None]] = {
    "add": _on_add,
    "alter": _on_alter,
    "attach": _on_attach,
    "change": read_change,
    "cluster": _on_index,
    "detach": _on_attach,
    "disable": _on_enable,
    "drop": read_drop_action,
    "enable": _on_enable,
    "force": _on_enable,
    "inherit": _on_inherit,
    "modify": read_modify,
    "no": _on_no,
    "not": _on_not,
    "of": _on_of,
    "replica": _on_index,
    "validate": _on_validate,
    **dict.fromkeys(("reset", "without", "order", "discard", "import"), _on_plain),
    **dict.fromkeys(("default", "character", "charset", "collate", "convert"), _read_option),
    **dict.fromkeys(
        ("truncate", "reorganize", "coalesce", "exchange", "remove", "rebuild", "partition"), _on_partitions
    ),
}
