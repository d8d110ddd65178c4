"""A secret of its own in every place that keeps one, providers that repeat it, and everything that comes out looked at.

The answers are looked at by the suite's watch as they are read; the files here, when the server has ended.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Final

from tests.canaries import WATCH, canary
from tests.end_to_end.gateway import SECOND_MOUNT, Gateway, visited
from tests.end_to_end.program import start

EMAIL: Final = "mia@acme.example"
READ: Final = (
    "/v1/models",
    f"{SECOND_MOUNT}/v1/models",
    "/api/models",
    "/api/models/summary",
    "/api/models/providers",
    "/assets/models",
    "/admin/v1/credentials",
    "/admin/v1/credentials?scope=organization",
    "/admin/v1/catalogue/revisions?limit=1000",
    "/admin/v1/keys",
    "/admin/v1/tokens",
    "/admin/v1/sessions",
    "/admin/v1/users",
    "/admin/v1/audit?limit=1000",
    "/metrics",
)


class Echo(BaseHTTPRequestHandler):
    """A provider that refuses every request and repeats the key that came with it, wherever there is room."""

    heard: ClassVar[set[str]] = set()

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length", "0")))
        key = self.headers.get("authorization", "")
        self.heard.add(key.removeprefix("Bearer "))
        error = json.dumps({"error": {"message": f"refused: {key}", "code": key, "type": key}})
        streams = b'"stream":true' in asked.replace(b" ", b"")
        body = f"data: {error}\n\ndata: [DONE]\n\n".encode() if streams else error.encode()
        self.send_response(200 if streams else STATUSES.get(self.path.partition("?")[0], 401), key)
        self.send_header("content-type", "text/event-stream" if streams else "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-request-id", key)
        self.send_header("www-authenticate", f'Bearer realm="{key}"')
        self.end_headers()
        self.wfile.write(body)


STATUSES: Final = {"/v1/embeddings": 500, "/v1/models": 403}


@contextmanager
def echoing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Slots:
    """Fills every place that keeps a secret. `filled` are the secrets, by place."""

    def __init__(self, gateway: Gateway) -> None:
        self.filled: dict[str, str] = {}
        self._gateway = gateway

    def of(self, slot: str) -> str:
        self.filled[slot] = canary(slot)
        return self.filled[slot]

    def catalogue(self, url: str) -> list[str]:
        config = {"provider": "openai", "base_url": f"{url}/v1", "model": "up"}
        ask = self._gateway.ask
        priced = {"type": "completion", "pricing": {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}}
        bulk = {"model_id": "bulk", **priced, "provider_config": {**config, "api_key": self.of("put")}}
        ask("PUT", "/v1/models", {"models": [bulk]})
        for mount, name in (("", "first"), (SECOND_MOUNT, "second")):
            secret = {"provider_config": {**config, "api_key": self.of(f"post_{name}")}}
            ask("POST", f"{mount}/v1/models", {"model_id": name, **priced, **secret})
        ask("PATCH", "/v1/models/first", {"provider_config": {"api_key": self.of("patch")}})
        return ["bulk", "first", "second"]

    def other_faces(self, url: str) -> list[str]:
        ask = self._gateway.ask
        registered = {"model_id": "registered", "model_provider": "openai", "model_name": "up", "base_url": f"{url}/v1"}
        ask("POST", "/api/models/register", {**registered, "api_key": self.of("registry")})
        ask("PUT", "/api/models/registered", {"api_key": self.of("registry_put")})
        asset = {"name": "Asset", "litellm_model": "openai/up", "provider": "openai", "api_base": f"{url}/v1"}
        made = ask("POST", "/assets/models", {**asset, "credentials": {"api_key": self.of("assets")}})
        handle = str(made["resource_uri"])
        ask("PUT", f"/assets/models/{handle}", {"credentials": {"api_key": self.of("assets_put")}})
        return ["registered", handle]

    def named(self, url: str) -> list[str]:
        """A named credential of each scope, one of them rotated, and an entry that is called with it."""
        names = []
        for scope in ("platform", "organization", "project"):
            given = {"name": scope, "provider": "openai", "secret": self.of(f"named_{scope}"), "origins": [url]}
            made = self._gateway.ask("POST", f"/admin/v1/credentials?scope={scope}", given)
            rotated = {"secret": self.of(f"rotated_{scope}")}
            self._gateway.ask("POST", f"/admin/v1/credentials/{made['id']}/rotate", rotated)
        config = {"provider": "openai", "base_url": f"{url}/v1", "model": "up", "credential": "platform"}
        free = {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}
        entry = {"model_id": "by-name", "type": "completion", "pricing": free, "provider_config": config}
        names.append(str(self._gateway.ask("POST", "/v1/models", entry)["model_id"]))
        return names

    def probes(self, url: str) -> None:
        """Secrets that are tried and not kept."""
        tried = {"model_provider": "openai", "model_name": "up", "base_url": f"{url}/v1"}
        self._gateway.ask("POST", "/api/models/test-connection", {**tried, "api_key": self.of("test_connection")})
        asset = {"litellm_model": "openai/up", "provider": "openai", "api_base": f"{url}/v1"}
        self._gateway.ask("POST", "/assets/models/verify", {**asset, "credentials": {"api_key": self.of("verify")}})

    def people(self) -> None:
        ask = self._gateway.ask
        made = ask("POST", "/admin/v1/users", {"name": "Mia", "email": EMAIL})
        ask("PUT", f"/admin/v1/users/{made['id']}/password", {"password": self.of("password")})
        signed_in = ask("POST", "/admin/v1/sign-in", {"email": EMAIL, "password": self.filled["password"]})
        self.filled["sign_in"] = str(signed_in["token"])
        wrong = {"email": EMAIL, "password": self.of("wrong_password")}
        assert self._gateway.http.post("/admin/v1/sign-in", json=wrong).status_code == 401
        self.filled["key"] = self._gateway.key()
        self.filled["token"] = str(ask("POST", "/admin/v1/tokens", {"name": "ci"})["token"])
        self.filled["session"] = str(ask("POST", "/admin/v1/sessions", {})["token"])


def test_no_secret_of_any_place_comes_out(tmp_path: Path) -> None:
    data, master, before = tmp_path / "data", base64.b64encode(secrets.token_bytes(32)).decode(), len(WATCH.leaks)
    admin = canary("admin_token")
    program = start(data, {"HEADGATE_ADMIN_TOKEN": admin, "HEADGATE_MASTER_KEY": master, "HEADGATE_LOG_LEVEL": "debug"})
    with echoing() as url, visited(program, admin) as gateway:
        slots = Slots(gateway)
        names = [*slots.catalogue(url), *slots.other_faces(url), *slots.named(url)]
        slots.probes(url)
        slots.people()
        answers = [gateway.chat(name, stream=stream) for name in names for stream in (False, True)]
        answers += [gateway.chat("nobody", {"api_key": slots.of("in_a_body")})]
        shown = [gateway.http.get(path) for path in READ]
        smoke = [gateway.http.post("/v1/test", json={"model_id": name, "type": "completions"}) for name in names]
    program.end()

    known = {each.encode() for each in (master, admin, *slots.filled.values())}
    WATCH.look_at_files(tmp_path.rglob("*"), known)
    assert WATCH.leaks[before:] == []
    assert {each.status_code for each in shown} == {200}
    in_force = {
        "put",
        "patch",
        "post_second",
        "registry_put",
        "assets_put",
        "rotated_platform",
        "test_connection",
        "verify",
    }
    assert {slots.filled[each] for each in in_force} <= Echo.heard
    assert sum(b"[redacted]" in each.body for each in answers) >= len(names)
    bodies = [*(each.body for each in answers), *(each.content for each in (*shown, *smoke))]
    assert [secret for secret in known if any(secret in body for body in bodies)] == []
