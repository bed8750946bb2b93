"""Carries out the methods of lists, sets and dictionaries; in a branch that may not run they leave doubt."""

# ruff: noqa: C901, PLR0911 - one branch for each kind of value reads best in one place

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.python.quoting import is_known
from mig.sources.python.values import Group, Items, Names, data

if TYPE_CHECKING:
    from mig.sources.python.machine import Machine


def _set_default(names: Names, key: object, value: object, machine: Machine) -> object:
    known = isinstance(key, (str, int)) and key in names
    if not known:
        machine.put(names, key, value)
        return value
    return names[key]


def call_items(items: Items, name: str, args: tuple[object, ...], machine: Machine) -> object:
    """A method of a list or a set."""
    machine.spend()
    if name in {
        "append",
        "add",
        "insert",
        "discard",
        "remove",
        "pop",
        "extend",
        "update",
        "clear",
        "sort",
        "reverse",
    }:
        if machine.doubt > items.born:
            items.is_doubtful = True
        return _change(items, name, args, machine)
    if name == "copy":
        made = machine.new_items(list(items), type(items))
        made.is_doubtful = items.is_doubtful
        return made
    if name in {"union", "difference", "intersection", "symmetric_difference", "issubset", "issuperset"}:
        made = machine.new_items([*items, *(v for a in args for v in machine.iterate(a)[0])], Group)
        made.is_doubtful = True
        return made
    return data(f"what {name} gives")


def _change(items: Items, name: str, args: tuple[object, ...], machine: Machine) -> object:
    if name in {"append", "add", "insert"} and args:
        if not (
            name == "add"
            and any(v is args[-1] or (isinstance(v, str) and v == args[-1]) for v in items[:500])
        ):
            items.append(args[-1])
    elif name in {"extend", "update"} and args:
        found, certain = machine.iterate(args[0])
        machine.spend(len(found) // 4)
        items.extend(found)
        items.is_doubtful = items.is_doubtful or not certain
    elif name == "pop" and items and not items.is_doubtful and not args:
        return items.pop()
    elif name == "clear" and not items.is_doubtful:
        items.clear()
    elif name not in {"sort", "reverse"}:
        items.is_doubtful = True
        return machine.merge(*items[:50])
    return None


def call_names(names: Names, name: str, args: tuple[object, ...], machine: Machine) -> object:
    """A method of a dictionary."""
    machine.spend()
    if name in {"items", "keys", "values"}:
        listed: list[object] = list(names) if name == "keys" else list(names.values())
        made = machine.new_items(list(names.items()) if name == "items" else listed)
        made.is_doubtful = names.is_doubtful
        return made
    if name in {"get", "setdefault", "pop"} and args:
        if name == "setdefault" and len(args) > 1:
            return _set_default(names, args[0], args[1], machine)
        if name == "pop" and machine.doubt > names.born:
            names.is_doubtful = True
        if isinstance(args[0], (str, int)) and not names.is_doubtful and is_known(str(args[0])):
            default = args[1] if len(args) > 1 else None
            return names.pop(args[0], default) if name == "pop" else names.get(args[0], default)
        return machine.merge(*list(names.values())[:50], *args[1:])
    if name == "update":
        for given in args:
            for key, value in given.items() if isinstance(given, dict) else ():
                machine.put(names, key, value)
            if not isinstance(given, dict):
                machine.put(names, data("a key"), data("an element"))
        return None
    if name == "copy":
        made_names = machine.new_names()
        made_names.update(names)
        made_names.is_doubtful = names.is_doubtful
        return made_names
    names.is_doubtful = True
    return data(f"what {name} gives")
