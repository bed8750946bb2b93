"""Compares SQL with SQL on a base that is SQL too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mig.conflicts.closure import build_schema
from mig.conflicts.compare import compare_footprints
from mig.effects.footprint import Footprint
from mig.effects.sql import read_sql

if TYPE_CHECKING:
    from mig.conflicts.compare import Comparison


def read(sql: str, dialect: str) -> Footprint:
    return Footprint(operations=read_sql(sql, dialect))


def compare_sql(a: str, b: str, *, base: str = "", dialect: str = "postgresql") -> Comparison:
    schema = build_schema([read(base, dialect)], dialect, is_complete=bool(base))
    return compare_footprints(read(a, dialect), read(b, dialect), schema, dialect)
