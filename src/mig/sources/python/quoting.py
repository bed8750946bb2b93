"""Writes names and literals as SQL, each in the way of its dialect."""

from __future__ import annotations

import re

HOLE = "\ue000"
"""Stands in text for a part that is not known; a character that no file has reason to hold."""

NUMBER_HOLE = "\ue001"
"""The same, for a part that is known to be a number."""

_MYSQL = frozenset({"mysql", "mariadb"})
_BARE = re.compile(r"[a-z_][a-z0-9_$]*")
_RESERVED_WORDS = """
    add all alter analyse analyze and any array as asc asymmetric authorization before between bigint
    binary both by call cascade case cast change char character check collate column condition
    constraint create cross cube current_catalog current_date current_role current_time
    current_timestamp current_user cursor database databases date dec decimal declare default deferrable
    delayed delete desc describe distinct div do double drop dual each else elseif enclosed end escaped
    except exclude exists exit explain false fetch float for force foreign from full fulltext function
    generated grant group grouping groups having high_priority if ignore ilike in index inner inout
    insert int integer intersect interval into is isnull iterate join key keys kill lag last_value
    lateral lead leading leave left like limit linear lines load localtime localtimestamp lock long loop
    match maxvalue mod modifies natural not notnull null numeric of off offset on only optimize option
    or order out outer over overlaps partition percent placing precision primary procedure range rank
    read reads real recursive references regexp release rename repeat replace require restrict return
    returning revoke right rlike row rows schema schemas select separator session_user set show similar
    smallint some spatial sql starting stored straight_join symmetric system system_user table
    terminated then time timestamp to trailing trigger true undo union unique unlock unsigned update
    usage use user using values varchar varying verbose virtual when where while window with write xor
    zerofill
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def quote_name(name: str, dialect: str) -> str:
    """An identifier, in quotes unless it means the same without them."""
    if _BARE.fullmatch(name) and name not in _RESERVED:
        return name
    sign = "`" if dialect in _MYSQL else '"'
    return sign + name.replace(sign, sign * 2) + sign


def qualify(name: str, schema: str, dialect: str) -> str:
    """A name below its schema, if there is one."""
    quoted = quote_name(name, dialect)
    return f"{'.'.join(quote_name(s, dialect) for s in schema.split('.'))}.{quoted}" if schema else quoted


def quote_text(text: str, dialect: str) -> str:
    """A string literal."""
    text = text.replace("'", "''")
    return f"'{text.replace(chr(92), chr(92) * 2)}'" if dialect in _MYSQL else f"'{text}'"


def is_known(text: object) -> bool:
    """Whether a value is text without parts that are not known."""
    return isinstance(text, str) and HOLE not in text and NUMBER_HOLE not in text


_OPENERS = re.compile(r"""'|--|/\*|\$[A-Za-z_]*\$|"|`|\ue000""")


def has_open_hole(text: str) -> bool:
    """Whether an unknown part stands anywhere but inside of a string literal.

    Text that is cut in other ways too (comments, dollar quotes, quoted names, backslashes) counts as open.
    """
    inside = ""
    for match in _OPENERS.finditer(text):
        sign = match.group()
        if inside in {"", sign} and sign in {"'", '"', "`"}:
            inside = "" if inside else sign
        elif inside != "'" and (not inside or sign == HOLE):
            return True
    return "\\" in text
