"""The bounded memory of what was used recently."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headgate.gateway.recent import Recent


def test_what_was_put_is_there_until_it_is_cleared() -> None:
    recent: Recent[str, int] = Recent(4)
    recent.put("a", 1)

    assert recent.get("a") == 1
    assert recent.get("b") is None
    recent.clear()
    assert recent.get("a") is None


def test_what_is_in_use_stays_while_others_come_and_go() -> None:
    recent: Recent[int, int] = Recent(10)
    recent.put(-1, -1)

    for number in range(1000):
        recent.put(number, number)
        assert recent.get(-1) == -1


def test_what_nobody_asks_for_is_forgotten() -> None:
    recent: Recent[int, int] = Recent(10)
    recent.put(-1, -1)

    for number in range(10):
        recent.put(number, number)

    assert recent.get(-1) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans())), st.integers(1, 5))
def test_it_never_holds_more_than_its_limit_nor_anything_that_was_not_put(
    steps: list[tuple[int, bool]], half: int
) -> None:
    recent: Recent[int, str] = Recent(2 * half)
    used: list[int] = []
    for key, puts in steps:
        if puts:
            recent.put(key, str(key))
        found = recent.get(key)
        assert found in {None, str(key)}
        if found is not None:
            used = [key, *(each for each in used if each != key)]
        assert len(recent) <= 2 * half

    for key in used[:half]:
        assert recent.get(key) == str(key)
