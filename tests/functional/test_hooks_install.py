from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from mig.git.hooks import HOOKS, render_script
from tests.functional.hooked import PATHS, A, B, C, git, migration, shop
from tests.repositories import GitSandbox, native

BAD = {PATHS[B]: native(B, "eeeeeeeeeeee", "CREATE TABLE carts (id INTEGER);", "DROP TABLE carts;")}


@pytest.fixture
def repo(tmp_path: Path) -> GitSandbox:
    repo = shop(tmp_path / "shop", install=False)
    repo.branch("feature")
    return repo


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_install_and_status_say_what_they_did(repo: GitSandbox) -> None:
    script(repo.path / ".git/hooks/pre-push", "#!/bin/sh\n")
    expected = """\
hooks in .git/hooks
  post-checkout     installed
  post-merge        installed
  post-rewrite      installed
  pre-commit        installed
  pre-merge-commit  installed
  pre-push          installed; the hook that was there is kept as pre-push.mig-kept and runs first
"""
    assert repo.mig("hooks", "install").stdout == expected
    status = repo.mig("hooks", "status").stdout
    assert status.splitlines()[-1] == "  pre-push          installed, with a kept hook before it"
    assert "unchanged" in repo.mig("hooks", "install").stdout
    removed = repo.mig("hooks", "uninstall").stdout
    assert (
        removed.splitlines()[-1] == "  pre-push          removed; the hook that was there before is restored"
    )
    assert "  pre-commit        absent\n" in repo.mig("hooks", "status").stdout


def test_status_as_json(repo: GitSandbox) -> None:
    repo.mig("hooks", "install", "--hook", "pre-commit")
    answer = json.loads(repo.mig("hooks", "status", "--format", "json").stdout)
    folder = str(repo.path / ".git/hooks")
    assert (answer["version"], answer["folder"]) == (1, folder)
    assert [hook["name"] for hook in answer["hooks"]] == list(HOOKS)
    assert answer["hooks"][3] == {
        "name": "pre-commit",
        "state": "current",
        "path": f"{folder}/pre-commit",
        "kept": False,
    }
    assert answer["hooks"][5]["state"] == "absent"


def test_chosen_hooks_only(repo: GitSandbox) -> None:
    before = set(os.listdir(repo.path / ".git/hooks"))
    repo.mig("hooks", "install", "--hook", "pre-commit", "--hook", "pre-push")
    assert set(os.listdir(repo.path / ".git/hooks")) - before == {"pre-commit", "pre-push"}
    repo.mig("hooks", "uninstall", "--hook", "pre-push")
    assert set(os.listdir(repo.path / ".git/hooks")) - before == {"pre-commit"}


def test_a_hook_that_does_not_exist_is_a_usage_error(repo: GitSandbox) -> None:
    assert "'pre-comit' is not one of" in repo.mig("hooks", "install", "--hook", "pre-comit", expect=2).stderr


def test_without_a_repository_it_says_so(tmp_path: Path) -> None:
    folder = GitSandbox.at(tmp_path)
    assert "no Git repository" in folder.mig("hooks", "install", expect=3).stderr


@pytest.mark.parametrize("where", ["my hooks", "../outer höoks"])
def test_core_hooks_path_is_respected(repo: GitSandbox, where: str) -> None:
    repo.git("config", "core.hooksPath", where)
    repo.mig("hooks", "install")
    assert (repo.path / where / "pre-commit").is_file()
    assert not (repo.path / ".git/hooks/pre-commit").exists()
    repo.add({**BAD, "sub/file": ""})
    assert "MIG102" in git(repo, "-C", "sub", "commit", "-m", "Add", expect=1)


def test_a_hooks_path_for_all_repositories_is_named(repo: GitSandbox, sealed: Path) -> None:
    repo.git("config", "--global", "core.hooksPath", "~/hooks")
    output = repo.mig("hooks", "install").stdout
    assert (
        "core.hooksPath is set in the global configuration, so other repositories have these hooks too"
        in output
    )
    assert (sealed / "hooks/pre-commit").is_file()


def test_a_worktree_shares_the_hooks_of_its_repository(repo: GitSandbox, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "tree"))
    GitSandbox.at(tmp_path / "tree").mig("hooks", "install")
    assert (repo.path / ".git/hooks/pre-commit").is_file()


def test_anothers_hook_runs_first_with_its_arguments_and_input(repo: GitSandbox, tmp_path: Path) -> None:
    kept = repo.path / ".git/hooks/pre-push"
    script(kept, '#!/usr/bin/env perl\nprint STDERR "first: @ARGV: ", <STDIN>;\n')
    repo.mig("hooks", "install")
    GitSandbox(tmp_path / "remote.git", bare=True)
    repo.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    repo.commit("Add", BAD)
    output = git(repo, "push", "origin", "main", "feature", expect=1)
    first, second = output.index("first: origin"), output.index("MIG102")
    assert first < second
    assert f"refs/heads/feature {repo.head} refs/heads/feature {'0' * 40}" in output[first:second]
    assert "refs/heads/main" in output[first:second]


