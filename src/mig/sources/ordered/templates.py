"""Conventions that a project's configuration describes, as ends of paths with ``{version}`` in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mig.model import Convention, Late

if TYPE_CHECKING:
    from mig.config import ConventionConfig

_PIECE = re.compile(r"\{version\}|\{name\}|\*|[^{*]+")
_HELD = ("{version}", "{name}")


def build_convention(config: ConventionConfig) -> Convention:
    """The convention that an entry of the configuration describes."""
    return Convention(
        name=config.name,
        file=re.compile(_pattern(config.file)),
        down=re.compile(_pattern(config.down)) if config.down else None,
        up_mark=_mark(config.up_mark),
        down_mark=_mark(config.down_mark),
        late=Late(config.late),
        endings=(config.file.rpartition("}")[2].rpartition("*")[2],),
    )


def _mark(text: str) -> re.Pattern[str] | None:
    return re.compile(rf"^[ \t]*{re.escape(text)}[^\r\n]*$", re.MULTILINE) if text else None


def _pattern(template: str) -> str:
    """The expression for an end of a path.

    What names the migration reaches from the first folder or file with a placeholder to the last one,
    without the file's ending.
    """
    parts = template.split("/")
    held = [number for number, part in enumerate(parts) if any(one in part for one in _HELD)]
    first, last = held[0], held[-1]
    inside = "/".join(parts[first : last + 1])
    ending = inside[inside.rindex("}") + 1 :] if last == len(parts) - 1 else ""
    above = "".join(f"{_plain(part)}/" for part in parts[:first])
    below = "".join(f"/{_plain(part)}" for part in parts[last + 1 :])
    named = _named(inside.removesuffix(ending))
    return rf"(?:\A|.*/){above}(?P<id>{named}){_plain(ending)}{below}"


def _named(template: str) -> str:
    """The expression for what names a migration; its version reaches to the last ``{version}``."""
    begin, end = template.index("{version}"), template.rindex("{version}") + len("{version}")
    version = "[0-9]+".join(re.escape(piece) for piece in template[begin:end].split("{version}"))
    if template.count("{version}") == 1:
        version = "[0-9]+(?:[._-][0-9]+)*?"
    before, after = _plain(template[:begin]), template[end:]
    found = after.find("{name}")
    if found < 0:
        return rf"{before}(?P<version>{version}){_plain(after)}(?P<name>)"
    rest = _plain(after[found + len("{name}") :])
    return rf"{before}(?P<version>{version}){_plain(after[:found])}(?P<name>[^/]*?){rest}"


def _plain(template: str) -> str:
    return "".join(
        "[^/]*?" if piece in ("*", "{name}") else re.escape(piece) for piece in _PIECE.findall(template)
    )
