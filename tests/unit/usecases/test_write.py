from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mig.errors import SourceError
from mig.usecases.write import Change, read_on_disk, write_all

KILLED = """
import os, sys
from pathlib import Path
from mig.usecases.write import Change, write_all

real = os.replace
done = []

def interrupted(old, new):
    if len(done) == 1:
        done.append(new)
        raise KeyboardInterrupt
    done.append(new)
    real(old, new)

os.replace = interrupted
root = Path(sys.argv[1])
write_all(root, [
    Change(path="a.sql", before=b"old a", after=b"new a"),
    Change(path="b.sql", before=b"old b", after=b"new b"),
])
"""

UNPRIVILEGED = """
import os, sys
from pathlib import Path
from mig.errors import SourceError
from mig.usecases.write import Change, write_all

if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    write_all(Path(sys.argv[1]), [
        Change(path="open/a.sql", before=b"old a", after=b"new a"),
        Change(path="shut/b.sql", before=b"old b", after=b"new b"),
    ])
except SourceError as error:
    print(error.message, "|", error.hint)
"""


def files(root: Path) -> dict[str, bytes]:
    return {str(f.relative_to(root)): f.read_bytes() for f in sorted(root.rglob("*")) if f.is_file()}


def test_all_files_are_written_with_their_folders(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"old\r\n")
    write_all(
        tmp_path,
        [
            Change(path="a.sql", before=b"old\r\n", after=b"new\r\n"),
            Change(path="new/deep/b.sql", before=None, after=b"b"),
        ],
    )
    assert files(tmp_path) == {"a.sql": b"new\r\n", "new/deep/b.sql": b"b"}


def test_a_file_keeps_its_mode_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    script = tmp_path / "a.sql"
    script.write_bytes(b"old")
    script.chmod(0o750)
    before = os.umask(0o027)
    try:
        write_all(
            tmp_path,
            [
                Change(path="a.sql", before=b"old", after=b"new"),
                Change(path="b.sql", before=None, after=b"b"),
            ],
        )
    finally:
        os.umask(before)
    assert stat.S_IMODE(script.stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "b.sql").stat().st_mode) == 0o640


def test_a_file_where_a_folder_should_be_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"old")
    (tmp_path / "migrations").write_bytes(b"a file")
    before = files(tmp_path)
    with pytest.raises(SourceError, match=r"migrations/b\.sql cannot be written") as raised:
        write_all(
            tmp_path,
            [
                Change(path="a.sql", before=b"old", after=b"new"),
                Change(path="fresh/c.sql", before=None, after=b"c"),
                Change(path="migrations/b.sql", before=None, after=b"b"),
            ],
        )
    assert "nothing was changed" in raised.value.hint
    assert files(tmp_path) == before
    assert not (tmp_path / "fresh").exists()


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"edited")
    with pytest.raises(SourceError, match=r"a\.sql changed while"):
        write_all(tmp_path, [Change(path="a.sql", before=b"old", after=b"new")])
    assert files(tmp_path) == {"a.sql": b"edited"}


def test_a_new_file_replaces_none_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"there")
    with pytest.raises(SourceError, match=r"a\.sql exists already"):
        write_all(tmp_path, [Change(path="a.sql", before=None, after=b"new")])
    assert files(tmp_path) == {"a.sql": b"there"}


def test_a_folder_that_leads_out_of_the_repository_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/migrations").symlink_to("../outside")
    with pytest.raises(SourceError, match="symbolic link that leaves the repository"):
        write_all(tmp_path / "repo", [Change(path="migrations/a.sql", before=None, after=b"a")])
    assert files(tmp_path) == {}


def test_a_folder_that_is_a_link_within_the_repository_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "migrations").symlink_to("real")
    write_all(tmp_path, [Change(path="migrations/a.sql", before=None, after=b"a")])
    assert (tmp_path / "real/a.sql").read_bytes() == b"a"


def test_a_link_in_a_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.sql").write_bytes(b"old")
    (tmp_path / "a.sql").symlink_to("elsewhere.sql")
    with pytest.raises(SourceError, match=r"a\.sql cannot be read"):
        read_on_disk(tmp_path, "a.sql")
    with pytest.raises(SourceError, match=r"a\.sql changed while"):
        write_all(tmp_path, [Change(path="a.sql", before=b"old", after=b"new")])
    assert (tmp_path / "elsewhere.sql").read_bytes() == b"old"


