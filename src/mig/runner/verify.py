"""Whether a database is what its history and the migrations say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mig.runner.dialects import StatementError
from mig.runner.expected import applied_digest, has_repeatables, read_expected, read_image
from mig.schema.image import SchemaImage, find_differences, fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from mig.runner.execute import Executor
    from mig.runner.expected import Expected
    from mig.runner.status import Status
    from mig.schema.image import Difference

    Replay = Callable[[tuple[tuple[str, str], ...]], SchemaImage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What ``verify`` found.

    ``status`` says what is changed, unknown or interrupted.  ``drift`` is what is not as expected, object
    by object; ``against`` says what was expected: ``fingerprint`` or ``replay``, and ``taken_at`` when the
    fingerprint was taken.  ``problem`` is why the schema could not be held against anything, with ``hint``;
    ``remark`` is what makes the comparison less certain.  ``fingerprint`` is that of the schema as it is.
    """

    status: Status
    against: str
    drift: tuple[Difference, ...] = ()
    taken_at: str = ""
    fingerprint: str = ""
    problem: str = ""
    hint: str = ""
    remark: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing at all was found; a schema that could not be compared is nothing found."""
        status = self.status
        return not (self.drift or status.changed or status.unknown or status.failed)


def verify_schema(executor: Executor, status: Status, replay: Replay | None) -> Verified:
    """Hold a schema against its fingerprint, or against what the applied migrations make elsewhere.

    Args:
        executor: whose session is in no transaction; nothing is changed.
        status: how the database stands.
        replay: gives the schema that migrations make, from lineage and id of each in the order of
            application.
    """
    if status.failed is not None:
        hint = "mig status names the statement, and says how to settle it"
        problem = f"{status.failed.id} was interrupted in the middle, so nothing says what to expect"
        return Verified(status=status, against=_kind(replay), problem=problem, hint=hint)
    try:
        if replay is not None:
            return _against_replay(executor, status, replay)
        return _against_fingerprint(executor, status)
    except StatementError as error:
        problem = f"the schema cannot be read: {error.message}"
        hint = "mend what it names, or the account's rights; everything else was checked"
        return Verified(status=status, against=_kind(replay), problem=problem, hint=hint)


def _kind(replay: Replay | None) -> str:
    return "replay" if replay else "fingerprint"


def _against_replay(executor: Executor, status: Status, replay: Replay) -> Verified:
    if status.unknown:
        problem = f"{status.unknown[0]} is applied and not in the repository, so it cannot be replayed"
        hint = "check out the branch that has it, or verify without --replay"
        return Verified(status=status, against="replay", problem=problem, hint=hint)
    if has_repeatables(executor):
        problem = "repeatables were run on this database, and they are not replayed"
        return Verified(status=status, against="replay", problem=problem, hint="verify without --replay")
    here = read_image(executor)
    expected = replay(_all_applied(executor))
    remark = ""
    if expected.server != here.server:
        remark = f"replayed on {expected.server}, and the database is {here.server}: wordings may differ"
    found = find_differences(_portable(expected), _portable(here))
    return Verified(
        status=status, against="replay", drift=found, fingerprint=fingerprint(here), remark=remark
    )


def _all_applied(executor: Executor) -> tuple[tuple[str, str], ...]:
    """Lineage and id of everything that is applied, of all lineages: no table says which one made it."""
    if not executor.history.exists():
        return ()
    table = executor.history.sql.table
    rows = executor.session.query(f"SELECT lineage, id FROM {table} ORDER BY seq")  # noqa: S608 - a constant
    return tuple((str(lineage), str(migration_id)) for lineage, migration_id in rows)


def _portable(image: SchemaImage) -> SchemaImage:
    """The image without what belongs to the account and the server, which are others in a replay."""
    objects = {name: text for name, text in image.without_rights().objects.items() if name != "database"}
    return SchemaImage(objects=objects, server=image.server)


def _against_fingerprint(executor: Executor, status: Status) -> Verified:
    known = read_expected(executor)
    problem, hint = _unusable(executor, status, known)
    if known is None or known.image is None or problem:
        return Verified(status=status, against="fingerprint", problem=problem, hint=hint)
    here = read_image(executor)
    remark = ""
    if known.server != here.server:
        remark = (
            f"the fingerprint was taken on {known.server}, and this is {here.server}: wordings may differ"
        )
    return Verified(
        status=status,
        against="fingerprint",
        drift=find_differences(known.image, here),
        taken_at=known.taken_at,
        fingerprint=fingerprint(here),
        remark=remark,
    )


def _unusable(executor: Executor, status: Status, known: Expected | None) -> tuple[str, str]:
    """Why there is nothing to hold the schema against, and what to do."""
    accept = "mig verify --replay compares with the migrations; mig verify --accept takes the schema as it is"
    if known is None and not status.applied:
        hint = "mig up applies migrations; mig baseline adopts a database that has tables already"
        return "nothing is applied to this database, so nothing says what to expect", hint
    if known is None:
        return "no run has kept a fingerprint of this schema yet", accept
    if known.image is None:
        problem = (
            "the fingerprint in mig_schema cannot be read: a newer mig wrote it, or it was altered by hand"
        )
        return problem, f"upgrade mig; or {accept}"
    if known.applied != applied_digest(executor):
        problem = "there is no fingerprint for what is applied now: the last run ended before it took one,"
        return f"{problem} or the history was changed since", accept
    return "", ""
