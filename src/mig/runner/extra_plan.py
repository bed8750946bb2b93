"""Plans what runs beside migrations: which repeatables have changed, in which order, and the callbacks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mig.errors import GraphError
from mig.model import CALLBACKS, REPEATABLE
from mig.runner.extras import Extras, ExtraStep, RepeatableState, RepeatableStatus
from mig.runner.work import Work, refuse_transaction_control

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mig.effects.footprint import Operation
    from mig.model import Extra, LineageSnapshot
    from mig.runner.plan import Plan
    from mig.runner.repeatables import Repeatables, Repeated
    from mig.runner.work import Scripts

_HINT = "mig check shows everything that is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraPlanner:
    """Finds what of a lineage is to be run beside its migrations, on databases of one dialect."""

    lineage: LineageSnapshot
    scripts: Scripts

    @property
    def repeatables(self) -> tuple[Extra, ...]:
        return self._of(REPEATABLE)

    def plan(self, plan: Plan, table: Repeatables, applied: Iterable[str], *, repeats: bool) -> Plan:
        """The plan with what runs beside its steps.

        Args:
            plan: the steps.
            table: which repeatables were run.
            applied: the ids of the migrations that the database has.
            repeats: repeatables are run once everything is applied; without, only steps are.

        Raises:
            GraphError: repeatables need one another in a circle, or what does not exist.
            SourceError: a file cannot be read.
        """
        if not self.lineage.extras:
            return plan
        rows = table.rows()
        is_whole = _is_whole(plan, applied, (migration.id for migration in self.lineage.migrations))
        # What is reverted may take along what repeatables had made.
        if any(step.direction.value == "down" for step in plan.steps):
            rows = {name: replace(row, checksum="") for name, row in rows.items()}
        pending = self._find_pending(rows) if repeats else {}
        steps = self._repeat(pending) if pending and is_whole else ()
        if not plan.steps and not steps:
            return replace(plan, extras=Extras(left_out=tuple(pending)))
        return replace(
            plan,
            extras=Extras(
                repeatables=steps,
                callbacks={one.name: self._step(one) for one in self._of(CALLBACKS)},
                left_out=() if steps else tuple(pending),
            ),
        )

    def status(self, rows: Mapping[str, Repeated]) -> tuple[RepeatableStatus, ...]:
        """How a database stands to each repeatable, by name; also to those whose files are gone."""
        known = {one.name: one for one in self.lineage.extras if one.role == REPEATABLE}
        pending = self._find_pending(rows)
        found = []
        for name in sorted({*(one.name for one in self.repeatables), *rows}):
            state = RepeatableState.CURRENT if name in known else RepeatableState.GONE
            if name in pending:
                state = RepeatableState.PENDING
            path = known[name].path if name in known else ""
            moment = rows[name].applied_at if name in rows else ""
            found.append(RepeatableStatus(name=name, state=state, path=path, applied_at=moment))
        return tuple(found)

    def _of(self, role: str) -> tuple[Extra, ...]:
        return tuple(
            one
            for one in self.lineage.extras
            if one.role == role and (not one.dialects or self.scripts.dialect in one.dialects)
        )

    def _find_pending(self, rows: Mapping[str, Repeated]) -> dict[str, str]:
        """The repeatables whose own text says that they are to be run, each with the reason."""
        found = {}
        for one in self.repeatables:
            before = rows.get(one.name)
            if before is None or before.checksum != self._checksum(one):
                found[one.name] = (
                    "new" if before is None else "changed" if before.checksum else "after a revert"
                )
        return found

    def _repeat(self, pending: Mapping[str, str]) -> tuple[ExtraStep, ...]:
        from mig.conflicts.needs import order_by_needs, with_dependents

        extras = {one.name: one for one in self.repeatables}
        needs = self._find_needs(extras)
        ordered, circle = order_by_needs(needs)
        if circle:
            paths = " -> ".join(extras[name].path for name in circle)
            raise GraphError(
                f"repeatables need one another in a circle: {paths} (MIG109)",
                hint="take out one mig:needs; where only their SQL says so, declare which comes first",
            )
        chosen = with_dependents(pending, needs)
        why = {name: pending.get(name) or f"needs {cause}" for name, cause in chosen.items()}
        return tuple(self._step(extras[name], why[name]) for name in ordered if name in chosen)

    def _find_needs(self, extras: Mapping[str, Extra]) -> dict[str, frozenset[str]]:
        from mig.conflicts.needs import find_needs

        known = {one.name for one in self.lineage.extras if one.role == REPEATABLE}
        for one in extras.values():
            if unknown := sorted(set(one.needs) - known):
                raise GraphError(
                    f"{one.path}:{one.line}: needs {unknown[0]}, and there is no such repeatable (MIG109)",
                    hint=_HINT,
                )
        declared = {name: one.needs for name, one in extras.items()}
        if len(extras) < 2:
            return dict.fromkeys(extras, frozenset())
        return find_needs({name: self._read(one) for name, one in extras.items()}, declared)

    def _read(self, one: Extra) -> Sequence[Operation]:
        from mig.effects.sql import read_statements

        return read_statements(self.scripts.read(one).up, self.scripts.dialect)

    def _step(self, one: Extra, why: str = "") -> ExtraStep:
        script = self.scripts.read(one)
        work = Work(statements=script.up, transactional=script.transactional)
        refuse_transaction_control(one.path, work)
        checksum = self._checksum(one) if one.role == REPEATABLE else ""
        return ExtraStep(extra=one, work=work, checksum=checksum, why=why)

    def _checksum(self, one: Extra) -> str:
        if not self.scripts.variables:
            return one.checksum
        from mig.sqltext.digest import text_checksum

        # Without secrets: a digest of a short one would be as good as the secret.
        return text_checksum(self.scripts.read_storable(one).text)


def _is_whole(plan: Plan, applied: Iterable[str], migrations: Iterable[str]) -> bool:
    """Whether all migrations are applied after a plan."""
    now = set(applied)
    for step in plan.steps:
        if step.direction.value == "down":
            now.discard(step.id)
        else:
            now.add(step.id)
    return now.issuperset(migrations)
