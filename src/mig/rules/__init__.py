"""The rules of ``mig check``: pure functions from a three-way comparison to findings."""

from __future__ import annotations

from mig.rules.graph import find_graph_problems
from mig.rules.history import find_history_problems
from mig.rules.mistakes import find_mistakes
from mig.rules.ordered import find_ordered_problems
from mig.rules.pairs import find_unordered_pairs
from mig.rules.repeatables import find_repeatable_problems
from mig.rules.versions import find_version_problems

RULES = (
    find_graph_problems,
    find_version_problems,
    find_history_problems,
    find_unordered_pairs,
    find_ordered_problems,
    find_mistakes,
    find_repeatable_problems,
)
"""Every rule; a new one is a module and a name in this line."""
