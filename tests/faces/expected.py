"""What an entry is expected to be after writes through the three management APIs, and how each of them shows it.

Written from the product's table of fields alone, and without a word of the code that it is held against: an entry is a
flat record, each API's body is a few keys of it, and each API's answer is another few.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from headgate.core.json import Json, JsonObject

KINDS: Final = {
    "chat": ("completion", "llm", "chat"),
    "completion": ("completion", "llm", "completion"),
    "embedding": ("embeddings", "embedding", "embedding"),
    "image": ("image_generation", "image", "image_generation"),
    "transcription": ("audio_transcription", "speech", "audio_transcription"),
    "speech": ("audio_speech", "speech", None),
    "rerank": ("rerank", "rerank", None),
    "moderation": ("moderation", "moderation", None),
    "video": ("video", "video", None),
}
"""The words of type, category and mode."""
PREFIXES: Final = {"openai": "openai", "groq": "groq", "mock": "mock"}
"""The known providers among those that are written here."""

OBJECTS: Final = {
    "display": {"name": "title", "brand": "brand", "hidden": "hidden"},
    "limits": {
        "context_window": "context_window",
        "max_output_tokens": "max_output_tokens",
        "rpm": "rpm",
        "tpm": "tpm",
        "timeout": "timeout",
    },
    "provider_config": {
        "provider": "provider",
        "model": "upstream_model",
        "base_url": "api_base",
        "api_version": "api_version",
    },
    "defaults": {"temperature": "temperature", "max_tokens": "max_tokens"},
}
"""The keys that are lifted out of the catalogue API's objects."""
REGISTRY: Final = {
    "model_provider": "provider",
    "model_name": "upstream_model",
    "base_url": "api_base",
    "temperature": "temperature",
    "context_window": "context_window",
    "dimension": "dimensions",
    "abilities": "abilities",
    "description": "description",
}
ASSETS: Final = {
    "name": "title",
    "litellm_model": "litellm_model",
    "description": "description",
    "tags": "tags",
    "provider": "provider",
    "api_base": "api_base",
    "api_version": "api_version",
    "max_input_tokens": "context_window",
    "max_output_tokens": "max_output_tokens",
    "rpm": "rpm",
    "tpm": "tpm",
    "default_temperature": "temperature",
    "default_max_tokens": "max_tokens",
    "timeout": "timeout",
}
_UPSTREAM: Final = ("provider", "upstream_model", "litellm_model")