def test_an_interrupt_between_two_files_puts_the_first_one_back(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"old a")
    (tmp_path / "b.sql").write_bytes(b"old b")
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "KeyboardInterrupt" in ended.stderr
    assert files(tmp_path) == {"a.sql": b"old a", "b.sql": b"old b"}


def test_a_folder_without_the_right_to_write_leaves_everything_as_it_was() -> None:
    # Not below pytest's own folder, which nobody but its user may enter.
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        root.chmod(0o755)
        for folder, name in (("open", "a"), ("shut", "b")):
            (root / folder).mkdir(mode=0o777)
            (root / folder / f"{name}.sql").write_bytes(f"old {name}".encode())
        (root / "open").chmod(0o777)
        (root / "shut").chmod(0o555)
        ended = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, made], capture_output=True, text=True, check=True
        )
        (root / "shut").chmod(0o755)
        assert ended.stdout.startswith("shut/b.sql cannot be written: Permission denied | check the perm")
        assert files(root) == {"open/a.sql": b"old a", "shut/b.sql": b"old b"}


MOVED = [
    Change(path="0003_x.sql", before=b"one", after=b"one", moved_from="0002_x.sql"),
    Change(path="0004_x.sql", before=b"two", after=b"two, changed", moved_from="0003_x.sql"),
]

STOPPED = """
import os, sys
from pathlib import Path
from mig.usecases.write import Change, write_all

calls = []
for name in ("replace", "unlink"):
    def counted(*args, real=getattr(os, name)):
        calls.append(args)
        if len(calls) == int(sys.argv[2]):
            {stop}
        return real(*args)
    setattr(os, name, counted)
write_all(Path(sys.argv[1]), [
    Change(path="0003_x.sql", before=b"one", after=b"one", moved_from="0002_x.sql"),
    Change(path="0004_x.sql", before=b"two", after=b"two, changed", moved_from="0003_x.sql"),
])
"""


def numbered(root: Path) -> dict[str, bytes]:
    (root / "0002_x.sql").write_bytes(b"one")
    (root / "0003_x.sql").write_bytes(b"two")
    return files(root)


def test_files_take_one_anothers_places(tmp_path: Path) -> None:
    numbered(tmp_path)
    (tmp_path / "0003_x.sql").chmod(0o640)
    write_all(tmp_path, MOVED)
    assert files(tmp_path) == {"0003_x.sql": b"one", "0004_x.sql": b"two, changed"}
    assert stat.S_IMODE((tmp_path / "0004_x.sql").stat().st_mode) == 0o640


def test_a_folder_that_nothing_is_left_in_goes(tmp_path: Path) -> None:
    (tmp_path / "m/1_x").mkdir(parents=True)
    (tmp_path / "m/1_x/up.sql").write_bytes(b"up")
    write_all(tmp_path, [Change(path="m/2_x/up.sql", before=b"up", after=b"up", moved_from="m/1_x/up.sql")])
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["2_x"]


@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_interrupted_move_is_taken_back(tmp_path: Path, call: int) -> None:
    before = numbered(tmp_path)
    program = STOPPED.format(stop="raise KeyboardInterrupt")
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(call)], capture_output=True, check=False
    )
    assert files(tmp_path) == before


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_process_that_dies_in_the_middle_of_a_move_loses_nothing(tmp_path: Path, call: int) -> None:
    numbered(tmp_path)
    program = STOPPED.format(stop="os._exit(9)")
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(call)], capture_output=True, check=False
    )
    held = [data for path, data in files(tmp_path).items() if path.endswith(".sql")]
    assert b"one" in held
    assert {b"two", b"two, changed"} & set(held)


def test_what_cannot_be_staged_leaves_everything_as_it_was(tmp_path: Path) -> None:
    before = numbered(tmp_path)

    def refuse(undo: object) -> None:
        raise SourceError("no", hint="no")

    with pytest.raises(SourceError, match="no"):
        write_all(tmp_path, MOVED, refuse)
    assert files(tmp_path) == before


def test_a_move_replaces_nothing_that_is_there(tmp_path: Path) -> None:
    numbered(tmp_path)
    (tmp_path / "0004_x.sql").write_bytes(b"there")
    before = files(tmp_path)
    with pytest.raises(SourceError, match=r"0004_x\.sql exists already"):
        write_all(tmp_path, MOVED)
    assert files(tmp_path) == before
