from __future__ import annotations

import pytest

from mig.sources.declarations import MEANING, find_in_python, find_in_sql
from mig.sources.pysyntax import Module, parse

GOOD = (
    ("commutes-with", '1.2__a "they touch different rows"'),
    ("ignore", 'MIG302 "agreed in review"'),
    ("touches", "column:users.email write"),
)


def module(text: str) -> Module:
    found = parse(text.encode())
    assert isinstance(found, Module)
    return found


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_declarations_are_read_in_comments_of_both_languages(name: str, value: str) -> None:
    rows, problems = find_in_sql(f"SELECT 1;\n-- mig:{name} {value}\n", MEANING)
    assert (rows, problems) == (((name, value, 2),), ())
    rows, problems = find_in_python(module(f"def upgrade():\n    # mig:{name}  {value}\n    pass\n"), MEANING)
    assert (rows, problems) == (((name, value, 2),), ())


@pytest.mark.parametrize(
    ("line", "form"),
    [
        pytest.param("ignore MIG302", 'ignore MIG3xx "REASON"', id="no-reason"),
        pytest.param('ignore MIG302 ""', 'ignore MIG3xx "REASON"', id="empty-reason"),
        pytest.param('ignore everything "please"', 'ignore MIG3xx "REASON"', id="no-code"),
        pytest.param('commutes-with "x"', 'commutes-with ID "REASON"', id="no-id"),
        pytest.param("touches users write", "touches KIND:NAME ACCESS", id="no-kind"),
    ],
)
def test_a_declaration_that_is_not_understood_is_a_finding_and_never_passed_over(
    line: str, form: str
) -> None:
    rows, problems = find_in_sql(f"-- mig:{line}\n", MEANING)
    assert rows == ()
    assert [(one.code, form in one.message, one.line) for one in problems] == [("MIG003", True, 1)]


def test_what_is_no_comment_or_another_tools_declares_nothing() -> None:
    assert find_in_sql("SELECT '-- mig:ignore';\n-- mig:up\n-- mig:other x\n", MEANING) == ((), ())
    text = '"""\n# mig:ignore MIG302 "x"\n"""\nx = 1  # mig:ignore MIG302 "x"\n'
    assert find_in_python(module(text), MEANING) == ((), ())
    assert find_in_python(module("# mig:order a b\n"), MEANING) == ((), ())
