"""What every command shares: the global options, and how a command opens the project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mig.usecases.project import Project

FORMATS = ("rich", "text", "json", "github")


@dataclass(frozen=True, slots=True, kw_only=True)
class Globals:
    """The global options as the user gave them; ``format`` None: chosen by the command."""

    directory: Path
    elsewhere: bool
    config: Path | None
    lineage: str
    format: str | None
    color: bool
    quiet: bool
    verbosity: int

    def project(self) -> Project:
        """The project of the folder that the command works in."""
        from mig.usecases.project import open_project

        return open_project(
            self.directory, config_file=self.config, lineage=self.lineage, elsewhere=self.elsewhere
        )
