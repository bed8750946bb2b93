"""Python text is read as syntax only, and no input makes the reader fail."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mig.sources.base import Problem
from mig.sources.pysyntax import (
    MAX_PARSE_CHARACTERS,
    UNKNOWN,
    Module,
    constants,
    line_starts,
    parse,
    span,
)


def parsed(data: bytes | str) -> Module:
    module = parse(data.encode() if isinstance(data, str) else data)
    assert isinstance(module, Module), module
    return module


def value(text: str, name: str = "x") -> object:
    return constants(parsed(text).tree)[name].value


@pytest.mark.parametrize(
    ("data", "text", "encoding", "bom"),
    [
        pytest.param("x = 'é'\n".encode(), "x = 'é'\n", "utf-8", False, id="plain"),
        pytest.param(b"\xef\xbb\xbfx = 1\n", "x = 1\n", "utf-8", True, id="byte order mark"),
        pytest.param(
            b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
            "# -*- coding: latin-1 -*-\nx = 'é'\n",
            "iso8859-1",
            False,
            id="cookie",
        ),
        pytest.param(
            b"#!x\r\n# vim: fileencoding=cp1252\r\nx = '\x80'",
            "#!x\r\n# vim: fileencoding=cp1252\r\nx = '€'",
            "cp1252",
            False,
            id="cookie on line 2",
        ),
        pytest.param(b"", "", "utf-8", False, id="empty"),
    ],
)
def test_text_is_decoded_as_python_does_and_encoded_back(
    data: bytes, text: str, encoding: str, bom: bool
) -> None:
    module = parsed(data)
    assert (module.text, module.encoding, module.bom) == (text, encoding, bom)
    assert module.encode(module.text) == data


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        pytest.param(b"a = 1\nb = '\xff'\n", "MIG001", 2, id="undecodable byte"),
        pytest.param(b"# coding: klingon\n", "MIG001", 1, id="unknown encoding"),
        pytest.param(b"# coding: punycode\nx-", "MIG001", 1, id="slow encoding"),
        pytest.param(b"# coding: utf-7\nx", "MIG001", 1, id="encoding that hides code"),
        pytest.param(b"# coding: hex\n41", "MIG001", 1, id="encoding that is no text"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\n", "MIG001", 1, id="mark against cookie"),
        pytest.param("x = 1\n".encode("utf-16"), "MIG001", 1, id="utf-16"),
        pytest.param(b"a = 1\nb = \0\n", "MIG006", 2, id="nul"),
        pytest.param(b"a = 1\n\nprint 'x'\n", "MIG006", 3, id="python 2"),
        pytest.param(b"(" * 5000, "MIG006", 1, id="nested parentheses"),
        pytest.param(b"x = " + b"-" * 50_000 + b"1", "MIG006", 0, id="nested operators"),
        pytest.param(b"x = a" + b".b" * 50_000, "MIG006", 0, id="deep chain"),
        pytest.param(b"x = f'" + b"{a}" * 30_000 + b"'", "MIG006", 0, id="slow f-string"),
        pytest.param(b"x = " + b"9" * 5000, "MIG006", 1, id="integer too long"),
        pytest.param(b"#" * (MAX_PARSE_CHARACTERS + 1), "MIG006", 0, id="too large"),
    ],
)
def test_bad_text_is_a_problem_with_its_line(data: bytes, code: str, line: int) -> None:
    problem = parse(data)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.line) == (code, line)
    assert "\n" not in problem.message


@pytest.mark.parametrize("action", ["error", "always"])
def test_warnings_of_the_text_are_neither_raised_nor_shown(action: str) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter(action)  # type: ignore[arg-type]
        module = parsed("x = '\\d'\n")
    assert shown == []
    assert constants(module.tree)["x"].value == "\\d"


def test_other_warnings_are_still_raised() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed("x = '\\d'\n")
        with pytest.raises(UserWarning):
            warnings.warn("still here", UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("x = 'a'", "a", id="string"),
        pytest.param("x: str | None = None", None, id="annotated"),
        pytest.param("y = x = 'a'", "a", id="chained"),
        pytest.param("x = ('a', 'b')", ("a", "b"), id="tuple"),
        pytest.param("x = ['a', ('b',)]", ["a", ("b",)], id="list"),
        pytest.param("x = {'a', 'b'}", {"a", "b"}, id="set"),
        pytest.param("a = 'a'\nx = (a, a + 'b')", ("a", "ab"), id="names and sums"),
        pytest.param("x = ('a'\n  'b')", "ab", id="implicit concatenation"),
        pytest.param("a = 'r'\nx = f'{a}_{1}'", "r_1", id="f-string"),
        pytest.param("a = ('a',)\nx = (*a, 'b') + a", ("a", "b", "a"), id="unpacking"),
        pytest.param("x = 1\nx = 2", 2, id="last wins"),
        pytest.param("if a:\n  x = 1\nelse:\n  x = 1", 1, id="branches that agree"),
        pytest.param("try:\n  import y\nexcept E:\n  y = 1\nx = 'a'", "a", id="after a try"),
        pytest.param("with a:\n  x = 1", 1, id="with"),
        pytest.param("x = f()", UNKNOWN, id="call"),
        pytest.param("x = y", UNKNOWN, id="unknown name"),
        pytest.param("x = 1\nx = f()", UNKNOWN, id="lost"),
        pytest.param("if a:\n  x = 1\nelse:\n  x = True", UNKNOWN, id="branches that differ"),
        pytest.param("x = 1\nif a:\n  x = 2", UNKNOWN, id="overwritten on a condition"),
        pytest.param("x = 'a'\nx += 'b'", UNKNOWN, id="augmented"),
        pytest.param("x = 'a'\ndel x", UNKNOWN, id="deleted"),
        pytest.param("x = 'a'\ny = (x := 'b')", UNKNOWN, id="walrus"),
        pytest.param("x = 'a'\ndef x(): pass", UNKNOWN, id="function"),
        pytest.param("x = 'a'\nfrom y import z as x", UNKNOWN, id="import"),
        pytest.param("x = 'a'\nfor x in y: pass", UNKNOWN, id="loop"),
        pytest.param("x = 'a'\nmatch y:\n  case [x, *_]: pass", UNKNOWN, id="pattern"),
        pytest.param("x = 'a'\ntry: y()\nexcept E as x: pass", UNKNOWN, id="except"),
        pytest.param("x, y = 'a', 'b'", UNKNOWN, id="unpacked"),
        pytest.param("x = 'a' * 10 ** 9", UNKNOWN, id="repetition"),
        pytest.param("x = f'{1:>999999999}'", UNKNOWN, id="padding"),
        pytest.param("x = {[]}", UNKNOWN, id="unhashable"),
        pytest.param("x = f'{0x" + "f" * 9000 + "}'", UNKNOWN, id="integer that cannot be written"),
        pytest.param("x = " + "+".join(["'a'"] * 200), UNKNOWN, id="long sum"),
    ],
)
def test_a_value_is_told_only_where_literals_give_it(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_an_assignment_has_its_line_and_its_count() -> None:
    bound = constants(parsed("x = 1\n\nx: int = 2\n").tree)["x"]
    assert (bound.line, bound.times) == (3, 2)
    assert isinstance(bound.statement, ast.AnnAssign)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("a{n} = a{m} + a{m}", id="strings"),
        pytest.param("a{n} = (a{m}, a{m})", id="tuples"),
        pytest.param("a{n} = (*a{m}, *a{m})", id="unpacked tuples"),
        pytest.param("a{n} = f'{{a{m}}}{{a{m}}}'", id="f-strings"),
    ],
)
def test_values_that_double_are_given_up_in_time(step: str) -> None:
    first = "'aa'" if "+" in step or "f'" in step else "('a', 'a')"
    lines = [f"a0 = {first}", *(step.format(n=n + 1, m=n) for n in range(90)), "x = {a90}"]
    assert value("\n".join(lines)) is UNKNOWN


def test_a_long_chain_of_conditions_is_read() -> None:
    text = "if a: x = 1\n" + "elif a: x = 1\n" * 900
    module = parse(text.encode())
    if isinstance(module, Module):
        assert constants(module.tree)["x"].value == 1
    else:
        assert module.code == "MIG006"


@pytest.mark.parametrize("newline", [pytest.param(e, id=repr(e)) for e in ("\n", "\r\n", "\r")])
def test_a_span_is_the_text_of_its_node(newline: str) -> None:
    text = newline.join(["é = 'ü'; x = ('ö',", "'b')  # ß", "y = 'c\f'", ""])
    module = parsed(text)
    bound = constants(module.tree)
    nodes = {name: bound[name].node for name in "éxy"}
    texts = {name: text[slice(*span(node, text))] for name, node in nodes.items() if node is not None}
    assert texts == {"é": "'ü'", "x": f"('ö',{newline}'b')", "y": "'c\f'"}
    assert span(bound["y"].statement, text, line_starts(text))[0] == text.index("y =")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"# coding: \xff\n")
@example(b"\xef\xbb\xbf")
@example(b"\r# coding: undefined\r")
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    module = parse(data)
    if isinstance(module, Problem):
        assert module.message
        assert 0 <= module.line <= data.count(b"\n") + data.count(b"\r") + 2
        return
    for bound in constants(module.tree).values():
        start, end = span(bound.statement, module.text)
        assert 0 <= start < end <= len(module.text)
    assert module.encode(module.text) == data
