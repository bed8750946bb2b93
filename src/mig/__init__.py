"""Git-aware database migrations; the public names are imported when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mig.conflicts.compare import Comparison
    from mig.errors import MigError
    from mig.findings import Finding
    from mig.model import Migration, Snapshot
    from mig.runner import Runner
    from mig.usecases.check import CheckResult, check
    from mig.usecases.compare import compare
    from mig.usecases.project import load

__version__ = "0.1.0"

_HOMES = {
    "CheckResult": "mig.usecases.check",
    "Comparison": "mig.conflicts.compare",
    "Finding": "mig.findings",
    "MigError": "mig.errors",
    "Migration": "mig.model",
    "Runner": "mig.runner",
    "Snapshot": "mig.model",
    "check": "mig.usecases.check",
    "compare": "mig.usecases.compare",
    "load": "mig.usecases.project",
}

__all__ = [
    "CheckResult",
    "Comparison",
    "Finding",
    "MigError",
    "Migration",
    "Runner",
    "Snapshot",
    "__version__",
    "check",
    "compare",
    "load",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as many types as there are public names
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
