"""The schema of a MariaDB or MySQL database, from what SHOW CREATE says of every object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.schema.image import OWN_TABLES, RIGHTS, SchemaImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Ask = Callable[[Sequence[str]], "list[Answer]"]

DEFINER = re.compile(r" DEFINER=(`[^`]*`@`[^`]*`)")
_ITEM = re.compile(
    r"`(?P<column>(?:[^`]|``)+)` "
    r"|(?P<primary>PRIMARY KEY)"
    r"|(?:(?:UNIQUE |FULLTEXT |SPATIAL |VECTOR )?KEY) `(?P<index>(?:[^`]|``)+)`"
    r"|CONSTRAINT `(?P<constraint>(?:[^`]|``)+)`"
)
COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
ROUTINES = """SELECT routine_type, routine_name FROM information_schema.routines
WHERE routine_schema = database() AND routine_type IN ('FUNCTION', 'PROCEDURE') ORDER BY 1, 2"""
_EVENTS = "SELECT event_name FROM information_schema.events WHERE event_schema = database()"
DATABASE = """SELECT default_character_set_name, default_collation_name
FROM information_schema.schemata WHERE schema_name = database()"""
TRIGGER_ORDER = """SELECT concat_ws(' ', event_object_table, action_timing, event_manipulation),
  group_concat(trigger_name ORDER BY action_order)
FROM information_schema.triggers WHERE trigger_schema = database() GROUP BY 1 HAVING count(*) > 1"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gave; ``error`` where it failed."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that SHOW CREATE shows, and the table that it belongs to, if any."""

    kind: str
    name: str
    table: str = ""

    @property
    def query(self) -> str:
        return f"SHOW CREATE {self.kind} {quote(self.name)}"


def read_schema(ask: Ask) -> SchemaImage:
    """Everything in the connection's database but mig's own tables."""
    named = [one for one in list_objects(ask) if one.name not in OWN_TABLES and one.table not in OWN_TABLES]
    version, database, order, *answers = ask(
        ["SELECT version()", DATABASE, TRIGGER_ORDER, *(one.query for one in named)]
    )
    objects: dict[str, str] = {}
    for one, answer in zip(named, answers, strict=True):
        for name, text in define(one, answer).items():
            objects[name] = COUNTER.sub("", text) if name.startswith("table:") else text
        definer = DEFINER.search(" ".join(_shown(one, answer)))
        if definer and one.kind != "TABLE":
            objects[f"{RIGHTS}{one.kind.lower()}:{one.name}"] = f"definer {definer[1]}"
    objects["database"] = " ".join(str(cell) for row in database.rows for cell in row)
    objects.update((f"trigger order:{place}", str(names)) for place, names in order.rows)
    said = str(version.rows[0][0])
    number = re.match(r"\d+\.\d+", said)
    family = "MariaDB" if "mariadb" in said.lower() else "MySQL"
    return SchemaImage(objects=objects, server=f"{family} {number[0] if number else said}")


def list_objects(ask: Ask) -> list[Named]:
    """Everything that SHOW CREATE shows."""
    tables, triggers, routines, events = ask(["SHOW FULL TABLES", "SHOW TRIGGERS", ROUTINES, _EVENTS])
    # A table with system versioning is listed as a kind of its own, and made like any other.
    kinds = {"BASE TABLE": "TABLE", "SYSTEM VERSIONED": "TABLE"}
    found = [Named(kinds.get(str(kind), str(kind)), str(name)) for name, kind in tables.rows]
    found += [Named("TRIGGER", str(row[0]), str(row[2])) for row in triggers.rows]
    found += [Named(str(kind), str(name)) for kind, name in routines.rows]
    found += [Named("EVENT", str(row[0])) for row in events.rows]
    return found


def define(one: Named, answer: Answer) -> dict[str, str]:
    """The objects of an image that SHOW CREATE shows; the error where it shows none."""
    kind = one.kind.lower()
    if answer.error or not answer.rows:
        return {f"{kind}:{one.name}": answer.error}
    shown = [DEFINER.sub("", text) for text in _shown(one, answer)]
    if one.kind == "TABLE":
        return dict(_table(one.name, shown[0]))
    return {f"{kind}:{one.name}": " ".join(shown)}


def _shown(one: Named, answer: Answer) -> list[str]:
    """The text, and beside it what it was made under: the SQL mode, character sets; not when it was made."""
    cells = answer.rows[0][1:] if answer.rows else ()
    return [str(cell) for cell in (cells[:5] if one.kind == "TRIGGER" else cells)]


def _table(name: str, created: str) -> Iterator[tuple[str, str]]:
    """A line of SHOW CREATE TABLE is an item: a column, a key, a constraint; after them come the options."""
    lines = created.split("\n")
    end = next((at for at, line in enumerate(lines) if line.startswith(")")), len(lines))
    for line in lines[1:end]:
        item = line.strip().removesuffix(",")
        found = _ITEM.match(item)
        if found is None or found.lastgroup is None:
            yield f"item:{name}.{item}", item
        elif found.lastgroup == "column":
            yield f"column:{name}.{found['column']}", item[found.end() :]
        elif found.lastgroup == "primary":
            yield f"index:{name}.PRIMARY", item
        else:
            yield f"{found.lastgroup}:{name}.{found[found.lastgroup]}", item
    yield f"table:{name}", " ".join(lines[end:]).removeprefix(")").strip()


def quote(name: object) -> str:
    return "`" + str(name).replace("`", "``") + "`"
