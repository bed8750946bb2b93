"""What a person may have meant who named no migration: the nearest ids, files and descriptions."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mig.model import Migration

_FEW = 5
_NEAREST = 3
_ALIKE = 0.5
_WORD = re.compile(r"[^\W_]+")
_STAMP = re.compile(r"^\d+_")


def not_one(wanted: str, fitting: Iterable[str], known: Mapping[str, Migration]) -> str:
    """What is wrong with a name that is the beginning of no id, or of several."""
    ids = sorted(fitting)
    if ids:
        more = f" and {len(ids) - _FEW} more" if len(ids) > _FEW else ""
        return f"{wanted!r} is the beginning of {len(ids)} ids: {_shown(ids[:_FEW], known)}{more}"
    near = find_nearest(wanted, known)
    return f"no migration has the id {wanted!r}" + (f"; the nearest: {_shown(near, known)}" if near else "")


def find_nearest(wanted: str, known: Mapping[str, Migration]) -> tuple[str, ...]:
    """The ids that are most like a word, or whose file or description is; the best first."""
    if not wanted.strip():
        return ()
    ranked = sorted((-_likeness(wanted.lower(), one), i) for i, one in known.items())
    return tuple(i for rank, i in ranked[:_NEAREST] if -rank >= _ALIKE)


def _likeness(wanted: str, one: Migration) -> float:
    """From 0 to 1; what names a file or holds all the words counts more than what looks alike."""
    name = one.path.rpartition("/")[2].lower()
    stem = name.rpartition(".")[0] or name
    if wanted in (one.path.lower(), name, stem, _STAMP.sub("", stem)):
        return 1.0
    words = set(_WORD.findall(wanted))
    if words and words <= {*_WORD.findall(stem), *_WORD.findall(one.description.lower())}:
        return 0.9
    matcher = difflib.SequenceMatcher(b=wanted, autojunk=False)
    best = 0.0
    for text in (one.id, _STAMP.sub("", stem)):
        matcher.set_seq1(text)
        if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE:
            best = max(best, matcher.ratio())
    return best * 0.9


def _shown(ids: Iterable[str], known: Mapping[str, Migration]) -> str:
    return ", ".join(f"{i} ({known[i].path.rpartition('/')[2]})" if known[i].path else i for i in ids)
