"""An origin that a secret was given for, another that it was not, and everything that sends something to an origin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from headgate.core.json import Json, JsonObject
from tests.canaries import canary
from tests.end_to_end.chat import whole
from tests.isolation.tenants import Tenant, Town
from tests.origin.script import answering
from tests.origin.server import Origin

MESSAGES: Json = [{"role": "user", "content": "Hello"}]


class Canary:
    """`secret` is given for `home`. `foreign` must never see it."""

    def __init__(self, town: Town, home: Origin, foreign: Origin) -> None:
        self.town = town
        self.home = home
        self.foreign = foreign
        self.secret = canary("origin")

    def ask(self, method: str, path: str, body: Json = None, *, by: Tenant | None = None) -> Json:
        """What a tenant's owner is answered, in the tenant's first project; acme's unless said otherwise."""
        return self.asked(method, path, body, by=by)[1]

    def asked(self, method: str, path: str, body: Json = None, *, by: Tenant | None = None) -> tuple[int, Json]:
        tenant = by or self.town.mine
        return self.as_person(method, path, body, token=tenant.token, project=tenant.word("project"))

    def as_person(
        self, method: str, path: str, body: Json = None, *, token: str, project: str = ""
    ) -> tuple[int, Json]:
        headers = {"authorization": f"Bearer {token}", **({"x-project-id": project} if project else {})}
        answer = self.town.gateway.ask(method, path, body=body, headers=headers)
        self.town.gateway.comes_to_rest()
        return answer.status_code, msgspec.json.decode(answer.content) if answer.content else None

    def made(self, method: str, path: str, body: Json = None) -> JsonObject:
        """What a request that succeeds is answered."""
        status, shown = self.asked(method, path, body)
        assert status in {200, 201}, (method, path, shown)
        assert isinstance(shown, dict)
        return shown

    def registered(self, name: str, **fields: Json) -> str:
        """An entry of the owner's with the secret, at home."""
        body = {"model_id": name, "model_provider": "openai", "model_name": "gpt-4o", "api_key": self.secret, **fields}
        return str(self.made("POST", "/api/models", {"base_url": f"{self.home.url}/v1", **body})["model_id"])

    def stored(self, name: str, **config: Json) -> str:
        """An entry of the organization with the secret, at home."""
        known = {"provider": "openai", "model": "gpt-4o", "base_url": f"{self.home.url}/v1", "api_key": self.secret}
        body = {"model_id": name, "type": "completion", "provider_config": {**known, **config}}
        return str(self.made("POST", "/v1/models", body)["model_id"])

    def asset(self, name: str) -> str:
        """An entry of the project with the secret, at home."""
        body = {"name": name, "litellm_model": "openai/gpt-4o", "credentials": {"api_key": self.secret}}
        return str(self.made("POST", "/assets/models", {**body, "api_base": f"{self.home.url}/v1"})["resource_uri"])

    def call(self, model: str) -> int:
        """The status of a chat."""
        return self.asked("POST", "/v1/chat/completions", {"model": model, "messages": MESSAGES})[0]

    def send_everything(self, model: str) -> None:
        """Make the gateway send whatever it can send for a model, and for its provider at the foreign origin."""
        url = f"{self.foreign.url}/v1"
        self.call(model)
        self.ask("POST", "/v1/test", {"modelId": model})
        self.ask("POST", "/api/models/test", {"model_ids": [model]})
        self.ask("POST", "/api/models/test", {})
        self.ask("POST", "/api/models/providers/fetch", [])
        self.ask("POST", f"/assets/models/{model}/verify")
        # The last of them needs no key, so that the foreign origin is asked in any case.
        for provider in ("openai", "deepseek", "vllm"):
            unsaved = {"model_provider": provider, "model_name": "gpt-4o", "base_url": url}
            self.ask("POST", "/api/models/test-connection", unsaved)
            self.ask("POST", "/api/models/test-connection", {**unsaved, "api_key": ""})
            self.ask("POST", f"/api/models/providers/{provider}/models", {"api_key": "", "base_url": url})
            probed = {"litellm_model": f"{provider}/gpt-4o", "credentials": {}, "api_base": url}
            self.ask("POST", "/assets/models/verify", probed)

    @property
    def came_home(self) -> bool:
        return self._saw(self.home)

    @property
    def went_abroad(self) -> bool:
        assert self.foreign.requests, "nothing was sent there at all"
        return self._saw(self.foreign)

    def _saw(self, origin: Origin) -> bool:
        return any(self.secret.encode() in each.head + each.body for each in origin.requests)


@contextmanager
def canary_at(town: Town) -> Iterator[Canary]:
    with Origin(answering(whole())) as home, Origin(answering(whole())) as foreign:
        yield Canary(town, home, foreign)
