"""Database URLs: which database they name, and what of them may be shown to anybody."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote_plus

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_SHOWN = frozenset(
    {
        "application_name",
        "charset",
        "connect_timeout",
        "dbname",
        "host",
        "mode",
        "port",
        "sslmode",
        "unix_socket",
        "uri",
        "user",
    }
)
_MASK = "***"


def safe_url(url: str) -> str:
    """The URL without any secret; where it is not clear what is secret, only its beginning."""
    found = _URL.fullmatch(url.strip())
    if found is None:
        return "(not a database URL)"
    scheme, rest = found[1], found[2]
    head, mark, query = rest.partition("?")
    if "@" in query and not _is_file(scheme):
        return f"{scheme}://{_MASK}"
    user, password, place = _take_apart(scheme, head)
    shown = f"{user}:{_MASK}@" if password else f"{user}@" if user else ""
    return f"{scheme}://{shown}{place}{mark}{_masked(query)}"


def secrets_of(url: str) -> tuple[str, ...]:
    """Every text that must not be shown, the longest first: as written, and decoded."""
    found = _URL.fullmatch(url.strip())
    if found is None:
        return (url,) if url else ()
    scheme, rest = found[1], found[2]
    head, _, query = rest.partition("?")
    hidden = [_take_apart(scheme, head)[1]]
    hidden += [value for name, value in _parameters(query) if name.lower() not in _SHOWN]
    if "@" in query and not _is_file(scheme):
        hidden.append(rest.rpartition("@")[0].partition(":")[2])
    # A password with an unquoted / or @ is taken apart by the driver, whose message shows a piece.
    pieces = [piece for text in hidden for piece in (text, *re.split(r"[/@?:#]", text))]
    texts = {form for piece in pieces for form in (piece, unquote_plus(piece)) if form}
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret replaced."""
    for secret in secrets:
        text = text.replace(secret, _MASK)
    return text


def from_folder(url: str, folder: str) -> str:
    """The URL with a relative SQLite file looked for from a folder."""
    scheme, mark, path = url.partition(":///")
    relative = scheme.startswith("sqlite") and path and not path.startswith(("/", ":", "file:"))
    if not mark or not relative or os.path.isabs(path):
        return url
    return f"{scheme}:///{os.path.normpath(os.path.join(os.path.abspath(folder), path))}"


def _is_file(scheme: str) -> bool:
    return scheme.lower().startswith("sqlite")


def _take_apart(scheme: str, head: str) -> tuple[str, str, str]:
    """User, password and the rest.  The last ``@`` counts, as passwords hold some by mistake."""
    if _is_file(scheme):
        return "", "", head
    login, _, place = head.rpartition("@")
    user, _, password = login.partition(":")
    return user, password, place


def _parameters(query: str) -> list[tuple[str, str]]:
    return [(name, value) for part in query.split("&") if part for name, _, value in [part.partition("=")]]


def _masked(query: str) -> str:
    shown = ((name, value if name.lower() in _SHOWN else _MASK) for name, value in _parameters(query))
    return "&".join(f"{name}={value}" for name, value in shown)
