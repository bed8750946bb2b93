"""A dictionary in layers is a dictionary, however often it is copied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mig.conflicts.layers import Layers, Watched

NAMES = [f"n{number}" for number in range(200)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 199), st.integers(1, 5)),
        st.tuples(st.just("pop"), st.integers(0, 199), st.just(0)),
        st.tuples(st.just("fill"), st.integers(0, 100), st.integers(1, 99)),
        st.tuples(st.just("copy"), st.just(0), st.just(0)),
        st.tuples(st.just("watch"), st.just(0), st.just(0)),
    ),
    max_size=30,
)


@given(STEPS)
def test_it_holds_what_a_plain_dictionary_would_hold(steps: list[tuple[str, int, int]]) -> None:
    layers, plain = Layers[int](), dict[str, int]()
    older: list[tuple[Layers[int], dict[str, int]]] = []
    for word, at, value in steps:
        name = NAMES[at]
        if word == "put":
            layers.pop(name)
            plain.pop(name, None)
            layers.put(name, value)
            plain[name] = value
        elif word == "pop":
            assert layers.pop(name) == plain.pop(name, None)
        elif word == "fill":
            for each in NAMES[at : at + value]:
                layers.put(each, value)
                plain[each] = value
        else:
            older.append((layers, dict(plain)))
            layers = layers.copy() if word == "copy" else Watched(layers)
    for held, expected in (*older, (layers, plain)):
        assert held.join() == expected
        assert len(held) == len(expected)
        assert [name for name in NAMES if name in held] == [name for name in NAMES if name in expected]
        assert sorted(held.values()) == sorted(expected.values())
