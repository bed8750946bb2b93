"""The labels of an enum type that ``ALTER TYPE ... ADD VALUE`` adds and names."""

from __future__ import annotations

import re

_ADDED = re.compile(
    r"(?P<label>'(?:[^']|'')*')(?: (?:before|after) (?P<place>'(?:[^']|'')*'))?(?: if not exists)?"
)


def labels_meet(one: str, other: str) -> bool:
    """Whether one of two added labels is the other, or the place of the other; what cannot be read is."""
    first, second = _ADDED.fullmatch(one), _ADDED.fullmatch(other)
    if first is None or second is None:
        return True
    return first["label"] in (second["label"], second["place"]) or second["label"] == first["place"]
