"""What MariaDB and MySQL do beside what a statement says: names, character sets, counters, algorithms."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mig.conflicts.naming import last, owner
from mig.conflicts.serving import columns_of, follow_serving, read_key
from mig.conflicts.settings import LAST_KEY
from mig.effects.footprint import Access, Effect
from mig.effects.keys import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mig.conflicts.schema import Schema
    from mig.effects.footprint import Operation

_CHANGES = frozenset({Access.CREATE, Access.DROP, Access.ALTER})
_ORDERED = re.compile(r"\bfor each row (?:follows|precedes) [`\"]?(\w+)")
_AUTO = re.compile(r"\bauto_increment\b")
_ON_UPDATE = re.compile(r"\bon update (?:current_timestamp|now|localtime)")
_NUMBERED = re.compile(r"_ibfk_(\d+)$")
_NO_TEXT = re.compile(
    r"^(?:bit|bool\w*|tinyint|smallint|mediumint|int\d?|integer|bigint|decimal|dec|numeric|fixed|float\d?"
    r"|double|real|date|time|datetime|timestamp|year|binary|varbinary|(?:tiny|medium|long)?blob|uuid|inet\d?)\b"
)
_DEMANDS = re.compile(
    r"\balgorithm\s*=?\s*(?:instant|nocopy|inplace)\b|\block\s*=?\s*(?:none|shared)\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"^(?:bit|bool\w*|tinyint|smallint|mediumint|int\d?|integer|bigint|decimal|dec|numeric|fixed|float\d?"
    r"|double|real|date|time|datetime|timestamp|year|uuid|inet\d?|enum)\b"
)
_SIZED = re.compile(r"^((?:national )?(?:var)?(?:char\w*|binary)2?) \( (\d+) \)")
_COUNTED = re.compile(r"^(.+)_(\d+)$")
_NUMBERED_KINDS = frozenset({"constraint", "index"})
_SHORT_KEY = 767  # what the oldest row formats take
_WIDE_COLUMN = 8192  # an eighth of what a row may have
_HINTS = re.compile(
    r"\b(?:force|use|ignore)\s+(?:index|key)\s*(?:for\s+(?:join|order\s+by|group\s+by)\s*)?\(([^()]*)\)",
    re.IGNORECASE,
)
_HEAVY = re.compile(r"^(?:fulltext|spatial|vector)\b")
_OF_TABLES = frozenset({"options", "definition", "partition"})


def follow_mysql(operation: Operation, effects: tuple[Effect, ...], schema: Schema) -> Iterator[Effect]:
    """The implicit effects of one operation that only these two databases have."""
    yield from follow_serving(effects, schema)
    yield from _demand(operation, effects, schema)
    yield from _free_names(effects)
    yield from _hint(operation, effects)
    yield from _copy_columns(effects)
    for effect in effects:
        follow = _FOLLOWED.get(effect.kind)
        if follow is not None and effect.access in _CHANGES | {Access.WRITE}:
            yield from follow(effect, schema)


def _follow_trigger(effect: Effect, _schema: Schema) -> Iterator[Effect]:
    """A trigger that FOLLOWS or PRECEDES another one."""
    for name in _ORDERED.findall(effect.detail) if effect.access is Access.CREATE else ():
        yield Effect(resource=f"trigger:{name}", access=Access.NEED, aspect="trigger", implicit="its order")


def _follow_rows(effect: Effect, _schema: Schema) -> Iterator[Effect]:
    if effect.aspect == "insert" and effect.access is Access.WRITE:
        yield Effect(resource=LAST_KEY, access=Access.WRITE, aspect="set", implicit="the key of the row")


def _follow_comment(effect: Effect, _schema: Schema) -> Iterator[Effect]:
    """LIKE copies the comment of a table too."""
    kind, _, table = effect.name.partition(":")
    if kind == "table":
        yield Effect(resource=f"parts:{table}", access=Access.ALTER, implicit="a part of the table")


def _follow_table(effect: Effect, schema: Schema) -> Iterator[Effect]:
    if effect.access is Access.DROP and effect.renamed_to:
        yield from _rename_keys(effect, schema)
    elif effect.aspect == "charset" and effect.detail.startswith("convert"):
        yield from _convert(effect, schema)


def _name_key(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """Names of foreign keys are unique in the whole database."""
    thing = schema.find(effect.resource)
    detail = effect.detail if effect.access is Access.CREATE else thing.detail if thing else effect.detail
    if read_key(detail) is None:
        return
    yield Effect(
        resource=f"foreign-key-name:{last(effect.name)}",
        access=effect.access,
        aspect=effect.aspect,
        implicit="names of foreign keys are global",
    )
    yield Effect(
        resource=f"table:{owner(effect.name)}",
        access=Access.NEED,
        aspect="foreign-key",
        implicit="its engine",
    )


def _rename_keys(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """Foreign keys that the database has named after their table go by its new name."""
    new = effect.renamed_to.partition(":")[2]
    for thing in schema.parts(effect.name, "constraint"):
        name = last(thing.name)
        number = _NUMBERED.search(name)
        if number is None or name != f"{last(effect.name)}_ibfk_{number[1]}":
            continue
        renamed = f"{last(new)}_ibfk_{number[1]}"
        for before, after in (
            # The table has its new name by then.
            (f"constraint:{new}.{name}", f"constraint:{new}.{renamed}"),
            (f"foreign-key-name:{name}", f"foreign-key-name:{renamed}"),
        ):
            why = "it is named after its table"
            yield Effect(resource=before, access=Access.DROP, renamed_to=after, implicit=why)
            yield Effect(resource=after, access=Access.CREATE, renamed_from=before, implicit=why)


def _define_column(effect: Effect, schema: Schema) -> Iterator[Effect]:
    if effect.renamed_from or effect.access is Access.DROP or last(effect.name) == "*":
        return
    table = owner(effect.name)
    if not _NO_TEXT.match(effect.detail) and effect.aspect not in {"null", "default"}:
        why = "a text without a character set of its own takes the table's"
        yield Effect(resource=f"table:{table}", access=Access.READ, aspect="charset", implicit=why)
    if _ON_UPDATE.search(effect.detail) and f"table:{table}" in schema:
        # Like a trigger, but in no order with others.
        why = f"{last(effect.name)} is set on each UPDATE"
        yield Effect(resource=f"rows:{table}", access=Access.ALTER, aspect="untrigger-update", implicit=why)


def _convert(effect: Effect, schema: Schema) -> Iterator[Effect]:
    """CONVERT TO CHARACTER SET gives each column of text another type."""
    columns = [c for c in schema.parts(effect.name, "column") if not _NO_TEXT.match(c.detail)]
    shown = [column.resource for column in columns]
    for resource in shown if effect.resource in schema else [f"column:{effect.name}.*"]:
        why = "a text of the table that is converted"
        yield Effect(
            resource=resource, access=Access.ALTER, aspect="charset", detail=effect.detail, implicit=why
        )


def number_names(operation: Operation, schema: Schema) -> Operation:
    """The operation with the numbers that its unnamed keys and indexes get beside those that there are."""
    listed = operation.effects
    new = {e.name for e in listed if e.access is Access.CREATE and e.kind == "table"}
    made = [
        e for e in listed if e.access is Access.CREATE and e.implicit == UNNAMED and e.kind in _NUMBERED_KINDS
    ]
    if not any(e.resource in schema and owner(e.name) not in new for e in made):
        return operation
    given: dict[str, str] = {}
    for effect in made:
        if effect.name not in given and owner(effect.name) not in new:
            given[effect.name] = _next_name(effect.name, given, schema)
    effects = [
        replace(e, resource=f"{e.kind}:{given[e.name]}") if e in made and e.name in given else e
        for e in listed
    ]
    return replace(operation, effects=tuple(effects))


def _copy_columns(effects: tuple[Effect, ...]) -> Iterator[Effect]:
    """CREATE TABLE ... SELECT takes the columns over with their defaults and character sets."""
    if not any(e.access is Access.WRITE and e.detail == "as query" for e in effects):
        return
    for effect in effects:
        if effect.access is Access.NEED and effect.aspect == "query" and effect.kind in {"column", "shape"}:
            resource = effect.resource if effect.kind == "column" else f"column:{effect.name}.*"
            yield Effect(resource=resource, access=Access.NEED, aspect="copy", implicit="SELECT copies it")


def _hint(operation: Operation, effects: Iterable[Effect]) -> Iterator[Effect]:
    """``FORCE INDEX (k)`` and the like fail without the index."""
    named = {
        name.strip(' `"').lower() for found in _HINTS.findall(operation.text) for name in found.split(",")
    }
    tables = {e.name for e in effects if e.kind == "table" and e.access is Access.NEED}
    aspect = "view" if any(e.aspect == "view" for e in effects) else "query"
    for table in sorted(tables):
        for name in sorted(named):
            yield Effect(
                resource=f"index:{table}.{name}",
                access=Access.NEED,
                aspect=aspect,
                implicit="a hint names it",
            )


def _free_names(effects: Iterable[Effect]) -> Iterator[Effect]:
    """A name that goes is there again for what has none of its own."""
    for effect in effects:
        if effect.kind in _NUMBERED_KINDS and effect.access is Access.DROP:
            name = last(effect.name)
            numbered = _COUNTED.match(name)
            yield Effect(
                resource=f"names:{owner(effect.name)}",
                access=Access.ALTER,
                aspect="freed",
                detail=numbered[1] if numbered else name,
                implicit="a name is free again",
            )


def _next_name(name: str, given: dict[str, str], schema: Schema) -> str:
    taken = set(given.values())
    stem, count = name, 1
    numbered = _COUNTED.match(last(name))
    if numbered:
        stem, count = f"{owner(name)}.{numbered[1]}", int(numbered[2])
    # The numbers of foreign keys go on from the highest, those of others fill what is free.
    kept = schema.parts(owner(name), "constraint") if numbered and stem.endswith("_ibfk") else []
    numbers = [int(n[2]) for t in kept if (n := _COUNTED.match(last(t.name))) and t.name == f"{stem}_{n[2]}"]
    count += max(numbers, default=0)
    found = name if not numbered else f"{stem}_{count}"
    while found in taken or f"constraint:{found}" in schema or f"index:{found}" in schema:
        count += 1
        found = f"{stem}_{count}"
    return found


def _demand(operation: Operation, effects: Iterable[Effect], schema: Schema) -> Iterator[Effect]:
    """What a table's storage allows: ``ALGORITHM=``, ``LOCK=`` and long keys fail where it is not enough."""
    why = "the engine, the row format and indexes say what can be done"
    for effect in effects:
        table = effect.name if effect.kind == "table" else owner(effect.name)
        resource = f"storage:{table}"
        if effect.kind == "table" and effect.access is Access.ALTER and effect.aspect in _OF_TABLES:
            yield Effect(resource=resource, access=Access.ALTER, aspect="engine", implicit=why)
        elif effect.access is Access.CREATE and _is_special(effect):
            yield Effect(resource=resource, access=Access.ALTER, aspect="special", implicit=why)
        if (
            effect.kind == "index"
            and effect.access is Access.CREATE
            and not _is_short(effect, effects, schema)
        ):
            yield Effect(resource=resource, access=Access.READ, aspect="key", implicit=why)
        if (
            effect.kind == "column"
            and effect.access in {Access.CREATE, Access.ALTER}
            and _is_wide(effect.detail)
        ):
            yield Effect(
                resource=resource, access=Access.WRITE, aspect="wide", implicit="a row has 65535 bytes"
            )
    if _DEMANDS.search(operation.text):
        named = {e.name for e in effects if e.kind == "table" and e.access is Access.NEED}
        for table in sorted(named):
            why = "it asks for an algorithm or a lock"
            yield Effect(resource=f"storage:{table}", access=Access.READ, aspect="algorithm", implicit=why)


