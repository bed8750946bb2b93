"""Puts other parents into the files of ours, one file for each migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.sources.base import Placed, Placing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.sources.base import Placement


def place_by_parents(
    placement: Placement, reparent: Callable[[str, bytes, tuple[str, ...]], bytes]
) -> Placing:
    """The files with new parents in their headers; no id changes.

    Args:
        placement: where ours are to stand.
        reparent: gives a file, of which it gets the path and the bytes, these parents.
    """
    return Placing(
        tuple(
            Placed(
                one.id,
                one.path,
                one.path,
                reparent(one.path, placement.read(one.path), placement.parents[one.id]),
            )
            for one in placement.ours
            if one.id in placement.parents
        ),
        {},
    )
