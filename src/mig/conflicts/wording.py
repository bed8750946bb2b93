"""How effects are said: ``indexes users.email``, ``puts a trigger on orders``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.effects.footprint import Access

if TYPE_CHECKING:
    from mig.effects.footprint import Effect

# Looked up as KIND ACCESS:ASPECT, KIND ACCESS, ACCESS:ASPECT and ACCESS, in this order.  Without ``{}``
# a phrase can end a sentence: ``users.email, which B indexes``.
_PHRASES = {
    "CREATE": "creates {}",
    "DROP": "drops {}",
    "RENAME": "renames {}",
    "ALTER": "changes {}",
    "ALTER:type": "changes the type of {}",
    "ALTER:default": "changes the default of {}",
    "ALTER:identity": "changes the identity of {}",
    "ALTER:options": "sets options of {}",
    "ALTER:owner": "gives {} another owner",
    "ALTER:logged": "changes whether {} is logged",
    "rows ALTER:owner": "gives {} another owner",
    "ALTER:definition": "redefines {}",
    "ALTER:enable": "switches {} on or off",
    "ALTER:validate": "validates {}",
    "ALTER:partition": "changes the partitions of {}",
    "ALTER:charset": "changes the character set of {}",
    "ALTER:rls": "switches the row security of {}",
    "ALTER:add-value": "adds a value to {}",
    "ALTER:add-value-before": "adds a value in the middle of {}",
    "ALTER:rename-value": "renames a value of {}",
    "ALTER:broken": "breaks {}",
    "ALTER:hidden": "hides {}",
    "ALTER:dangling": "leaves a reference to nothing on {}",
    "type ALTER:validate": "adds a check to {}",
    "NEED": "needs {}",
    "NEED:index": "indexes {}",
    "NEED:view": "has a view of {}",
    "NEED:star": "has a view of {}",
    "NEED:foreign-key": "has a foreign key on {}",
    "NEED:check": "checks {}",
    "NEED:key": "has a key on {}",
    "NEED:trigger": "uses {} in a trigger",
    "NEED:function": "uses {} in a function",
    "NEED:policy": "uses {} in a policy",
    "NEED:generated": "computes a column from {}",
    "NEED:default": "uses {} in a default",
    "NEED:table": "changes {}",
    "NEED:query": "uses {}",
    "NEED:sequence": "has a sequence for {}",
    "NEED:owned": "changes which sequences belong to {}",
    "NEED:referring": "puts a foreign key on {}",
    "NEED:grant": "grants on {}",
    "NEED:comment": "comments on {}",
    "NEED:copy": "copies {}",
    "table NEED:foreign-key": "has a foreign key to {}",
    "relation NEED:foreign-key": "has a foreign key to {}",
    "role NEED:grant": "grants to {}",
    "type NEED:table": "has a column of {}",
    "function NEED:table": "uses {}",
    "sequence NEED:table": "uses {}",
    "schema NEED:table": "uses {}",
    "shape NEED:view": "has a view of all columns of {}",
    "shape NEED:star": "has a view of all columns of {}",
    "shape NEED:query": "means all columns of {}",
    "shape NEED:trigger": "means all columns of {} in a trigger",
    "shape NEED:function": "means all columns of {} in a function",
    "shape NEED": "takes all columns of {}",
    "shape ALTER": "changes the columns of {}",
    "parts NEED": "copies {}",
    "resolvable NEED": "makes SQLite resolve {}",
    "resolvable ALTER": "breaks one of {}",
    "READ": "reads {}",
    "READ:exists": "looks a row up in {}",
    "READ:validate": "checks {}",
    "READ:default": "leaves {} to its default",
    "READ:absent": "looks for {}",
    "READ:convention": "may make {}",
    "READ:fire": "fires {}",
    "READ:cascade": "deletes through {}",
    "READ:value": "uses values of {}",
    "READ:order": "numbers the rows of {}",
    "constraint READ:query": "relies on {}",
    "index READ:query": "relies on {}",
    "WRITE": "writes to {}",
    "WRITE:insert": "inserts into {}",
    "WRITE:update": "updates {}",
    "WRITE:delete": "deletes from {}",
    "WRITE:truncate": "empties {}",
    "WRITE:replace": "replaces rows of {}",
    "sequence WRITE": "takes a number from {}",
    "sequence WRITE:raise": "moves {} on",
    "sequence WRITE:set": "sets {}",
    "key WRITE": "takes a key of {}",
    "rows ALTER:admits": "drops a key of {}",
    "values ALTER:trigger": "puts a trigger on updates of {}",
    "values ALTER:broken": "breaks a trigger on updates of {}",
    "names ALTER": "leaves it to the database to name a part of {}",
    "parts ALTER": "changes {}",
    "cover ALTER:index": "makes or drops an index on {}",
    "cover ALTER:key": "makes or drops a foreign key on {}",
    "grants ALTER:grant": "grants on {}",
    "grants ALTER:revoke": "revokes rights on {}",
}
_SHAPE = {
    "add": "adds a column to {}",
    "drop": "drops a column of {}",
    "rename": "renames a column of {}",
    "type": "changes the type of a column of {}",
}
_NULL = {"not null": "makes {} NOT NULL", "null": "lets {} be NULL"}
_NOUNS = {
    "column": "{}",
    "relation": "{}",
    "rows": "{}",
    "values": "{}",
    "names": "{}",
    "cover": "{}",
    "grants": "{}",
    "shape": "{}",
    "parts": "the keys and indexes of {}",
    "foreign-key-name": "foreign key {}",
    "resolvable": "the views and triggers",
}
_TAKEN = {
    ("default", Access.READ, Access.ALTER): "{} leaves {} to its default, which {} changes",
    ("default", Access.ALTER, Access.READ): "{} changes the default of {}, which {} takes",
}
# What is not one thing that both sides name.
_APART = frozenset({"shape", "parts", "resolvable"})
_PLURALS = {"has": "have", "switches": "switch", "passes": "pass"}
_RESOURCE = re.compile(r"\b([a-z-]+):(?=[\w\"])")
# What the phrase says already.
_SAID = frozenset(
    {
        "a column that the INSERT leaves out",
        "a foreign key looks its row up",
        "a foreign key makes an index, or shares one",
        "a foreign key passes it on",
        "a key may serve a foreign key",
        "a key that the database makes",
        "a part of the table",
        "a trigger fires",
        "a unique key",
        "an index may serve a foreign key",
        "each row gets a number",
        "IF EXISTS",
        "it depends on it",
        "its columns are part of its definition",
        "LIKE copies it",
        "renamed before",
        "row type",
        "SQLite resolves all views",
        "the default",
        "the highest key so far",
        "the key is gone",
        "the rows that are changed",
        "the type of a column",
        "what the INSERT does on a double key",
    }
)


def phrase(effect: Effect) -> str:
    """What an effect does, with ``{}`` for what it does it to."""
    access = "RENAME" if effect.access is Access.DROP and effect.renamed_to else effect.access.name
    if access == "ALTER":
        found = _altering(effect)
        if found:
            return found
    kind, aspect = effect.kind, effect.aspect
    for key in (f"{kind} {access}:{aspect}", f"{kind} {access}", f"{access}:{aspect}"):
        if key in _PHRASES:
            return _PHRASES[key]
    return _PHRASES[access]


def noun(effect: Effect) -> str:
    """The resource of an effect: ``users.email``, ``trigger users_log``, ``the columns of users``."""
    kind, name = effect.kind, effect.name
    if kind == "comment":
        return f"the comment on {plain(name)}"
    if kind == "key":
        table, _, key = name.partition(".")
        return f"{table} ({key.removeprefix(f'{table}.')})"
    if kind == "sequence" and name.endswith(".auto"):
        return f"the counter of {name.removesuffix('.auto')}"
    if kind in {"values", "sequence"} and name.endswith(".*"):
        name = name.removesuffix(".*")
    return _NOUNS.get(kind, f"{kind.replace('-', ' ')} {{}}").format(name)


def said_of_two(one: Effect, other: Effect, sides: tuple[str, str]) -> str:
    """What two sides do to one resource: ``A indexes users.email, which B renames to users.mail``."""
    first, second = sides
    if phrase(one) == phrase(other):
        return f"{first} and {second} both {_said_of_both(one, other)}"
    taken = _TAKEN.get((one.aspect, one.access, other.access)) if one.aspect == other.aspect else None
    if taken:
        return taken.format(first, noun(one), second)
    if one.kind in _APART:
        return f"{first} {_said(one)}, and {second} {_said(other)}"
    return f"{first} {_said(one)}, which {second} {_said_of_it(other)}"


def _said(effect: Effect) -> str:
    """An effect as a main clause says it: ``indexes users.email``."""
    renamed = f" to {short(effect.renamed_to)}" if effect.renamed_to else ""
    return f"{phrase(effect).format(noun(effect))}{renamed}{_because(effect)}"


def _said_of_it(effect: Effect) -> str:
    """An effect as a relative clause says it: ``renames to users.mail``."""
    renamed = f" to {short(effect.renamed_to)}" if effect.renamed_to else ""
    return f"{phrase(effect).replace(' {}', '')}{renamed}{_because(effect)}"


def _said_of_both(one: Effect, other: Effect) -> str:
    """What two sides both do: ``create users.phone``."""
    verb, _, rest = phrase(one).partition(" ")
    many = _PLURALS.get(verb, verb.removesuffix("s"))
    sentence = f"{many} {rest}".format(noun(one))
    if not one.renamed_to:
        return sentence
    names = short(one.renamed_to), short(other.renamed_to)
    return (
        f"{sentence} to {names[0]}"
        if names[0] == names[1]
        else f"{sentence}, to {names[0]} and to {names[1]}"
    )


def short(resource: str) -> str:
    """A resource without its kind."""
    return resource.partition(":")[2]


def plain(text: str) -> str:
    """A text with ``column users.email`` for ``column:users.email``."""
    return _RESOURCE.sub(r"\1 ", text)


def _altering(effect: Effect) -> str:
    kind, aspect = effect.kind, effect.aspect
    if kind == "shape":
        return _SHAPE.get(effect.detail.partition(" ")[0], "")
    if kind == "rows":
        for begin, words in (("trigger", "puts a trigger on {}"), ("untrigger", "takes a trigger off {}")):
            if aspect.startswith(begin):
                return words
        return "breaks a trigger on {}" if aspect.startswith("broken") else ""
    return _NULL.get(effect.detail, "changes whether {} can be NULL") if aspect == "null" else ""


def _because(effect: Effect) -> str:
    if not effect.implicit or effect.implicit in _SAID:
        return ""
    return f" ({plain(effect.implicit)})"
