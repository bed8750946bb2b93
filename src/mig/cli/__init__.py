"""The command line: the table of commands, and the one place where the program ends."""

from __future__ import annotations

import gc
import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

import click

from mig import __version__
from mig.cli._options import accept_globals, global_options
from mig.errors import MigError
from mig.report.escape import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

# Name, and the line that `mig --help` shows without importing the command.
COMMANDS = {
    "init": "Write the configuration and the folder of migrations.",
    "new": "Make a migration that continues the current heads.",
    "check": "Check this branch against the one it will be merged into.",
    "radar": "Compare all open branches with the base and each other.",
    "compare": "Say whether two migrations commute, and why not.",
    "heads": "Show the heads of each lineage.",
    "log": "List the migrations in linear order, or draw them.",
    "graph": "Draw the graph of migrations, with the pairs that clash.",
    "show": "Show one migration.",
    "merge": "Make the merge migration for the current heads.",
    "rebase": "Put our unpublished migrations after theirs.",
    "hooks": "Install, remove and run the Git hooks.",
    "status": "Compare the database with the checked-out migrations.",
    "up": "Apply migrations.",
    "down": "Revert migrations.",
    "redo": "Revert the last migration and apply it again.",
    "repair": "Settle a migration that was interrupted in the middle.",
    "baseline": "Write the first migration from a database that exists already.",
    "stamp": "Record migrations as applied without running them.",
    "verify": "Check a database: checksums, and what was changed by hand.",
    "sync": "Move the development database to the checked-out branch.",
    "explain": "Explain a code such as MIG101.",
    "doctor": "Say what was recognised here, and why.",
    "completion": "Print the script that completes mig in a shell.",
}

COMPLETE = "_MIG_COMPLETE"
"""The variable by which a shell asks for completions, as click names it."""
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a command only when it is called; its help text is static."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # Every module of a command has a click command of that name.
        command = cast("click.Command", importlib.import_module(f"mig.cli.{cmd_name}").command)
        accept_globals(command)
        if COMPLETE in os.environ:
            from mig.cli._complete import offer_values

            offer_values(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"no such command {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="mig", message="%(prog)s %(version)s")
def root() -> None:
    """Database migrations for teams that use Git.

    mig finds migrations of parallel branches that clash, before they are merged, and applies
    what was merged in one order.
    """


root.params.extend(global_options())


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit status; nothing else in mig ends the program."""
    _never_fail_on_a_character(sys.stdout)
    # Snapshots of thousands of migrations hold no cycles, and looking for some took a fifth of a check.
    gc.set_threshold(300_000, 20, 100)
    try:
        status = root.main(args=None if args is None else list(args), prog_name="mig", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("mig: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (mig log | head); Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
        return _fail(error)
    finally:
        # The process ends now, and Python would look for cycles once more.
        gc.freeze()
    # What a command gave to ctx.exit comes back as the result.
    return status if isinstance(status, int) else 0


def _fail(error: Exception) -> int:
    """Say what went wrong, with what to do next as the last line."""
    if isinstance(error, click.ClickException):
        if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2, for mig by itself
            error.show()
            return error.exit_code
        message, hint = _usage(error)
    elif isinstance(error, MigError):
        message, hint = error.message, error.hint
    else:
        from mig.cli._crash import report_crash

        return report_crash(error)
    sys.stdout.flush()
    print(f"mig: {printable(message)}", file=sys.stderr)
    if hint:
        print(printable(hint), file=sys.stderr)
    return error.exit_code


def _usage(error: click.ClickException) -> tuple[str, str]:
    """A message of click's in mig's style, and what to do next."""
    message = error.format_message().rstrip(".")
    asked = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "mig"
    return message[:1].lower() + message[1:], f"{asked} --help says how to call it"


def _never_fail_on_a_character(stream: TextIO) -> None:
    """Print what the terminal's encoding has not got as an escape, as Python does on standard error."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
