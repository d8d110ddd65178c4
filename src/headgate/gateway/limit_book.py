"""Limits in memory: which are set, and how much of each is used.

What is used is kept only for those who were active in the last minute or two. A bucket that nobody has touched for a
minute is full, so forgetting it changes nothing; one that owes more than that, and slots that are taken, are kept. Two
dictionaries do it: what is asked for comes into the young one, which becomes the old one at a turn, and what is in the
old one at the next turn is forgotten. Whoever keeps a bucket longer than a turn asks for it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias
from weakref import WeakValueDictionary

from headgate.access.limits import MINUTE, Metric, SetLimits
from headgate.access.rate import Bucket, Rate, Slots
from headgate.core.subject import PLAN_ID, Subject, SubjectKind

Key: TypeAlias = tuple[str, str, str, Metric]

_TURN: Final = MINUTE


class LimitBook:
    """It belongs to the event loop."""

    def __init__(self, limits: Iterable[SetLimits] = ()) -> None:
        self._set: dict[Subject, SetLimits] = {}
        for each in limits:
            self._set[each.subject] = each
        # Everything that anybody still holds on to: what is in use is found again, however long that takes.
        self._buckets: WeakValueDictionary[Key, Bucket] = WeakValueDictionary()
        self._slots: WeakValueDictionary[Key, Slots] = WeakValueDictionary()
        self._young: dict[Key, Bucket] = {}
        self._old: dict[Key, Bucket] = {}
        self._owing: set[Bucket] = set()
        self._turned = 0.0

    def __len__(self) -> int:
        """Of how many limits anything is kept."""
        return len(self._buckets) + len(self._slots)

    # What is set

    def all(self) -> Sequence[SetLimits]:
        return list(self._set.values())

    def get(self, subject: Subject) -> SetLimits | None:
        return self._set.get(subject)

    def put(self, limits: SetLimits) -> None:
        self._set[limits.subject] = limits

    def drop(self, subject: Subject) -> None:
        self._set.pop(subject, None)

    def of_user(self, organization: str, user: str, *, role: str) -> list[SetLimits]:
        """Those that stand in for each other, the nearest first. `role` "" for who has none."""
        named = (
            Subject(organization, SubjectKind.USER, user),
            # What the platform says of a person goes before what the organization says of everybody.
            Subject("", SubjectKind.USER, user),
            Subject(organization, SubjectKind.ROLE, role),
            Subject(organization, SubjectKind.PLAN, PLAN_ID),
        )
        return [found for subject in named if (found := self._set.get(subject)) is not None]

    # What is used

    def bucket(self, key: Key, count: int) -> Bucket:
        """The bucket of so many a minute. A limit that has changed keeps the share that was used."""
        found = self._young.get(key)
        if found is None:
            found = self._buckets.get(key)
            if found is None:
                found = self._buckets[key] = Bucket(Rate(count, MINUTE), key[1])
            self._young[key] = found
        if found.rate.count != count:
            found.become(Rate(count, MINUTE))
        return found

    def slots(self, key: Key, count: int) -> Slots:
        found = self._slots.get(key)
        if found is None:
            found = self._slots[key] = Slots(count, key[1])
        found.count = count
        return found

    def owes(self, bucket: Bucket) -> None:
        """More was used than a minute brings back."""
        self._owing.add(bucket)

    def turns(self, now: float) -> bool:
        """Forget those that nobody has asked for since the turn before the last, if it is time. Whether it was."""
        if now - self._turned < _TURN:
            return False
        self._turned = now
        self._old, self._young = self._young, {}
        self._owing = {bucket for bucket in self._owing if not bucket.is_full(now)}
        return True
