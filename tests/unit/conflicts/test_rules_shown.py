from __future__ import annotations

from mig.conflicts.table import RULES
from tests.matrix.corpus import DATABASES
from tests.matrix.coverage import find_named, find_shown, name_rule

_WITHOUT_HISTORY = ("unseen:", "cover: ALTER:drop-unsure", "cover: ALTER:vague")


def _is_of_python(name: str) -> bool:
    return "convention" in name  # SQL leaves nothing to a convention: test_python_conventions.py


def _is_of_django(name: str) -> bool:
    return name.startswith("state: ")  # no database knows of it: test_check_django.py


def test_every_rule_is_shown_by_a_pair_on_a_real_database() -> None:
    shown = find_named().union(*(find_shown(database) for database in DATABASES))
    missing = {name for rule in RULES if (name := name_rule(rule)) not in shown}
    # What is said where no history is given, is proved there: test_compare.py
    unexplained = {
        name
        for name in missing
        if not (name.startswith(_WITHOUT_HISTORY) or _is_of_python(name) or _is_of_django(name))
    }
    assert unexplained == set()


def test_rules_have_names_of_their_own() -> None:
    names = [name_rule(rule) for rule in RULES]
    assert sorted(set(names)) == sorted(names)