def _is_special(effect: Effect) -> bool:
    """Whether the table allows less in place from then on, and not every engine has it."""
    if effect.kind == "index":
        return bool(_HEAVY.match(effect.detail))
    return effect.kind == "column" and bool({"as", "generated"} & set(effect.detail.split()))


def _is_short(effect: Effect, effects: Iterable[Effect], schema: Schema) -> bool:
    """Whether a key fits any engine and row format."""
    if _HEAVY.match(effect.detail):
        return False
    columns = columns_of(effect.detail)
    whole = effect.detail.count("(") == 1 and bool(columns)
    made = {e.resource: e.detail for e in effects if e.kind == "column" and e.access is Access.CREATE}
    total = 0
    for name in columns:
        resource = f"column:{owner(effect.name)}.{name}"
        thing = schema.find(resource)
        total += _bytes(made.get(resource) or (thing.detail if thing else ""))
    return whole and total <= _SHORT_KEY


def _is_wide(detail: str) -> bool:
    return bool(_SIZED.match(detail)) and _bytes(detail) >= _WIDE_COLUMN


def _bytes(detail: str) -> int:
    """How many bytes a column takes at most; many where that is not known."""
    if _NUMBER.match(detail):
        return 16
    sized = _SIZED.match(detail)
    if sized is None:
        return _WIDE_COLUMN
    return int(sized[2]) * (1 if sized[1].endswith("binary") else 4)


_FOLLOWED: dict[str, Callable[[Effect, Schema], Iterator[Effect]]] = {
    "trigger": _follow_trigger,
    "constraint": _name_key,
    "column": _define_column,
    "rows": _follow_rows,
    "comment": _follow_comment,
    "table": _follow_table,
}