@dataclass
class Expected:
    """One entry. `fields` holds what has a value; `free` the free keys of each object; `by` who last wrote where it
    goes."""

    name: str
    kind: str = "chat"
    fields: dict[str, Json] = field(default_factory=dict)
    free: dict[str, JsonObject] = field(default_factory=dict)
    enabled: bool = True
    deprecated: bool = False
    by: str = "catalogue"

    # Writing

    def write_catalogue(self, body: JsonObject) -> None:
        before = self._upstream()
        for key, value in body.items():
            if key == "type":
                self._kind(0, value)
            elif key == "enabled":
                self.enabled = value is not False
            elif key in OBJECTS:
                self._object(key, value)
            else:
                self._set(key, value)
        self._went("catalogue", before)

    def write_registry(self, body: JsonObject) -> None:
        before, shown = self._upstream(), self.as_registry()
        changed = {key: value for key, value in body.items() if value != shown.get(key, ...)}
        if "category" in changed:
            self._kind(1, changed.pop("category"))
        if self.by == "assets" and {"model_provider", "model_name"} & changed.keys():
            # What the other API's words meant until now stays for the half that is not written.
            if shown["model_provider"] != "unknown":
                changed.setdefault("model_provider", shown["model_provider"])
            changed.setdefault("model_name", shown["model_name"])
        for key, value in changed.items():
            self._set(REGISTRY[key], value)
        self._went("registry", before)

    def write_assets(self, body: JsonObject) -> None:
        before, shown = self._upstream(), self.as_assets()
        for key, value in body.items():
            if key == "status":
                self._status(value)
            elif value == shown[key] or (key in {"name", "litellm_model"} and value is None):
                continue
            elif key == "mode":
                self._kind(2, value)
            else:
                self._set(ASSETS[key], value)
        self._went("assets", before)

    def _object(self, name: str, given: JsonObject | None) -> None:
        lifted = OBJECTS[name]
        inner = ["defaults"] if name == "provider_config" else []
        keys = dict.fromkeys((*lifted, *inner)) if given is None else given
        for key, value in keys.items():
            if key in inner:
                self._object(key, value)
            elif key in lifted:
                self._set(lifted[key], value)
        self.free[name] = {key: value for key, value in keys.items() if key not in lifted and key not in inner}

    def _set(self, name: str, value: Json) -> None:
        if value is None or value == "" or (value in ([], {}) and name not in {"metrics", "dimensions"}):
            self.fields.pop(name, None)
        else:
            self.fields[name] = value

    def _kind(self, face: int, word: str | None) -> None:
        if KINDS[self.kind][face] == word:
            return
        if face == 2 and word is None:
            self.kind = "chat"
        elif word == "speech":
            self.kind = "speech"
        else:
            self.kind = next(kind for kind, words in KINDS.items() if words[face] == word)

    def _status(self, word: str | None) -> None:
        if word is None or word == self.flagged:
            return
        self.enabled = word != "DISABLED"
        if self.enabled:
            self.deprecated = word == "DEPRECATED"

    def _upstream(self) -> list[Json]:
        return [self.fields.get(name) for name in _UPSTREAM]

    def _went(self, by: str, before: list[Json]) -> None:
        if self._upstream() != before:
            self.by = by

    # Reading

    @property
    def flagged(self) -> str | None:
        """The status that people decided, None if it is verification's to say."""
        if not self.enabled:
            return "DISABLED"
        return "DEPRECATED" if self.deprecated else None

    def as_catalogue(self) -> JsonObject:
        """Of the answer everything that is the document's own."""
        get = self.fields.get
        objects = {name: self._shown(name) for name in OBJECTS}
        defaults = objects.pop("defaults")
        if defaults:
            objects["provider_config"] = {**objects["provider_config"], "defaults": defaults}
        shown: JsonObject = {
            "model_id": self.name,
            "type": KINDS[self.kind][0],
            **objects,
            "capabilities": get("capabilities", {}),
            "dimensions": get("dimensions"),
            "supported_dimensions": get("supported_dimensions", []),
            "metrics": get("metrics"),
            "pricing": get("pricing", {}),
            "tags": get("tags", []),
            "enabled": self.enabled,
            "description": get("description"),
        }
        return shown | {name: get(name) for name in ("failover", "region") if get(name) is not None}

    def as_registry(self) -> JsonObject:
        get = self.fields.get
        provider, model = self._meant()
        dimension = get("dimensions")
        return {
            "model_id": self.name,
            "category": KINDS[self.kind][1],
            "model_provider": provider or "unknown",
            "model_name": model,
            "base_url": get("api_base"),
            "temperature": get("temperature"),
            "context_window": get("context_window"),
            "dimension": dimension if type(dimension) is int else None,
            "abilities": get("abilities", []),
            "description": get("description"),
            "is_active": self.enabled,
        }

    def as_assets(self) -> JsonObject:
        get = self.fields.get
        model = get("upstream_model") or self.name
        made = f"{get('provider')}/{model}" if get("provider") else model
        shown: JsonObject = {key: get(name) for key, name in ASSETS.items()}
        timeout = get("timeout")
        return {
            **shown,
            "resource_uri": self.name,
            "name": get("title") or self.name,
            "litellm_model": get("litellm_model") or made,
            "tags": get("tags", []),
            "timeout": timeout if timeout is not None and float(timeout).is_integer() else None,
            "mode": KINDS[self.kind][2],
        }

    def _meant(self) -> tuple[str | None, str]:
        """The provider, and the model there."""
        get = self.fields.get
        routed = get("litellm_model") if self.by == "assets" else None
        if routed:
            prefix, slash, rest = routed.partition("/")
            if slash and prefix in PREFIXES:
                return prefix, rest
            return get("provider"), routed
        return get("provider"), get("upstream_model") or self.name

    def _shown(self, name: str) -> JsonObject:
        lifted = {key: self.fields[each] for key, each in OBJECTS[name].items() if each in self.fields}
        return lifted | self.free.get(name, {})
