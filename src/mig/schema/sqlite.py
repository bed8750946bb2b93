"""The schema of a SQLite database, from the text that it keeps of every object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.schema.image import OWN_TABLES, SchemaImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Query = Callable[[str], "list[tuple[object, ...]]"]

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|"(?P<double>(?:[^"]|"")*)"|`(?P<tick>(?:[^`]|``)*)`|\[(?P<bracket>[^\]]*)\]"""
    r"""|(?P<blank>(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))+)|(?P<sign>[(),])|(?P<word>[^\s'"`\[(),/-]+|.)""",
    re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONSTRAINT = re.compile(
    r"""CONSTRAINT\s+("(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\S+)\s+(.*)""", re.IGNORECASE | re.DOTALL
)
_STATISTICS = "sqlite_stat"


def read_schema(query: Query) -> SchemaImage:
    """Everything in the file but mig's own tables."""
    objects: dict[str, str] = {}
    for kind, name, table, sql in list_objects(query):
        if table not in OWN_TABLES:
            objects.update(define(query, kind, name, table, sql))
    major = ".".join(str(query("SELECT sqlite_version()")[0][0]).split(".")[:1])
    return SchemaImage(objects=objects, server=f"SQLite {major}")


def list_objects(query: Query) -> list[tuple[str, str, str, str]]:
    """(kind, name, table, SQL) of everything that was made by a statement, in the order in which it was."""
    listed = query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
    return [
        (str(kind), str(name), str(table), str(sql))
        for kind, name, table, sql in listed
        if sql is not None and not str(name).startswith((_STATISTICS, "sqlite_sequence"))
    ]


def define(query: Query, kind: str, name: str, table: str, sql: str) -> dict[str, str]:
    """The objects of an image that one statement has made."""
    if kind == "table":
        return _table(query, name, sql)
    # An index and a trigger belong to a table, whose name is a part of theirs.
    place = name if kind == "view" else f"{table}.{name}"
    return {f"{kind}:{place}": normal(sql)}


def _table(query: Query, name: str, sql: str) -> dict[str, str]:
    items, options = _body(sql)
    found = {f"table:{name}": options}
    for _, column, kind, notnull, default, primary, hidden in pragma(query, "table_xinfo", name):
        item = next((item for item in items if _begins(item, str(column))), "")
        if item:
            # The text says more: checks, collations, how a value is generated.
            items.remove(item)
            found[f"column:{name}.{column}"] = _rest(item)
        else:
            found[f"column:{name}.{column}"] = (
                f"{kind} notnull={notnull} default={default} pk={primary} hidden={hidden}"
            )
    for item in items:
        named = _CONSTRAINT.fullmatch(item)
        place = f"constraint:{name}.{_bare(named[1]) if named else item}"
        found[place] = f"{found[place]}, {item}" if place in found else item
    for _, index, unique, origin, partial in pragma(query, "index_list", name):
        if origin != "c":
            columns = ",".join(str(row[2]) for row in pragma(query, "index_info", str(index)))
            found[f"key:{name}.{columns}"] = f"unique={unique} origin={origin} partial={partial}"
    return found


def pragma(query: Query, name: str, table: str) -> list[tuple[object, ...]]:
    return query(f"PRAGMA {name}({quote(table)})")


def _body(sql: str) -> tuple[list[str], str]:
    """The definitions between a table's parentheses, sorted, and what follows them.

    SQLite keeps the text of CREATE TABLE and edits it; only there are checks and collations seen.
    """
    items, current, depth = [], [""], 0
    for sign, text in _tokens(sql):
        depth += (sign == "(") - (sign == ")")
        closes = sign == ")" and depth == 0
        if closes or (sign == "," and depth == 1):
            items.append("".join(current).strip())
            current = []
        elif sign == "(" and depth == 1:
            current = []
        else:
            current.append(text)
    return sorted(items), "".join(current).strip()


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    """(the sign, or nothing; the text with white space folded and needless quotes taken off)."""
    for found in _TOKEN.finditer(sql):
        kind, text = found.lastgroup, found[0]
        if kind == "blank":
            yield "", " "
        elif kind in {"double", "tick", "bracket"}:
            # A rename puts quotes on that were not there.
            yield "", found[kind] if _PLAIN.fullmatch(found[kind]) else text
        else:
            yield text if kind == "sign" else "", text


def normal(sql: str) -> str:
    """A statement with white space folded, without comments and needless quotes."""
    return "".join(text for _, text in _tokens(sql)).strip()


def _begins(item: str, column: str) -> bool:
    first = _TOKEN.match(item)
    return first is not None and _bare(first[0]).lower() == column.lower()


def _rest(item: str) -> str:
    first = _TOKEN.match(item)
    return item[first.end() if first else 0 :].strip()


def _bare(name: str) -> str:
    found = _TOKEN.fullmatch(name)
    kind = found.lastgroup if found else ""
    return found[kind] if found and kind in {"double", "tick", "bracket"} else name


def quote(name: object) -> str:
    return '"' + str(name).replace('"', '""') + '"'
