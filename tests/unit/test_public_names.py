from __future__ import annotations

import subprocess
import sys

import pytest

import mig


def test_importing_mig_imports_nothing_else_of_it() -> None:
    code = "import sys, mig; print(sorted(name for name in sys.modules if name.startswith('mig')))"
    result = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "['mig']\n"


@pytest.mark.parametrize("name", sorted(set(mig.__all__) - {"__version__"}))
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(mig, name).__module__.startswith("mig.")


def test_public_names_are_listed_before_their_first_use() -> None:
    assert set(mig.__all__) <= set(dir(mig))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mig' has no attribute 'nothing'"):
        _ = mig.nothing
