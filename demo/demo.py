#!/usr/bin/env python3
"""Build a small shop's repository, let two branches diverge, and mend it with mig."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import shop
from stage import DemoError, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BLOCK = re.compile(r"(<!-- demo:([a-z-]+) -->\n).*?(<!-- /demo -->)", re.DOTALL)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("MIG_DEMO_DIR") or "demo-shop"
    parser.add_argument("folder", nargs="?", default=default, help=f"where to build it (default: {default})")
    parser.add_argument(
        "--capture", type=Path, metavar="PAGE", help="put what was printed into this page's blocks"
    )
    args = parser.parse_args(argv)
    try:
        stage = Stage(Path(args.folder).absolute(), terminal=args.capture is None)
        walk(stage)
        if args.capture:
            fill_page(args.capture, stage.captured)
    except DemoError as error:
        sys.stdout.flush()
        print(f"demo: {error}", file=sys.stderr)
        return 1
    print_next(stage)
    return 0


def walk(stage: Stage) -> None:
    """The whole story; every step says what it expects."""
    start_the_shop(stage)
    branch_twice(stage)
    find_it(stage)
    stop_the_merge(stage)
    mend_it(stage)
    apply_it(stage)


def start_the_shop(stage: Stage) -> None:
    stage.scene("A shop")
    stage.tell(
        "Its database has three migrations so far, all on main."
        " mig guards the repository through Git's hooks."
    )
    stage.write(("mig.toml", shop.CONFIGURATION), ("README.md", shop.README), (".gitignore", "shop.db*\n"))
    stage.write(shop.CUSTOMERS, shop.PRODUCTS, shop.ORDERS)
    stage.run("git add .")
    stage.run("git commit --quiet -m 'Open the shop'")
    stage.run("mig hooks install", "pre-commit", "pre-merge-commit")
    stage.run("mig log", "51d0c3a9e8f2")


def branch_twice(stage: Stage) -> None:
    stage.scene("Two branches")
    stage.tell(
        "Grace counts loyalty points, on a branch of her own, and gives the customers' email a clearer name"
        " on the way. Her migration continues 51d0c3a9e8f2, the head; it is merged first, and nothing is"
        " wrong with that."
    )
    stage.run("git checkout --quiet -b feature/loyalty")
    stage.write(shop.LOYALTY)
    stage.run("git add migrations")
    stage.run("git commit --quiet -m 'Count loyalty points'")
    stage.run("git checkout --quiet main")
    stage.run("git merge --quiet --no-ff --no-edit feature/loyalty")
    stage.tell(
        "Ada began hers before that. Her migrations continue 51d0c3a9e8f2 as well. Git will merge the"
        " two branches without a word, as they touch different files. But Ada's first one reads the email"
        " under its old name."
    )
    stage.run("git checkout --quiet -b feature/receipts main~1")
    stage.write(shop.RECEIPTS, shop.RECEIPTS_INDEX)
    stage.run("git add migrations")


def find_it(stage: Stage) -> None:
    stage.scene("mig finds it before the merge")
    stage.run("mig check", "MIG302", "MIG101", "77bc02d1a9e0", "b4e6105fd83c", status=1, capture="conflict")
    stage.tell("The pre-commit hook looks at what is staged, and stops the commit:")
    stage.run("git commit -m 'Send receipts'", "MIG302", status=1)


def stop_the_merge(stage: Stage) -> None:
    stage.scene("The merge is stopped too")
    stage.tell("In a hurry, somebody goes around the first hook. The second one is at the merge:")
    stage.run("git commit --quiet --no-verify -m 'Send receipts'")
    stage.run("git merge --no-edit main", "MIG302", status=1)
    stage.tell("What Git would have merged without a word is a fork that nobody closes:")
    stage.run("mig log --graph", "77bc02d1a9e0", "b4e6105fd83c", capture="fork")


def mend_it(stage: Stage) -> None:
    stage.scene("Mend it")
    stage.tell(
        "The merge waits. Ada's migrations are not published yet, so they can be put after Grace's:"
        " only the parents of the first one change."
    )
    stage.run("mig rebase --add", "77bc02d1a9e0", capture="remedy")
    stage.tell("That settles the order. Now hers comes first, so Ada uses the new name:")
    stage.write(shop.RECEIPTS_CORRECTED)
    stage.run("git add migrations", capture="remedy")
    stage.run(
        "git diff --cached --unified=0 HEAD -- " + shop.RECEIPTS[0],
        "-- mig:parents 77bc02d1a9e0",
        "+UPDATE orders SET receipt_email = (SELECT contact_email",
        capture="remedy",
    )
    stage.run("mig check", "ok: ", capture="remedy")
    stage.tell("The hooks agree, and main takes the branch:")
    stage.run("git commit --quiet --no-edit")
    stage.run("git checkout --quiet main")
    stage.run("git merge --quiet --no-ff --no-edit feature/receipts")
    stage.run("mig log --graph", "77bc02d1a9e0")


def apply_it(stage: Stage) -> None:
    stage.scene("Apply it")
    stage.tell("One order for every database, and a history that says what was applied.")
    stage.run("mig status", "b4e6105fd83c")
    stage.run("mig up", "b4e6105fd83c")
    stage.run("mig status")
    stage.tell("And one step back:")
    stage.run("mig down", "b4e6105fd83c")
    stage.run("mig status", "b4e6105fd83c")


def print_next(stage: Stage) -> None:
    """Where the repository is, and what to try in it."""
    stage.scene("Your turn")
    stage.tell(f"The repository and its database stay in {stage.folder}. Try next:")
    print()
    if stage.path_to_mig:
        print(f'  export PATH={shlex.quote(stage.path_to_mig)}:"$PATH"')
    print(f"  cd {shlex.quote(str(stage.folder))}")
    for command, why in (
        ("mig up", "apply the last one again"),
        ("mig show 9f31c0a2b7de", "one migration in full"),
        ("mig explain MIG302", "what the finding means"),
        ("mig check --base main~1 --format json", "what a program reads"),
        ("git checkout -b feature/vouchers main~1", "diverge yourself, from before the merge:"),
        ("mig new 'Add vouchers'", "write its SQL, git add it, git commit: you are stopped"),
    ):
        print(f"  {command:<40}  # {why}")


def fill_page(page: Path, captured: Mapping[str, Sequence[str]]) -> None:
    """Put what was captured between the page's marks ``<!-- demo:NAME -->`` and ``<!-- /demo -->``.

    Raises:
        DemoError: the page has no marks, or names a block that there is not.
    """
    text = page.read_text(encoding="utf-8")
    unknown = sorted({found[1] for found in _BLOCK.findall(text)} - set(captured))
    if unknown or not _BLOCK.search(text):
        wrong = (
            f"asks for {', '.join(unknown)}" if unknown else "has no <!-- demo:NAME --> ... <!-- /demo -->"
        )
        raise DemoError(f"{page} {wrong}; there are {', '.join(sorted(captured))}")

    def fill(match: re.Match[str]) -> str:
        return f"{match[1]}```console\n{chr(10).join(captured[match[2]])}\n```\n{match[3]}"

    page.write_text(_BLOCK.sub(fill, text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
