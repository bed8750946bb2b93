"""Makes text of a repository harmless for the place where it is printed."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[\x20-\x7e]*")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def printable(text: str) -> str:
    """The text without control characters but for line ends and tabs."""
    return "".join(c if c in "\n\t" else _visible(c) for c in text)


def one_line(text: str) -> str:
    """The text without any control character, line ends included, so that it stays on one line."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(map(_visible, text))


def flat(text: str) -> str:
    """The text on one line, with one space wherever it has white space."""
    return one_line(" ".join(text.split()))


def indented(text: str) -> str:
    """A statement as it stands in a list: four spaces before each line, a semicolon behind the last."""
    return "\n".join(f"    {line}".rstrip() for line in f"{text};".splitlines())


def valid_unicode(text: str) -> str:
    r"""The text with the bytes of a name that is no UTF-8 shown as ``\\xff``; JSON cannot hold them."""
    return _SURROGATES.sub(lambda found: _visible(found[0]), text)


def _visible(character: str) -> str:
    # isprintable() is false for control and format characters, which include those that turn
    # the direction of text around, and for all spaces but one.
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
