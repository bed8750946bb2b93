"""Applies and reverts migrations on databases; the only part of mig that executes them."""

from __future__ import annotations

from mig.runner.options import Options, Outcome
from mig.runner.runner import Runner

__all__ = ["Options", "Outcome", "Runner"]
