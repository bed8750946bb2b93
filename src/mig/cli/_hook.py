"""Runs one hook: first asks cheaply whether it concerns migrations at all, then checks or tells."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from mig.errors import MigError
from mig.git import process, staged
from mig.report.escape import printable
from mig.usecases.relevance import concerns_migrations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.cli._options import Globals
    from mig.usecases.check import CheckResult
    from mig.usecases.project import Project

_OFFER = (
    "  [m] make the merge migration that joins them",
    "  [r] rebase: put ours after theirs",
    "  [a] abort",
)
_OFFER_SYNC = ("  [s] mig sync: do that to the default database", "  [n] not now")
_CHOICES = {"m": "merge", "r": "rebase", "a": "abort"}


def run_hook(name: str, args: Sequence[str], options: Globals) -> int:
    """Do what a hook does; its exit status, which for a hook that only informs is always 0."""
    if os.environ.get("MIG_SKIP", "0") not in ("", "0"):
        return 0
    hook = HOOK_RUNS[name]
    if not name.startswith("post-"):
        return hook(args, options)
    try:
        return hook(args, options)
    except MigError as error:
        _say(f"{error.message}; {error.hint}" if error.hint else error.message)
    except KeyboardInterrupt:
        _say("interrupted")
    return 0


def _before_commit(_: Sequence[str], options: Globals) -> int:
    if _is_idle(options, staged.staged_paths(_folder(options), _environment(options))):
        return 0
    from mig.usecases.hook import can_mend, check_staged, is_merging

    project = options.project()
    result = check_staged(project)
    if result is None or result.ok():
        return _passed(result)
    _show(result, options)
    how = _ask(result) if can_mend(result) and is_merging(project) else None
    if how in ("merge", "rebase"):
        return _mend(project, options, how)
    if how is None:
        _say_what_to_do(result, merging=is_merging(project))
    return 1


def _mend(project: Project, options: Globals, how: str) -> int:
    from mig.usecases.hook import check_staged, is_index_read_again, mend

    for path in mend(project, how):
        _say(f"wrote and staged {path}")
    result = check_staged(project)
    if result is not None and not result.ok():
        _show(result, options)
        _say("stopped: the above is left; git commit concludes the merge once it is mended")
        return 1
    if is_index_read_again(project.git):
        return 0
    _say("mended; git commit --no-edit concludes the merge")
    return 1


def _before_push(args: Sequence[str], options: Globals) -> int:
    remote = args[0] if args else os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    folder, environment = _folder(options), _environment(options)
    stopped = [
        _is_stopped(options, push, remote)
        for push in staged.read_pushes(_push_lines())
        if not _is_idle(options, staged.pushed_paths(folder, environment, push, remote))
    ]
    if any(stopped):
        _say("push stopped; mend the above and commit, or push it as it is: git push --no-verify")
    return 1 if any(stopped) else 0


def _is_stopped(options: Globals, push: staged.Push, remote: str) -> bool:
    from mig.usecases.hook import check_push, find_taken_away

    project = options.project()
    result = check_push(project, push, remote)
    taken = find_taken_away(project, push, remote)
    if result is not None and not result.ok():
        _show(result, options)
    for one in taken:
        _say(f"{push.remote_ref} at {remote} has {one.id} ({one.path}), which the push takes away")
    return bool(taken) or (result is not None and not result.ok())


def _after_merge(args: Sequence[str], options: Globals) -> int:
    squash = args[0] if args else os.environ.get("PRE_COMMIT_IS_SQUASH_MERGE", "0")
    # A squash merge is only staged; its commit is checked.
    return 0 if squash == "1" else _tell(options, "ORIG_HEAD", "HEAD")


def _after_checkout(args: Sequence[str], options: Globals) -> int:
    named = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF", "PRE_COMMIT_CHECKOUT_TYPE")
    before, after, kind = args if len(args) == 3 else [os.environ.get(name, "") for name in named]
    # A checkout of files changes no branch; a clone and a new worktree come from nowhere.
    if kind != "1" or before == after or not staged.is_id(before):
        return 0
    if _tell_arrival(options, before, after):
        _offer_sync(options)
    return 0


def _offer_sync(options: Globals) -> None:
    """Offer to move the development database along, where there is one and somebody can answer."""
    from mig.cli._prompt import ask, can_ask
    from mig.usecases.sync import find_offer

    if not can_ask(os.environ):
        return
    project = options.project()
    plan = find_offer(project)
    if plan is None:
        return
    from mig.cli._run import sync_for_hook
    from mig.report.plan import render_moves

    question = (*(f"mig: {line}" for line in render_moves(plan)), *_OFFER_SYNC)
    if ask(question, {"s": "sync", "n": "no"}, os.environ) == "sync":
        sync_for_hook(options)


def _after_rewrite(args: Sequence[str], options: Globals) -> int:
    rewritten = [line.split() for line in _standard_input()]
    command = args[0] if args else os.environ.get("PRE_COMMIT_REWRITE_COMMAND", "")
    before = "HEAD@{1}" if command == "amend" else "ORIG_HEAD"
    told = rewritten[-1][0] if rewritten and rewritten[-1] else before
    # A rebase calls the hook when it is done, while its folder still lies there.
    return _tell(options, told, "HEAD", midway=command != "rebase")


def _tell(options: Globals, before: str, after: str, *, midway: bool = True) -> int:
    """Say what came and went."""
    _tell_arrival(options, before, after, midway=midway)
    return 0


def _tell_arrival(options: Globals, before: str, after: str, *, midway: bool = True) -> bool:
    """Say in a few lines which migrations came and went; not where Git may be midway through a sequence."""
    paths = staged.changed_paths(_folder(options), _environment(options), before, after)
    if paths is None or _is_idle(options, paths):
        return False
    from mig.report.hook import render_arrival
    from mig.usecases.hook import compare_commits, is_in_sequence

    project = options.project()
    if midway and is_in_sequence(project.git):
        return False
    arrival = compare_commits(project, before, after)
    for line in render_arrival(arrival):
        _say(line)
    return bool(arrival.added or arrival.removed)


def _is_idle(options: Globals, paths: Iterable[str] | None) -> bool:
    """Whether none of these paths is about migrations; what cannot be told cheaply is looked at."""
    if paths is None or options.config is not None:
        return False
    return not concerns_migrations(paths, _folder(options), _environment(options))


def _folder(options: Globals) -> str:
    return os.fspath(options.directory)


def _environment(options: Globals) -> Mapping[str, str]:
    return process.outside_environment(os.environ) if options.elsewhere else os.environ


def _push_lines() -> Iterable[str]:
    """What Git says on standard input, or the pre-commit framework, which reads that itself, in variables."""
    names = ("LOCAL_BRANCH", "TO_REF", "REMOTE_BRANCH", "FROM_REF")
    told = [os.environ.get(f"PRE_COMMIT_{name}", "") for name in names]
    return [" ".join(told)] if all(told) else _standard_input()


def _standard_input() -> list[str]:
    if sys.stdin is None or sys.stdin.isatty():
        return []
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines()


def _passed(result: CheckResult | None) -> int:
    if result is not None and result.findings:
        _say(f"passed with warnings ({len(result.findings)}); mig check --staged shows them")
    return 0


def _show(result: CheckResult, options: Globals) -> None:
    from mig.cli._show import show_check
    from mig.report.formats import View

    view = View(quiet=options.quiet, verbose=options.verbosity > 0)
    show_check(result, options, view, advise=False)


def _ask(result: CheckResult) -> str | None:
    from mig.cli._prompt import ask

    heads = [finding for finding in result.findings if finding.code == "MIG101"]
    return ask([*(f"mig: {printable(one.message)}" for one in heads), *_OFFER], _CHOICES, os.environ)


def _say_what_to_do(result: CheckResult, *, merging: bool) -> None:
    from mig.usecases.hook import can_mend

    if not can_mend(result):
        _say("stopped; mend the above and git add it, or commit without the check: MIG_SKIP=1 git commit")
    elif merging:
        _say("merge stopped; mig merge --add (or mig rebase --add), then git commit --no-edit")
    else:
        _say(
            "commit stopped; mig rebase --add, then commit again, or without the check: MIG_SKIP=1 git commit"
        )


def _say(line: str) -> None:
    print(f"mig: {printable(line)}", file=sys.stderr)


HOOK_RUNS = {
    "post-checkout": _after_checkout,
    "post-merge": _after_merge,
    "post-rewrite": _after_rewrite,
    "pre-commit": _before_commit,
    "pre-merge-commit": _before_commit,
    "pre-push": _before_push,
}
