"""Many databases or schemas with the same migrations, one tenant each."""

from __future__ import annotations
