"""Frames read back are those that were written, and nothing that was not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.usage import Usage
from headgate.ledger.frames import HEADER, Frames, FrameUnknown, framed
from headgate.ledger.records import Account, Closed, Destination, End, Ended, Frame, Listed, Opened, Settled, Status
from tests.ledger.framing import OTHER_PRICE, PRICE, closed, ended, opened, settled

texts = st.text(max_size=12)
numbers = st.integers(0, 2**63 - 1)
amounts = st.integers(-(2**63) + 1, 2**63 - 1)
times = st.none() | numbers

usages = st.builds(Usage, input=numbers, output=numbers, estimated=st.booleans(), seconds=numbers, tier=texts)
accounts = st.builds(Account, texts, texts, texts, texts)
destinations = st.builds(Destination, texts, texts, numbers, texts, texts, texts)
openings = st.builds(
    Opened, texts, numbers, accounts, destinations, texts, texts, numbers, numbers, amounts, hold_tokens=numbers
)
closings = st.builds(
    Closed,
    texts,
    numbers,
    st.sampled_from(Status),
    usages,
    st.none() | amounts,
    amounts,
    texts,
    numbers,
    numbers,
    times,
)
ends = st.builds(Ended, texts, st.sampled_from(End), numbers, numbers, numbers, times, texts)
lists = st.sampled_from([Listed(price.id, price.source) for price in (PRICE, OTHER_PRICE)])
frames: st.SearchStrategy[Frame] = openings | closings | ends | st.builds(Settled, closings, ends) | lists

SERVED: tuple[Frame, ...] = (Listed(PRICE.id, PRICE.source), opened("a"), settled("a"), opened("b"))
LAST = closed("b")


def written(told: tuple[Frame, ...] | list[Frame]) -> bytes:
    return b"".join(map(framed, told))


@given(st.lists(frames, max_size=6))
def test_what_is_read_is_what_was_written(told: list[Frame]) -> None:
    read = Frames(written(told))
    assert list(read) == told
    assert read.is_whole


@given(st.lists(frames, max_size=5), st.data())
def test_a_cut_anywhere_leaves_exactly_the_frames_before_it(told: list[Frame], data: st.DataObject) -> None:
    whole = written(told)
    cut = data.draw(st.integers(0, len(whole)))
    read = Frames(whole[:cut])
    found = list(read)
    assert found == told[: len(found)]
    assert read.offset == len(written(told[: len(found)]))
    assert read.is_whole == (cut == read.offset)
    assert not read.goes_on
    assert len(found) == len(told) or cut < len(written(told[: len(found) + 1]))


@pytest.mark.parametrize("place", range(len(framed(LAST))))
def test_a_flipped_bit_in_the_last_frame_costs_that_frame_only(place: int) -> None:
    before, last = written(SERVED), framed(LAST)
    for bit in range(8):
        flipped = bytearray(last)
        flipped[place] ^= 1 << bit
        read = Frames(before + flipped)
        assert (list(read), read.offset, read.is_whole, read.goes_on) == (list(SERVED), len(before), False, False)


@pytest.mark.parametrize("place", range(len(framed(SERVED[1]))))
def test_a_flipped_bit_before_other_frames_is_seen_to_be_no_end(place: int) -> None:
    first, broken, rest = framed(SERVED[0]), bytearray(framed(SERVED[1])), written(SERVED[2:])
    broken[place] ^= 0x10
    read = Frames(first + broken + rest)
    assert (list(read), read.offset, read.goes_on) == ([SERVED[0]], len(first), True)


@given(st.binary(max_size=200))
def test_nothing_is_read_out_of_noise(noise: bytes) -> None:
    assert list(Frames(noise)) == []


def test_space_that_was_never_written_holds_no_frames() -> None:
    read = Frames(framed(ended("a")) + bytes(4096))
    assert (list(read), read.goes_on) == ([ended("a")], False)


def test_a_whole_frame_of_another_version_is_not_taken_for_a_torn_one() -> None:
    told = msgspec.msgpack.encode([9, "something else"])
    header = framed(ended("a"))[: HEADER.size]
    assert len(header) == 8
    unknown = HEADER.pack(len(told), _checksum(told)) + told
    with pytest.raises(FrameUnknown, match="offset 0 "):
        list(Frames(unknown))


def _checksum(data: bytes) -> int:
    """CRC-32 bit by bit, so that the format does not depend on who reckons it."""
    register = 0xFFFF_FFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB8_8320 if register & 1 else 0)
    return register ^ 0xFFFF_FFFF
