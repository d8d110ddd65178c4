"""One entry, three faces: what any of the management APIs writes is what all of them read, and nothing else is lost.

Entries are made through each API, in each scope, and written through all APIs that show them, with random fields and
nulls. After every write each API shows what the product's table of fields says, and its answer, sent back, makes no
revision.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headgate.core.json import Json, JsonObject
from tests.faces.expected import KINDS, Expected
from tests.web.api import Api, api_at, read
from tests.web.assets_api.project import Assets

CONTEXT: Final = {"x-project-id": "web"}
COUNTS = st.none() | st.integers(0, 2**53 - 1)
LABELS = st.text("abcdefg xyz-9é", min_size=1, max_size=12).filter(lambda text: text == text.strip())
TEXTS = st.none() | LABELS
FREE = st.dictionaries(st.sampled_from(["x_one", "x_two", "x_three"]), st.none() | st.booleans() | LABELS, max_size=2)
TEMPERATURES = st.none() | st.sampled_from([0, 0.25, 1, 2.5])
TIMEOUTS = st.sampled_from([None, 0.5, 30, 2.25, 600])
URLS = st.none() | st.sampled_from(["https://one.example/v1", "https://two.example"])
PROVIDERS = st.none() | st.sampled_from(["openai", "groq", "mock", "somebody"])
MODELS = st.none() | st.sampled_from(["gpt-4o", "meta/llama", "echo"])
TAGS = st.none() | st.lists(LABELS, unique=True, max_size=3)
ANYTHING = st.none() | st.integers(0, 4096) | st.just({"default": 3}) | st.lists(st.integers(0, 9), max_size=2)


def objects(**keys: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """An object with some of its lifted keys and some free ones, or null."""
    lifted = st.fixed_dictionaries({}, optional=keys)
    given = st.builds(lambda known, free: {**free, **known}, lifted, FREE)
    return st.one_of(given, given, given, st.none())


LIMITS = dict.fromkeys(("context_window", "max_output_tokens", "rpm", "tpm"), COUNTS)
CATALOGUE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(sorted({words[0] for words in KINDS.values()})),
        "display": objects(name=TEXTS, brand=TEXTS, hidden=st.none() | st.booleans()),
        "capabilities": st.none() | st.dictionaries(st.sampled_from(["vision", "audio"]), st.booleans()),
        "limits": objects(**LIMITS, timeout=TIMEOUTS),
        "failover": TEXTS,
        "region": TEXTS,
        "dimensions": ANYTHING,
        "supported_dimensions": st.none() | st.lists(st.integers(1, 4096), max_size=3),
        "metrics": ANYTHING,
        "provider_config": objects(
            provider=PROVIDERS,
            model=MODELS,
            base_url=URLS,
            api_version=st.none() | st.just("2024-10-21"),
            defaults=objects(temperature=TEMPERATURES, max_tokens=COUNTS),
        ),
        "pricing": st.none() | st.just({"input_per_1m_tokens": 2.5, "output_per_1m_tokens": 10}),
        "tags": TAGS,
        "enabled": st.none() | st.booleans(),
        "description": TEXTS,
    },
)
REGISTRY = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from(sorted({words[1] for words in KINDS.values()})),
        "model_provider": PROVIDERS,
        "model_name": MODELS,
        "base_url": URLS,
        "temperature": TEMPERATURES,
        "context_window": COUNTS,
        "dimension": st.none() | st.integers(0, 4096),
        "description": TEXTS | st.just(""),
    },
)
ASSETS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "litellm_model": st.none() | st.sampled_from(["openai/gpt-4o", "groq/meta/llama", "nobody/x", "mock/echo"]),
        "description": TEXTS | st.just(""),
        "tags": TAGS,
        "provider": PROVIDERS | st.just(""),
        "api_base": URLS | st.just(""),
        "api_version": st.none() | st.just("2025-01-01"),
        "mode": st.sampled_from([words[2] for words in KINDS.values()]),
        "max_input_tokens": COUNTS,
        "max_output_tokens": COUNTS,
        "rpm": COUNTS,
        "tpm": COUNTS,
        "default_temperature": TEMPERATURES,
        "default_max_tokens": COUNTS,
        "timeout": st.none() | st.integers(0, 86_400),
        "status": st.sampled_from([None, "ACTIVE", "DEPRECATED", "DISABLED"]),
    },
)
WRITES = st.one_of(
    st.tuples(st.just("catalogue"), CATALOGUE),
    st.tuples(st.just("registry"), REGISTRY),
    st.tuples(st.just("assets"), ASSETS),
)
Write = tuple[str, JsonObject]
UNHELD: Final[Write] = ("catalogue", {"limits": {"timeout": 0.5}, "dimensions": {"default": 3}, "type": "video"})
"""Values that the types of the other faces cannot hold."""
NUMBERS: Final = itertools.count()
SECRET: Final = "sk-faces-canary-2b7d19c0e4"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_at(tmp_path_factory.mktemp("faces")) as api:
        # The project's people are made with it.
        Assets(api)
        yield api


class Entry:
    """A new entry of ann's, made through one of the APIs, and what it is expected to be."""

    def __init__(self, api: Api, made_by: str) -> None:
        self.api = api
        self.name = f"entry-{next(NUMBERS)}"
        self.expected = Expected(self.name)
        self.faces = {
            "catalogue": ("PATCH", f"/v1/models/{self.name}"),
            "registry": ("PUT", f"/api/models/{self.name}"),
        }
        if made_by == "assets":
            self.faces["assets"] = ("PUT", f"/assets/models/{self.name}")
        getattr(self, f"_made_by_{made_by}")()

    def _made_by_catalogue(self) -> None:
        self._made("/v1/models", {"model_id": self.name, "type": "completion"})

    def _made_by_registry(self) -> None:
        fields = {"model_provider": "groq", "model_name": "meta/llama", "base_url": "https://one.example/v1"}
        self._made("/api/models", {"model_id": self.name, "api_key": "", **fields})
        self.expected.write_registry(fields)

    def _made_by_assets(self) -> None:
        fields = {"name": "An asset", "litellm_model": "groq/meta/llama"}
        self._made("/assets/models", {"resource_uri": self.name, "credentials": {}, **fields})
        self.expected.write_assets(fields)

    def _made(self, path: str, body: JsonObject) -> None:
        made = self.api.ask("POST", path, by="ann", body=body, headers=CONTEXT)
        assert made.status_code in {200, 201}, made.text

    def write(self, face: str, body: JsonObject) -> None:
        if face not in self.faces:
            return
        method, path = self.faces[face]
        made = self.api.ask(method, path, by="ann", body=body, headers=CONTEXT)
        assert made.status_code == 200, made.text
        getattr(self.expected, f"write_{face}")(body)

    def shown(self, face: str) -> JsonObject:
        answer = self.api.ask("GET", self.faces[face][1], by="ann", headers=CONTEXT)
        assert answer.status_code == 200, answer.text
        shown: JsonObject = read(answer)
        return shown

    def send_back(self, face: str) -> None:
        """Write what is shown."""
        before = self.api.desk.snapshot.revision
        method, path = self.faces[face]
        made = self.api.ask(method, path, by="ann", body=self.shown(face), headers=CONTEXT)
        assert (made.status_code, self.api.desk.snapshot.revision) == (200, before), made.text

    def check(self) -> None:
        for face in self.faces:
            expected: JsonObject = getattr(self.expected, f"as_{face}")()
            shown = self.shown(face)
            assert {key: shown.get(key, ...) for key in expected} == expected, face
            absent = {"failover", "region"} - expected.keys() if face == "catalogue" else set()
            assert not absent & shown.keys()
            if face == "assets":
                flagged = self.expected.flagged
                assert shown["status"] in ({flagged} if flagged else {"PENDING", "ACTIVE", "ERROR"})


