"""The platform's default models: what a call that names no model goes to.

They are names, resolved like `model` when a call is made: a default that the caller cannot see is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from headgate.catalogue.kinds import Kind
from headgate.catalogue.offer import document_of
from headgate.catalogue.rules import name_problem
from headgate.catalogue.snapshot import Snapshot
from headgate.catalogue.values import found
from headgate.core.errors import Forbidden, InvalidBody, detail
from headgate.core.json import Json, JsonObject
from headgate.core.overlay import DefaultModels
from headgate.core.principal import Principal


class DefaultsStore(Protocol):
    """Keeps the platform's defaults."""

    def defaults(self) -> DefaultModels: ...

    def put_defaults(self, defaults: DefaultModels) -> None: ...


_FILES: Final = "file_parsing"
_PATHS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "completions": ("completions",),
        "embeddings": ("embeddings",),
        "image_generation": ("image_generation",),
        "image_files": (_FILES, "image"),
        "audio_files": (_FILES, "audio"),
        "document_files": (_FILES, "document"),
    }
)
"""Where each default stands in the JSON object, above its `model_id`."""
_FIELDS: Final = MappingProxyType({path: field for field, path in _PATHS.items()})
_LOOKED_UP: Final = ("dimensions", "supported_dimensions")
"""What an answer adds to `model_id` and a body may therefore carry: it is looked up, never stored."""
_OF_KIND: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.CHAT: "completions",
        Kind.COMPLETION: "completions",
        Kind.EMBEDDING: "embeddings",
        Kind.IMAGE: "image_generation",
        # Without a reranker of its own, reranking is a question to a chat model.
        Kind.RERANK: "completions",
    }
)


class PlatformDefaults:
    """The defaults in force. Written on the writer thread, read by the event loop."""

    def __init__(self, store: DefaultsStore) -> None:
        self._store = store
        self.current = store.defaults()

    def replace(self, by: Principal, body: JsonObject) -> DefaultModels:
        """Put other defaults in force, as a whole. Forbidden, InvalidBody."""
        if not by.platform_admin:
            raise Forbidden("the platform's defaults are for its administrators to write")
        defaults = parse(body)
        self._store.put_defaults(defaults)
        self.current = defaults
        return defaults

    def model(self, principal: Principal, kind: Kind) -> str | None:
        """The name of the model that a call of this kind goes to when it names none: the organization's, if it has
        one, else the platform's."""
        return own_default(principal, kind) or default_of(self.current, kind)

    def of(self, principal: Principal) -> DefaultModels:
        """The defaults that count for a principal: the platform's under its organization's."""
        if principal.overlay is None:
            return self.current
        laid = {name: value for name, value in _fields(principal.overlay.default_models) if value is not None}
        return msgspec.structs.replace(self.current, **laid)


def default_of(defaults: DefaultModels, kind: Kind) -> str | None:
    """The name of the default for a kind of call."""
    field = _OF_KIND.get(kind)
    name: str | None = getattr(defaults, field) if field is not None else None
    return name


def own_default(principal: Principal, kind: Kind) -> str | None:
    """The default that the principal's organization has set for itself."""
    return default_of(principal.overlay.default_models, kind) if principal.overlay is not None else None


def _fields(defaults: DefaultModels) -> Iterator[tuple[str, str | None]]:
    return iter(msgspec.structs.asdict(defaults).items())


def parse(body: JsonObject) -> DefaultModels:
    """The defaults of a JSON object; null is none. InvalidBody with every fault."""
    faults: list[Mapping[str, str]] = []
    fields: dict[str, str] = {}
    for path, value in _entries(body, faults):
        if path not in _FIELDS:
            accepted = ", ".join(".".join(each) for each in _FIELDS)
            faults.append(detail(".".join(path), f"{'.'.join(path)!r} is not known; accepted: {accepted}"))
        elif (name := _model_id(".".join(path), value, faults)) is not None:
            fields[_FIELDS[path]] = name
    if faults:
        raise InvalidBody(faults[0]["message"], details=faults)
    return msgspec.convert(fields, DefaultModels)


def shown(defaults: DefaultModels) -> JsonObject:
    """The defaults as a JSON object, as `parse` takes it."""
    body: JsonObject = {}
    for field, path in _PATHS.items():
        name = getattr(defaults, field)
        if name is not None:
            holder = body if len(path) == 1 else body.setdefault(path[0], {})
            holder[path[-1]] = {"model_id": name}
    return body


def offered(defaults: DefaultModels, principal: Principal, *, snapshot: Snapshot) -> JsonObject:
    """The defaults that the principal can see, the embedding model with its sizes."""
    names = msgspec.structs.asdict(defaults)
    seen = {field: name for field, name in names.items() if name is not None and snapshot.find(principal, name)}
    body = shown(msgspec.convert(seen, DefaultModels))
    embeddings = snapshot.find(principal, seen["embeddings"]) if "embeddings" in seen else None
    if embeddings is not None:
        document = document_of(embeddings)
        if document.dimensions is not None:
            body["embeddings"]["dimensions"] = document.dimensions
        if document.supported_dimensions:
            body["embeddings"]["supported_dimensions"] = list(document.supported_dimensions)
    return body


def _entries(body: JsonObject, faults: list[Mapping[str, str]]) -> list[tuple[tuple[str, ...], Json]]:
    files = body.get(_FILES)
    if files is not None and not isinstance(files, dict):
        faults.append(detail(_FILES, f"{_FILES!r} takes an object, not {found(files)}"))
    inner = files if isinstance(files, dict) else {}
    outer = [((key,), value) for key, value in body.items() if key != _FILES]
    return [*outer, *(((_FILES, key), value) for key, value in inner.items())]


def _model_id(path: str, value: Json, faults: list[Mapping[str, str]]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict) or "model_id" not in value or set(value) - {"model_id", *_LOOKED_UP}:
        faults.append(detail(path, f"{path!r} takes an object with 'model_id', or null"))
        return None
    wrong = name_problem(value["model_id"])
    if wrong is not None:
        faults.append(detail(f"{path}.model_id", f"'{path}.model_id' takes {wrong}"))
        return None
    name: str = value["model_id"]
    return name
