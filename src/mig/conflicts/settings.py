"""Settings of a session: which change nothing, and which statements run under which."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.conflicts.schema import tables_of_index
from mig.conflicts.session import MINDED, settings_minded
from mig.effects.footprint import OF_TABLE, Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Effect

HARMLESS = frozenset(
    """
    application_name client_min_messages lock_timeout statement_timeout
    idle_in_transaction_session_timeout transaction_timeout deadlock_timeout log_statement
    log_min_messages log_min_duration_statement maintenance_work_mem work_mem
    max_parallel_maintenance_workers synchronous_commit temp_buffers innodb_lock_wait_timeout
    lock_wait_timeout max_statement_time wait_timeout net_read_timeout net_write_timeout
    busy_timeout cache_size synchronous journal_mode mmap_size temp_store wal_autocheckpoint
    user_version application_id optimize threads journal_size_limit automatic_index cell_size_check
    """.split()  # noqa: SIM905
)
"""Settings that change when and how statements run, and not what they leave."""

LAST_KEY = "variable:@@last_insert_id"
_MYSQL = frozenset({"mysql", "mariadb"})
_MINDED_IN_SQLITE = frozenset(
    {
        "foreign_keys",
        "legacy_alter_table",
        "recursive_triggers",
        "ignore_check_constraints",
        "defer_foreign_keys",
    }
)
_ON, _OFF = frozenset({"1", "on", "true"}), frozenset({"0", "off", "false"})
_DEFAULTS = {
    "foreign_key_checks": _ON,
    "unique_checks": _ON,
    "check_constraint_checks": _ON,
    "autocommit": _ON,
    "sql_notes": _ON,
    "sql_safe_updates": _OFF,
}
_VARIABLE = re.compile(r"(?<![@\w])@[\w$]+")
_TEMPORARY = re.compile(r"\s*create\s+(or\s+replace\s+)?(temp|temporary|local\s+temp\w*)\s", re.IGNORECASE)
_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})
_GRANTED = frozenset({"table", "view", "sequence", "function", "schema", "type"})
_ABOUT = re.compile(r"\bon (?:all )?(tables|sequences|functions|procedures|routines|types|schemas)\b")
_IN_SCHEMA = re.compile(r'\bin schema ((?:\w+|"[^"]+")(?: , (?:\w+|"[^"]+"))*)')
_KINDS_GRANTED = {
    "tables": frozenset({"table", "view"}),
    "sequences": frozenset({"sequence"}),
    "functions": frozenset({"function"}),
    "procedures": frozenset({"function"}),
    "routines": frozenset({"function"}),
    "types": frozenset({"type"}),
    "schemas": frozenset({"schema"}),
}
_OF_TABLES = frozenset(
    {"table", "column", "constraint", "relation", "shape", "view", "trigger", "function", "index", "type"}
)
_OF_EXTENSIONS = frozenset(
    {"function", "type", "extension", "operator-class", "operator", "aggregate", "cast"}
)
_WITH_CHARSET = frozenset({"table", "function", "trigger", "event", "database"})
_REWRITTEN = frozenset({"view", "trigger", "constraint"})


def settings_read(text: str, effects: Iterable[Effect], schema: Schema) -> Iterator[str]:
    """The settings and variables that a statement depends on, as far as they are known by name."""
    listed = tuple(effects)
    if schema.dialect == "sqlite":
        for name in _read_in_sqlite(listed, schema):
            yield f"setting:{name}"
    elif schema.dialect in _MYSQL:
        yield from (f"setting:{name}" for name in settings_minded(text, listed, schema))
        texts = [text, *(_text_of(e.resource, schema) for e in listed if _runs(e))]
        mentioned = Counter(name.lower() for each in texts for name in _VARIABLE.findall(each))
        set_here = {e.name for e in listed if e.kind == "variable" and e.access is Access.WRITE}
        yield from (f"variable:{n}" for n in sorted(mentioned) if n not in set_here or mentioned[n] > 1)
        if any("last_insert_id" in each.lower() for each in texts):
            yield LAST_KEY


def _runs(effect: Effect) -> bool:
    return effect.aspect == "fire" or (effect.kind == "function" and effect.access is Access.NEED)


def _text_of(resource: str, schema: Schema) -> str:
    thing = schema.find(resource)
    return thing.text if thing else ""


def restored_settings(effects: Iterable[Effect], schema: Schema) -> frozenset[str]:
    """The settings that a script of MariaDB or MySQL sets and puts back before it ends.

    Back is what every session begins with, or what a variable of the script has kept.
    """
    last: dict[str, str] = {}
    kept: dict[str, str] = {}
    for effect in effects:
        value = effect.detail.partition("=")[2].strip().lower()
        if effect.kind == "variable" and effect.access is Access.WRITE:
            name = value.replace("@@session.", "@@").replace("@@local.", "@@").removeprefix("@@")
            kept[effect.name] = name if value.startswith("@@") and name not in last else ""
        elif effect.kind == "setting" and effect.access is Access.WRITE:
            last[effect.name] = value
    return frozenset(
        name
        for name, value in last.items()
        if kept.get(value) == name
        or (name not in schema.settings and (value == "default" or value in _DEFAULTS.get(name, ())))
    )


def hidden_names(text: str, effects: Iterable[Effect], schema: Schema) -> list[str]:
    """The tables and views that a temporary one stands in front of until the session ends."""
    if not _TEMPORARY.match(text):
        return []
    made = [e for e in effects if e.access is Access.CREATE and e.kind == "relation"]
    return [e.name for e in made if not schema.is_complete or e.resource in schema]


def _read_in_sqlite(effects: tuple[Effect, ...], schema: Schema) -> Iterator[str]:
    renamed = [e.name for e in effects if e.access is Access.DROP and e.renamed_to and e.kind == "table"]
    if any(thing.kind in _REWRITTEN for name in renamed for thing in schema.users(f"table:{name}")):
        yield "legacy_alter_table"
    written = {owner(e.name) if e.kind == "values" else e.name for e in effects if _is_write(e)}
    if any(_has_foreign_keys(table, schema) for table in sorted(written)):
        yield "foreign_keys"
    if any(schema.parts(table, "trigger") for table in sorted(written)):
        yield "recursive_triggers"
    if any("check" in t.detail for table in sorted(written) for t in schema.parts(table, "constraint")):
        yield "ignore_check_constraints"


def _is_write(effect: Effect) -> bool:
    if effect.kind in {"rows", "values"} and effect.access is Access.WRITE:
        return True
    # SQLite deletes the rows of a table before it drops it.
    return effect.kind == "table" and effect.access is Access.DROP and not effect.renamed_to


def _has_foreign_keys(table: str, schema: Schema) -> bool:
    return any("foreign key" in t.detail for t in schema.users(f"table:{table}") if t.kind == "constraint")


def is_taken_in(wide: Effect, effect: Effect, beside: Iterable[Effect] = ()) -> bool:
    """Whether something that a statement does falls under what another does to the whole catalogue."""
    if wide.aspect == "extension":
        # What an extension makes is not known; only its kinds are.
        return (
            effect.kind in _OF_EXTENSIONS
            and effect.implicit != "row type"
            and not effect.detail.startswith("drop")
        )
    if wide.aspect == "grant":
        return _is_granted_with_all(wide.detail, effect)
    if wide.aspect == "charset":
        return _takes_charset(effect)
    if wide.aspect == "query":
        is_change = effect.access in _CHANGES and effect.kind not in {"names", "setting"}
        return is_change and _may_show(wide.detail, effect, beside)
    return effect.kind not in {"names", "setting", "session"}


def _may_show(detail: str, effect: Effect, beside: Iterable[Effect]) -> bool:
    """Whether a change may show in what is listed: all there is, or the constraints and indexes of a table.

    What is made on another table does not show in that list.  A new name does, where keys refer to it, and
    what is dropped may take keys with it.
    """
    is_dropped = effect.access is Access.DROP or effect.renamed_to or effect.renamed_from
    if detail.startswith(OF_TABLE) and effect.kind == "parts":
        # Each part that is made or changed is an effect of its own.
        return False
    if not detail.startswith(OF_TABLE) or effect.kind not in _OF_TABLES or is_dropped:
        return True
    if effect.kind == "type":
        return effect.access is not Access.CREATE
    looked_at = last(detail.removeprefix(OF_TABLE))
    if effect.kind == "index":
        # Mostly the name of an index does not say whose it is, but the statement does.
        tables = tables_of_index(beside) if effect.access is Access.CREATE else set()
        return not tables or looked_at in map(last, tables)
    table = owner(effect.name) if effect.kind in {"column", "constraint"} else effect.name
    return last(table) == looked_at


def _takes_charset(effect: Effect) -> bool:
    """Whether the character set of the database goes into it: tables hand theirs on to their columns."""
    if effect.kind == "table" and effect.access is Access.ALTER:
        return effect.aspect == "charset"
    is_made = effect.access in {Access.CREATE, Access.ALTER} and not effect.renamed_from
    return is_made and effect.kind in _WITH_CHARSET and effect.aspect != "broken"


def _is_granted_with_all(text: str, effect: Effect) -> bool:
    if effect.access is Access.ALTER:
        return effect.kind == "grants"
    if effect.kind not in _GRANTED or not _is_granted(text, effect):
        return False
    return _leaves_schema(effect) or (effect.access is Access.CREATE and not effect.renamed_from)


def _leaves_schema(effect: Effect) -> bool:
    """Whether a thing goes out of its schema, or comes into it (SET SCHEMA)."""
    other = (effect.renamed_to or effect.renamed_from).partition(":")[2]
    return bool(other) and owner(other) != owner(effect.name)


def _is_granted(text: str, effect: Effect) -> bool:
    """Whether GRANT ON ALL TABLES, or a default privilege, is about things of this kind in this schema."""
    about = _ABOUT.search(text)
    if about is not None and effect.kind not in _KINDS_GRANTED[about[1]]:
        return False
    schemas = _IN_SCHEMA.search(text)
    if schemas is None:
        return True
    named = {name.strip(' "') for name in schemas[1].split(",")}
    return (owner(effect.name).strip('"') or "public") in named


def depends_on(wide: Effect, effects: Iterable[Effect], dialect: str) -> bool:
    """Whether a statement may do something else under another value of the setting that is set."""
    setting = wide.name
    if setting in HARMLESS:
        return False
    known = _MINDED_IN_SQLITE if dialect == "sqlite" else MINDED if dialect in _MYSQL else ()
    # A collation besides changes what is equal, in any expression.
    if setting in known and not (setting == "names" and "collate" in wide.detail.lower()):
        return any(e.resource == f"setting:{setting}" and e.access is Access.READ for e in effects)
    return True
