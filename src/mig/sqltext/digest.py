"""The checksum of a text, for which line ends and trailing white space do not count."""

from __future__ import annotations

import hashlib


def without_trailing_space(text: str) -> str:
    """The text as it counts for a checksum; no regular expression, whose time hostile text can square."""
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")


def text_checksum(text: str) -> str:
    """SHA-256 of a whole text."""
    return hashlib.sha256(without_trailing_space(text).encode("utf-8", "surrogatepass")).hexdigest()
