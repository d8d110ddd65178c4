"""Settings of tenants as they are given: some of the fields, and none that does not exist.

The stored form is lenient, because it outlives the version that wrote it; what somebody asks for is read strictly, at
every depth, or a slip of the pen would be stored as silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import inspect

from headgate.access.identity import OrganizationSettings, ProjectSettings
from headgate.core.errors import detail
from headgate.core.json import Json, JsonObject
from headgate.gateway.tenancy import refuse

S = TypeVar("S", OrganizationSettings, ProjectSettings)

_ROOT: Final = "settings"
_FAULT: Final = re.compile(r"(?P<words>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<field>\w+)|\[[^]]*\]")


def with_settings(before: S, given: JsonObject) -> S:
    """The settings with the given ones in place of theirs; null is the default. InvalidBody with its path."""
    refuse(list(_unknown(given, inspect.type_info(type(before)), _ROOT)))
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        read = msgspec.convert(chosen, type(before))
    except msgspec.ValidationError as error:
        refuse([_fault(str(error), inspect.type_info(type(before)))])
        raise
    # What is not chosen or null reads as the default, so only what was given is taken over.
    changed = {name: getattr(read, name) for name in given}
    return msgspec.structs.replace(before, **changed)


def settings_shown(settings: OrganizationSettings | ProjectSettings) -> JsonObject:
    """Every setting, those that are at their default included."""
    return _shown(settings)


def _shown(value: msgspec.Struct) -> JsonObject:
    return {
        field.encode_name: _shown(each) if isinstance(each, msgspec.Struct) else _plain(each)
        for field in msgspec.structs.fields(value)
        for each in (getattr(value, field.name),)
    }


def _plain(value: object) -> Json:
    if isinstance(value, frozenset | set):
        return sorted(msgspec.to_builtins(value))
    return msgspec.to_builtins(value)


def _unknown(value: Json, type_: inspect.Type, path: str) -> Iterator[Mapping[str, str]]:
    """What names no field, wherever an object with known fields is expected."""
    match type_:
        case inspect.StructType(fields=fields) if isinstance(value, dict):
            types = {field.encode_name: field.type for field in fields}
            for name, each in value.items():
                if name in types:
                    yield from _unknown(each, types[name], f"{path}.{name}")
                else:
                    yield detail(f"{path}.{name}", f"unknown field; accepted: {', '.join(types)}")
        case inspect.DictType(value_type=inner) if isinstance(value, dict):
            for name, each in value.items():
                yield from _unknown(each, inner, f"{path}.{name}")
        case inspect.CollectionType(item_type=inner) if isinstance(value, list):
            for index, each in enumerate(value):
                yield from _unknown(each, inner, f"{path}[{index}]")
        case inspect.UnionType(types=types):
            found = [list(_unknown(value, each, path)) for each in types]
            yield from min(found, key=len)


def _fault(message: str, type_: inspect.Type) -> Mapping[str, str]:
    """What a message of the decoder says, with its path and, of a word that is none of a list, the list."""
    found = _FAULT.fullmatch(message)
    assert found is not None, "every text is words with or without a path"
    path = found["path"] or ""
    for step in _STEP.finditer(path):
        type_ = _inner(type_, step["field"])
    if found["key"] and isinstance(type_, inspect.DictType):
        type_ = type_.key_type
    words: str = found["words"]
    if isinstance(type_, inspect.EnumType):
        words = f"{words}; accepted: {', '.join(str(each.value) for each in type_.cls)}"
    return detail(_ROOT + path, words)


def _inner(type_: inspect.Type, field: str | None) -> inspect.Type:
    """The type of a field, or of what is in a list or an object; the type itself where there is none."""
    match type_:
        case inspect.StructType(fields=fields):
            return next((each.type for each in fields if each.encode_name == field), type_)
        case inspect.DictType(value_type=inner) | inspect.CollectionType(item_type=inner):
            return inner
    return type_
