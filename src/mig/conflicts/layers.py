"""A dictionary that is copied at the cost of what was changed in it since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

V = TypeVar("V")

_FEW = 64
# From this part of what lies below on, what was changed is put together with it.
_MANY_OF = 4


class Layers(Generic[V]):
    """Values by name: those that copies share, and above them what was changed here.

    Its values come in the order in which they were last put where nobody puts one that is there still.
    """

    __slots__ = ("_below", "_here", "_size")

    def __init__(self, values: dict[str, V] | None = None) -> None:
        self._below: dict[str, V] = values or {}
        # None: it is gone.
        self._here: dict[str, V | None] = {}
        self._size = len(self._below)

    def copy(self) -> Layers[V]:
        """The same values, of which either may be changed from here on."""
        if len(self._here) > max(_FEW, len(self._below) // _MANY_OF):
            self._below, self._here = self.join(), {}
        other = Layers[V]()
        # What lies below is replaced and never changed.
        other._below, other._here, other._size = self._below, dict(self._here), self._size
        return other

    def join(self) -> dict[str, V]:
        """All of it in one dictionary, which nobody may change."""
        here = self._here
        joined = {name: value for name, value in self._below.items() if name not in here}
        joined.update((name, value) for name, value in here.items() if value is not None)
        return joined

    def __len__(self) -> int:
        return self._size

    def __contains__(self, name: str) -> bool:
        return self._here[name] is not None if name in self._here else name in self._below

    def get(self, name: str) -> V | None:
        """The value of this name; None where there is none."""
        return self._here[name] if name in self._here else self._below.get(name)

    def put(self, name: str, value: V) -> None:
        if name not in self:
            self._size += 1
            self._here.pop(name, None)
        self._here[name] = value

    def pop(self, name: str) -> V | None:
        """Take a value away, if it is there."""
        found = self.get(name)
        if found is not None:
            self._size -= 1
            if name in self._below:
                self._here[name] = None
            else:
                del self._here[name]
        return found

    def search(self) -> None:
        """Say that names are found elsewhere, which others may be another time."""

    def values(self) -> Iterator[V]:
        yield from self.join().values()


class Watched(Layers[V]):
    """What lies in another one, with changes of its own; it knows what was asked of the other.

    ``seen`` is what the answers were.  ``is_searched`` says that not all that was asked for had a name.
    """

    __slots__ = ("_other", "is_searched", "seen")

    def __init__(self, other: Layers[V]) -> None:
        super().__init__()
        self._other = other
        self._size = len(other)
        self.seen: dict[str, V | None] = {}
        self.is_searched = False

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> V | None:
        if name in self._here:
            return self._here[name]
        if name not in self.seen:
            self.seen[name] = self._other.get(name)
        return self.seen[name]

    def pop(self, name: str) -> V | None:
        found = self.get(name)
        if found is not None:
            self._size -= 1
            self._here[name] = None
        return found

    def copy(self) -> Layers[V]:
        return Layers(self.join())

    def search(self) -> None:
        self.is_searched = True

    def join(self) -> dict[str, V]:
        self.is_searched = True
        self._below = self._other.join()
        return super().join()
