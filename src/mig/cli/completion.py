"""``mig completion``: what a shell needs to complete mig's commands, options, ids and refs."""

from __future__ import annotations

import os

import click

_SHELLS = ("bash", "zsh", "fish")


@click.command(name="completion")
@click.argument("shell", type=click.Choice(_SHELLS), default=None, required=False)
def command(shell: str | None) -> None:
    r"""Print the script that completes mig in SHELL: bash, zsh or fish.

    Without SHELL it is the one that you use.  To have it in every session:

    \b
      bash  echo 'eval "$(mig completion bash)"' >> ~/.bashrc
      zsh   echo 'eval "$(mig completion zsh)"' >> ~/.zshrc
      fish  mig completion fish > ~/.config/fish/completions/mig.fish
    """
    from click.shell_completion import get_completion_class

    from mig.cli import COMPLETE, root
    from mig.errors import UsageError

    chosen = shell or os.path.basename(os.environ.get("SHELL", ""))
    found = get_completion_class(chosen) if chosen in _SHELLS else None
    if found is None:
        raise UsageError(
            f"mig completes nothing in {chosen or 'an unknown shell'}",
            hint=f"name one: mig completion {'|'.join(_SHELLS)}",
        )
    click.echo(found(root, {}, "mig", COMPLETE).source())
