"""What ``mig:touches`` declares, as effects."""

from __future__ import annotations

from mig.effects.footprint import Access, Effect

_ROWS = {"read": (Access.READ, "query"), "write": (Access.WRITE, "update")}


def read_declaration(value: str) -> tuple[Effect, ...]:
    """The effects of ``KIND:NAME ACCESS``.

    Reading or writing a table or a column is about its rows; every other access is about the
    schema.
    """
    resource, _, access = value.rpartition(" ")
    kind, _, name = resource.partition(":")
    if access not in _ROWS:
        return (Effect(resource=resource, access=Access(access), aspect="table" if access == "need" else ""),)
    how, aspect = _ROWS[access]
    if kind == "column":
        table = name.rpartition(".")[0]
        need = Effect(resource=resource, access=Access.NEED, aspect="query")
        rows = Effect(resource=f"rows:{table}", access=Access.READ, aspect="query")
        return need, rows, Effect(resource=f"values:{name}", access=how, aspect=aspect)
    if kind in ("table", "rows"):
        need = Effect(resource=f"table:{name}", access=Access.NEED, aspect="query")
        rows = Effect(resource=f"rows:{name}", access=how, aspect="delete" if how is Access.WRITE else aspect)
        return need, rows, Effect(resource=f"values:{name}.*", access=how, aspect=aspect)
    return (Effect(resource=resource, access=how, aspect=aspect),)
