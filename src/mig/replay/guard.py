"""Which statements reach beyond one database, so that replay must not run them."""

from __future__ import annotations

import re

_BLANK = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*(?!!|M!).*?\*/)+", re.DOTALL)
_MYSQL = (
    r"use\b|(create|drop|alter) (or replace )?(database|schema|user|role|server|tablespace|undo)\b"
    r"|rename user\b|grant\b|revoke\b|set (global|password|default role|persist|persist_only)\b"
    r"|set .*@@(global|persist\w*)\s*\."
    r"|install\b|uninstall\b|shutdown\b|kill\b|reset\b|purge\b|flush\b|change (master|replication)\b"
    r"|(start|stop) (slave|replica|group_replication|all)\b|load data (?!.*\blocal\b)"
    r"|select\b.*\binto (outfile|dumpfile)\b"
)
_REACH = {
    "postgresql": (
        r"alter system\b|(create|drop|alter) (database|tablespace|subscription)\b|load\b"
        r"|copy\b.*\b(to|from) (program\b|e?')"
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": r"attach\b|detach\b|vacuum\b.*\binto\b",
}
# What belongs to the whole server too, but goes away with the transaction that it is in.
_UNDONE = {
    "postgresql": (
        r"(create|drop|alter) (role|user(?! mapping)|group)\b|(drop|reassign) owned\b"
        r"|(comment|security label\b.*) on (database|tablespace|role|subscription)\b"
        r"|grant (?!.* on ).* to\b|revoke (?!.* on ).* from\b"
    ),
}
# What a database may be told about itself, as long as it is not named.
_OWN = {
    name: re.compile(r"alter (database|schema) (?=(default )?(character set|charset|collate|comment)\b)")
    for name in ("mysql", "mariadb")
}
_COMPILED = {name: re.compile(pattern, re.DOTALL) for name, pattern in _REACH.items()}
_COMPILED_UNDONE = {name: re.compile(pattern, re.DOTALL) for name, pattern in _UNDONE.items()}


def find_reach(statement: str, dialect: str, *, undone: bool = False) -> str:
    """Why a statement must not be run in a throwaway database; empty if it may.

    ``undone`` says that it runs in a transaction that is rolled back.  This reads the words that a
    statement begins with; what a function or an assembled statement does is for the rights of the
    account that replay is given.
    """
    text = _BLANK.sub(" ", statement).strip().lower()
    if dialect in _OWN and _OWN[dialect].match(text):
        return ""
    found = _COMPILED[dialect].match(text)
    if found is None and not undone and dialect in _COMPILED_UNDONE:
        found = _COMPILED_UNDONE[dialect].match(text)
    if found is None:
        return ""
    return (
        f"replay does not run {' '.join(text.split()[:2]).upper()}: it reaches beyond the throwaway database"
    )