@pytest.mark.parametrize("start", ["#!/bin/sh", "#!/usr/bin/env bash", "#!/bin/sh -e", "#!/usr/bin/env perl"])
def test_a_failure_of_anothers_hook_stops_ours(repo: GitSandbox, start: str) -> None:
    script(repo.path / ".git/hooks/pre-commit", f"{start}\nexit 7;\n")
    repo.mig("hooks", "install")
    repo.add(BAD)
    assert "MIG102" not in git(repo, "commit", "-m", "Add", expect=1)
    repo.mig("hooks", "uninstall")
    assert (repo.path / ".git/hooks/pre-commit").read_text() == f"{start}\nexit 7;\n"


def test_anothers_hook_that_goes_by_its_own_name_still_finds_itself(repo: GitSandbox) -> None:
    # What husky 9 does: the hook sources a file beside it, which looks at $0 for the file to run.
    folder = repo.path / ".husky/_"
    script(
        folder / "h",
        'n=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n[ -f "$s" ] || exit 0\nsh -e "$s" "$@"\n',
    )
    script(folder / "pre-commit", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
    script(repo.path / ".husky/pre-commit", "echo the user hook ran\n")
    repo.git("config", "core.hooksPath", ".husky/_")
    repo.mig("hooks", "install")
    repo.add(BAD)
    output = git(repo, "commit", "-m", "Add", expect=1)
    assert "the user hook ran\n" in output
    assert "MIG102" in output


def test_a_kept_hook_without_permission_is_not_run(repo: GitSandbox) -> None:
    script(repo.path / ".git/hooks/pre-commit", "#!/bin/sh\nexit 7\n").chmod(0o644)
    repo.mig("hooks", "install")
    repo.add(migration(B, A))
    git(repo, "commit", "-m", "Add")
    assert repo.git("log", "-1", "--format=%s") == "Add"


def test_our_hook_works_under_the_name_that_another_tool_gives_it(repo: GitSandbox) -> None:
    folder = repo.path / ".git/hooks"
    script(folder / "pre-commit", "#!/bin/sh\necho the oldest hook\n")
    repo.mig("hooks", "install")
    (folder / "pre-commit").rename(folder / "pre-commit.legacy")
    script(folder / "pre-commit", '#!/bin/sh\nexec "$(dirname "$0")/pre-commit.legacy"\n')
    repo.add(BAD)
    output = git(repo, "commit", "-m", "Add", expect=1)
    assert "the oldest hook" in output
    assert "MIG102" in output


@pytest.mark.parametrize("interpreter", ["", "/no/such/python"])
def test_mig_on_the_path_is_used_where_the_interpreter_is_gone(
    repo: GitSandbox, tmp_path: Path, interpreter: str
) -> None:
    script(repo.path / ".git/hooks/pre-commit", render_script("pre-commit", interpreter))
    script(tmp_path / "bin dir/mig", f'#!/bin/sh\nexec "{sys.executable}" -P -m mig "$@"\n')
    repo.add(BAD)
    path = f"{tmp_path / 'bin dir'}{os.pathsep}{os.environ['PATH']}"
    assert "MIG102" in git(repo, "commit", "-m", "Add", expect=1, env={"PATH": path})


@pytest.mark.parametrize("kind", ["gone", "without mig"])
def test_without_mig_a_commit_is_stopped_and_a_checkout_is_not(
    repo: GitSandbox, tmp_path: Path, kind: str
) -> None:
    python = tmp_path / "python"
    if kind == "without mig":
        script(python, f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    for name in ("pre-commit", "post-checkout"):
        script(repo.path / ".git/hooks" / name, render_script(name, str(python)))
    # A PATH that has Git and the shell, and no mig.
    env = {"PATH": f"{Path('/usr/bin')}{os.pathsep}/bin"}
    output = git(repo, "commit", "--allow-empty", "-m", "Add", expect=1, env=env)
    assert f"mig: the pre-commit hook cannot find mig (it was installed with {python})\n" in output
    assert output.splitlines()[-1].startswith("pip install mig-db and run mig hooks install again")
    git(repo, "commit", "--allow-empty", "-m", "Add", env={**env, "MIG_SKIP": "1"})
    assert "the post-checkout hook cannot find mig" in git(repo, "checkout", "main", env=env)
    assert repo.git("symbolic-ref", "--short", "HEAD") == "main"


def test_nothing_is_imported_from_the_repository(repo: GitSandbox) -> None:
    repo.mig("hooks", "install")
    trap = "raise SystemExit('the repository was executed')\n"
    repo.add(
        {"click.py": trap, "mig/__init__.py": trap, "tomllib.py": trap, **migration(B, A), **migration(C, B)}
    )
    assert git(repo, "commit", "--quiet", "-m", "Add") == ""


def test_the_scripts_of_the_repository_work_as_a_hooks_path(repo: GitSandbox, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "hooks"
    repo.git("config", "core.hooksPath", str(shipped))
    script(tmp_path / "bin/mig", f'#!/bin/sh\nexec "{sys.executable}" -P -m mig "$@"\n')
    repo.add(BAD)
    env = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    assert "MIG102" in git(repo, "commit", "-m", "Add", expect=1, env=env)
