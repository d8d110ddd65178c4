"""The models that people choose for a purpose: one choice of each user, organization and type.

A choice names an entry by its uid and counts only while its owner sees that entry enabled. For a type that somebody
chose nothing for, the choice of an admin of the organization stands in, if it is an entry that the other sees too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from headgate.access.identity import Role
from headgate.catalogue.kinds import HEARS, SPEAKS, Kind
from headgate.catalogue.offer import Offer
from headgate.core.errors import NotFound
from headgate.core.principal import Principal
from headgate.gateway.administer_desk import Desk
from headgate.gateway.directory import Directory

_TEXT: Final = frozenset({Kind.CHAT, Kind.COMPLETION})
_AUDIO: Final = frozenset({Kind.TRANSCRIPTION, Kind.SPEECH})
_ADMINS: Final = frozenset({Role.OWNER, Role.ADMIN})


class ConfigType(msgspec.Struct, frozen=True):
    """What a purpose asks of a model: one of the kinds, and the abilities.

    `implied`: an entry that names none of its kind's abilities has them all.
    """

    kinds: frozenset[Kind]
    abilities: frozenset[str] = frozenset()
    implied: frozenset[str] = frozenset()

    def fits(self, offer: Offer) -> bool:
        if offer.kind not in self.kinds:
            return False
        if self.implied and self.implied.isdisjoint(offer.capabilities):
            return True
        return self.abilities <= offer.capabilities


_IMAGES: Final = frozenset({"generate", "edit"})
_SPEECH: Final = frozenset({HEARS, SPEAKS})

CONFIG_TYPES: Final[Mapping[str, ConfigType]] = MappingProxyType(
    {
        "general": ConfigType(_TEXT),
        "small_fast": ConfigType(_TEXT),
        "visual": ConfigType(_TEXT, frozenset({"vision"})),
        "compact": ConfigType(_TEXT),
        "embedding": ConfigType(frozenset({Kind.EMBEDDING})),
        "image": ConfigType(frozenset({Kind.IMAGE})),
        "image_edit": ConfigType(frozenset({Kind.IMAGE}), frozenset({"edit"}), _IMAGES),
        "asr": ConfigType(_AUDIO, frozenset({HEARS}), _SPEECH),
        "tts": ConfigType(_AUDIO, frozenset({SPEAKS}), _SPEECH),
        "speech": ConfigType(_AUDIO, _SPEECH, _SPEECH),
        "video": ConfigType(frozenset({Kind.VIDEO}), frozenset({"generate"}), frozenset({"generate"})),
        "rerank": ConfigType(frozenset({Kind.RERANK})),
    }
)
"""By the word of the registry API, in the order of its lists."""

GENERAL: Final = "general"
FALL_BACK: Final = frozenset({"small_fast", "visual", "compact"})
"""Where there is none of these, the general model is used."""


class UserDefault(msgspec.Struct, frozen=True, kw_only=True):
    """A user's choice within an organization. `number` is its row id, `uid` the entry's. Times are Unix seconds."""

    user: str
    organization: str
    config_type: str
    number: int
    uid: str
    created_at: float
    updated_at: float | None = None


class UserDefaultStore(Protocol):
    """Keeps the choices, one of each user, organization and type. A choice ends with its entry."""

    def of(self, organization: str, users: Sequence[str]) -> list[UserDefault]: ...

    def put(self, chosen: UserDefault) -> None: ...

    def drop(self, chosen: UserDefault) -> None: ...

    def drop_of_others(self, uid: str, *, owner: str) -> None:
        """Every choice of an entry, but its owner's."""


class Chosen(msgspec.Struct, frozen=True):
    """A choice and the entry that it means."""

    default: UserDefault
    offer: Offer


class UserDefaults:
    """Reads and writes choices. Runs on the writer thread."""

    def __init__(self, desk: Desk, store: UserDefaultStore, *, directory: Directory) -> None:
        self._desk = desk
        self._store = store
        self._directory = directory

    def choose(self, by: Principal, config_type: str, *, offer: Offer) -> UserDefault:
        """Make an entry that the user sees and that fits the type the user's choice."""
        now = self._desk.clock.wall()
        former = self._own(by).get(config_type)
        if former is not None:
            chosen = msgspec.structs.replace(former, uid=offer.uid, updated_at=now)
        else:
            chosen = UserDefault(
                user=by.user,
                organization=by.organization,
                config_type=config_type,
                number=self._desk.store.next_numbers(1)[0],
                uid=offer.uid,
                created_at=now,
            )
        self._store.put(chosen)
        return chosen

    def clear(self, by: Principal, config_type: str) -> None:
        """NotFound if the user chose nothing for the type."""
        former = self._own(by).get(config_type)
        if former is None:
            raise NotFound(f"there is no default of the type {config_type!r}")
        self._store.drop(former)

    def forget_others(self, offer: Offer) -> None:
        """Of an entry that is no longer shared: what others chose ends."""
        self._store.drop_of_others(offer.uid, owner=offer.scope.user)

    def is_chosen(self, by: Principal, offer: Offer) -> bool:
        """Whether the user's own choice for any type is this entry."""
        return any(each.uid == offer.uid for each in self._own(by).values())

    def own(self, by: Principal, config_type: str) -> Chosen | None:
        """The user's own choice for a type, while it counts."""
        return self._counting(by, self._own(by).get(config_type))

    def all(self, by: Principal) -> list[Chosen]:
        """What counts for the user, in the order of the types: own choices, then those of the admins."""
        lists = self._lists(by)
        found = (self._first(by, lists, config_type) for config_type in CONFIG_TYPES)
        return [each for each in found if each is not None]

    def in_force(self, by: Principal, config_type: str) -> Chosen | None:
        """What the user would use for a purpose; the general model where there is none for a smaller one."""
        lists = self._lists(by)
        found = self._first(by, lists, config_type)
        if found is None and config_type in FALL_BACK:
            return self._first(by, lists, GENERAL)
        return found

    def _lists(self, by: Principal) -> list[Mapping[str, UserDefault]]:
        """By type, the user's own choices first, then those of the admins in the order in which they joined."""
        admins = [each.user for each in self._directory.members(by.organization) if each.role in _ADMINS]
        people = list(dict.fromkeys((by.user, *admins)))
        held = self._store.of(by.organization, people)
        return [{each.config_type: each for each in held if each.user == person} for person in people]

    def _own(self, by: Principal) -> Mapping[str, UserDefault]:
        return {each.config_type: each for each in self._store.of(by.organization, [by.user])}

    def _first(self, by: Principal, lists: Sequence[Mapping[str, UserDefault]], config_type: str) -> Chosen | None:
        counting = (self._counting(by, choices.get(config_type)) for choices in lists)
        return next((each for each in counting if each is not None), None)

    def _counting(self, by: Principal, default: UserDefault | None) -> Chosen | None:
        if default is None:
            return None
        snapshot = self._desk.snapshot
        offer = snapshot.by_uid(default.uid)
        if offer is None or not offer.enabled or not snapshot.is_visible(by, offer):
            return None
        return Chosen(default, offer)
