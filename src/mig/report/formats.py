"""The formats of a check for programs and pages: a name, and the module that renders it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from mig.findings import Severity

if TYPE_CHECKING:
    from mig.usecases.check import CheckResult

FORMATS = {
    "json": "mig.report.json",
    "github": "mig.report.github",
    "gitlab": "mig.report.gitlab",
    "html": "mig.report.graph_html",
    "junit": "mig.report.junit",
    "markdown": "mig.report.markdown",
    "sarif": "mig.report.sarif",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a check is to be seen.

    ``branch`` is the one that is checked out, where it is what was checked; ``fail_on`` the severity from
    which on the check has failed; ``quiet`` leaves out what people need not read, ``verbose`` adds notes.
    """

    branch: str = ""
    fail_on: Severity = Severity.ERROR
    quiet: bool = False
    verbose: bool = False

    @property
    def least(self) -> Severity:
        """The severity from which on findings stand in what is written for pages and programs."""
        return Severity.NOTE if self.verbose else Severity.WARNING


class _Module(Protocol):
    def render_check(self, result: CheckResult, view: View) -> str: ...


def render(name: str, result: CheckResult, view: View) -> str:
    """A check in one of ``FORMATS``, ending with a line end."""
    # A module in a table of dotted names is beyond the type checker.
    return cast("_Module", importlib.import_module(FORMATS[name])).render_check(result, view)