@settings(max_examples=100)
@example(made_by="assets", writes=[UNHELD, ("assets", {"rpm": 5}), ("registry", {"temperature": 1})])
@given(made_by=st.sampled_from(["catalogue", "registry", "assets", "assets"]), writes=st.lists(WRITES, max_size=8))
def test_every_face_shows_what_any_of_them_wrote(api: Api, made_by: str, writes: list[Write]) -> None:
    entry = Entry(api, made_by)
    entry.check()

    for face, body in writes:
        entry.write(face, body)
        entry.check()
    for face in entry.faces:
        entry.send_back(face)
        entry.check()


@settings(max_examples=20)
@given(writes=st.lists(WRITES, max_size=4))
def test_no_write_loses_what_is_no_field(api: Api, writes: list[Write]) -> None:
    entry = Entry(api, "registry")
    entry.write("registry", {"base_url": "https://one.example/v1"})
    for body in ({"api_key": SECRET}, {"share_with_users": True}):
        made = api.ask("PUT", entry.faces["registry"][1], by="ann", body=body, headers=CONTEXT)
        assert made.status_code == 200, made.text
    uid = next(offer.uid for offer in api.desk.snapshot.shared.offers("o-acme") if offer.name == entry.name)
    held = api.desk.book.own(uid)

    for face, body in writes:
        # A shared model's purpose is what people rely on.
        entry.write(face, {key: value for key, value in body.items() if key != "category"})
    for face in entry.faces:
        entry.send_back(face)

    assert held is not None
    assert (api.desk.book.own(uid), entry.shown("registry")["is_shared"]) == (held, True)
