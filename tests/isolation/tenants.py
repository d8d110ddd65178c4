"""Two tenants with one of everything, made through the management APIs, and the words for what they have.

acme asks, globex is asked about. Every word of globex's has the length of its counterpart among words that stand for
nothing, so that an answer may not even differ in length.
"""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import Final

import msgspec

from headgate.core.json import Json, JsonObject
from tests.isolation.running import Running

PASSWORD: Final = "correct horse battery staple"
SECRET: Final = "sk-isolation-{}-5b1e93d2c47a"

STORED: Final = frozenset({"handle", "stock"})
"""Kinds of words that the other tenant may store for itself: nothing else is asked for by them."""

_DRAWN: Final = 5

Words = dict[str, list[str]]
"""By what it is a word for, every form of it."""

ALIKE: Final = {
    "absent": "model",
    "asset": "model",
    "gone": "model",
    "missing": "number",
    "digits": "number",
    "elsewhere": "upstream",
    "label": "name",
    "closed": "project",
    "departed": "user",
    "extra": "credential",
    "revoked": "key",
    "withdrawn": "token",
    "ended": "session",
    "spent": "budget",
}
"""Kinds of words that are asked for in a way that would change or end what they mean, if it were one's own."""


class Tenant(msgspec.Struct, kw_only=True):
    """What a tenant has. The first word of each kind is the one that its own requests use."""

    slug: str
    words: Words = {}
    tokens: dict[str, str] = {}
    session: str = ""
    key: str = ""
    secrets: list[str] = []

    @property
    def token(self) -> str:
        """The owner's."""
        return self.tokens["owner"]

    def word(self, kind: str) -> str:
        """What the tenant's own requests say; nothing of what they would end by it."""
        word = self.words[ALIKE.get(kind, kind)][0]
        return nothing(kind, word) if kind in ALIKE else word

    def forms(self, kind: str) -> list[str]:
        return self.words[ALIKE.get(kind, kind)]


class Town:
    """The gateway with both tenants in it."""

    def __init__(self, gateway: Running) -> None:
        self.gateway = gateway
        # Before the others, so that their numbers are none that any gateway has.
        self.settle("umbra")
        self.mine = self.settle("acme")
        self.theirs = self.settle("globex")
        gateway.comes_to_rest()

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Json:
        """A request that succeeds. `by` is who asks; `organization` and `project` the context."""
        names = {"by": "authorization", "organization": "x-organization-id", "project": "x-project-id"}
        given = {names[name]: f"Bearer {word}" if name == "by" else word for name, word in headers.items()}
        answer = self.gateway.ask(method, path, body=body, headers=given)
        assert answer.is_success, (method, path, answer.text)
        return msgspec.json.decode(answer.content) if answer.content else None

    def weak_key(self, *permissions: str) -> str:
        """A key of acme's that may do only this."""
        body = {"name": "weak", "permissions": list(permissions)}
        return str(self.ask("POST", "/admin/v1/keys", body, by=self.mine.token)["key"])

    def settle(self, slug: str) -> Tenant:
        """A new organization with one of everything."""
        root = self.gateway.root
        made = self.ask("POST", "/admin/v1/organizations", {"slug": slug, "name": slug}, by=root)
        tenant = Tenant(slug=slug, words={"organization": [made["id"], slug], "slug": [slug]})
        self._people(tenant)
        self._projects(tenant)
        self._credentials(tenant)
        self._models(tenant)
        self._grants(tenant)
        self._limits(tenant)
        self._requests(tenant)
        return tenant

    def _people(self, tenant: Tenant) -> None:
        tenant.words["user"], tenant.words["email"] = [], []
        for role in ("owner", "admin", "member", "viewer"):
            email = f"{role}@{tenant.slug}.example"
            made = self.ask("POST", "/admin/v1/users", {"name": role, "email": email}, by=self.gateway.root)
            token = {"name": role, "user": made["id"]}
            tenant.tokens[role] = self.ask("POST", "/admin/v1/tokens", token, by=self.gateway.root)["token"]
            tenant.words["user"].append(made["id"])
            tenant.words["email"].append(email)
            self.ask(
                "POST",
                "/admin/v1/memberships",
                {"user": made["id"], "role": role},
                by=self.gateway.root,
                organization=tenant.slug,
            )
        owner = tenant.word("user")
        self.ask("PUT", f"/admin/v1/users/{owner}/password", {"password": PASSWORD}, by=self.gateway.root)
        session = self.ask("POST", "/admin/v1/sessions", {}, by=tenant.token)
        [token] = self.ask("GET", "/admin/v1/tokens", by=tenant.token)["items"]
        tenant.session = session["token"]
        tenant.words["token"], tenant.words["session"] = [token["id"]], [session["id"]]

    def _projects(self, tenant: Tenant) -> None:
        made = [
            self.ask("POST", "/admin/v1/projects", {"slug": f"{name}-of-{tenant.slug}"}, by=tenant.token)
            for name in ("main", "side")
        ]
        tenant.words["project"], tenant.words["side"] = [made[0]["id"], made[0]["slug"]], [made[1]["slug"]]
        self.ask(
            "PUT",
            f"/admin/v1/projects/{made[0]['id']}/memberships/{tenant.words['user'][2]}",
            {"role": "developer"},
            by=tenant.token,
        )
        organization, user = tenant.word("organization"), tenant.word("user")
        tenant.words["scope"] = [
            f"organization:{organization}",
            f"project:{organization}/{made[0]['id']}",
            f"user:{organization}/{user}",
        ]

    def _credentials(self, tenant: Tenant) -> None:
        tenant.words["credential"], tenant.words["name"] = [], []
        for number, scope in enumerate(tenant.words["scope"][:2]):
            secret = SECRET.format(f"{tenant.slug}-{number}")
            body = {"name": f"credential-{number}-of-{tenant.slug}", "provider": "openai", "secret": secret}
            made = self.ask("POST", f"/admin/v1/credentials?scope={scope}", body, by=tenant.token)
            tenant.words["credential"].append(made["id"])
            tenant.words["name"].append(made["name"])
            tenant.secrets.append(secret)

    def _models(self, tenant: Tenant) -> None:
        slug, token = tenant.slug, tenant.token
        catalogue = {"model_id": f"catalogue-of-{slug}", "type": "completion", "tags": [f"tag-of-{slug}"]}
        config = {"provider": "mock", "model": f"upstream-of-{slug}"}
        first = self.ask("POST", "/v1/models", {**catalogue, "provider_config": config}, by=token)
        self.ask("PATCH", f"/v1/models/{first['model_id']}", {"region": f"region-of-{slug}"}, by=token)
        registry = {"model_provider": "mock", "model_name": f"registered-of-{slug}", "api_key": ""}
        names = [first["model_id"]]
        for name, share in (("own", False), ("shared", True)):
            body = {**registry, "model_id": f"{name}-of-{slug}", "share_with_users": share}
            names.append(self.ask("POST", "/api/models", body, by=token)["model_id"])
        asset = {"name": f"asset of {slug}", "litellm_model": f"mock/asset-of-{slug}", "credentials": {}}
        made = self.ask("POST", "/assets/models", asset, by=token, project=tenant.word("project"))
        names.append(made["resource_uri"])
        offers = self.gateway.desk.snapshot
        keys = tenant.words["scope"]
        shelves = [offers.shelf(key) for key in keys]
        found = {offer.name: offer for shelf in shelves if shelf is not None for offer in shelf.offers()}
        tenant.words["model"] = [*names, *(found[name].uid for name in names)]
        tenant.words["number"] = [str(found[name].number) for name in names]
        tenant.words["upstream"] = [f"upstream-of-{slug}", f"registered-of-{slug}", f"asset-of-{slug}"]
        tenant.words["revision"] = [str(found[name].revision) for name in names]
        self._taken(tenant, registry)
        chosen = {"model_id": found[names[1]].number, "config_type": "small_fast"}
        self.ask("POST", "/api/models/user-default", chosen, by=token)

    def _taken(self, tenant: Tenant, registry: JsonObject) -> None:
        """Entries whose names somebody else may want, one a scope."""
        tenant.words["stock"] = [f"stock-of-{tenant.slug}"]
        registry = {**registry, "model_name": tenant.word("stock")}
        names = tenant.words["handle"] = [f"taken-{number}-by-{tenant.slug}" for number in range(3)]
        self.ask("POST", "/v1/models", {"model_id": names[0], "type": "completion"}, by=tenant.token)
        self.ask("POST", "/api/models", {**registry, "model_id": names[1]}, by=tenant.token)
        asset = {"name": names[2], "litellm_model": "mock/echo", "credentials": {}, "resource_uri": names[2]}
        self.ask("POST", "/assets/models", asset, by=tenant.token, project=tenant.word("project"))

    def _grants(self, tenant: Tenant) -> None:
        body = {"name": f"key-of-{tenant.slug}", "permissions": ["llm:*"]}
        made = self.ask("POST", "/admin/v1/keys", body, by=tenant.token)
        tenant.words["key"], tenant.key = [made["id"]], made["key"]

    def _limits(self, tenant: Tenant) -> None:
        plenty, project = 1_000_000_000, tenant.word("project")
        body = {"subject_kind": "project", "subject_id": project, "unit": "usd", "amount": plenty}
        tenant.words["budget"] = [self.ask("POST", "/admin/v1/budgets", body, by=tenant.token)["id"]]
        self.ask("PUT", f"/admin/v1/limits/project/{project}", {"rpm": plenty}, by=tenant.token)

    def _requests(self, tenant: Tenant) -> None:
        """Two calls: one by the owner, one by the key."""
        tenant.words["request"] = []
        for credential in (tenant.token, tenant.key):
            body = {"model": "mock", "messages": [{"role": "user", "content": "hello"}]}
            headers = {"authorization": f"Bearer {credential}"}
            answer = self.gateway.ask("POST", "/v1/chat/completions", body=body, headers=headers)
            assert answer.is_success, answer.text
            tenant.words["request"].append(answer.headers["x-request-id"])


def nothing(kind: str, word: str) -> str:
    """A word of the same form that stands for nothing."""
    chance = random.Random(f"{kind} {word}")  # noqa: S311
    if word.isdecimal():
        return "9" * 9
    # The beginning stays, so that it sorts like the word, for lists that begin behind one.
    kept = word[:-_DRAWN]
    return kept + "".join(_other(each, chance) for each in word[-_DRAWN:])


def _other(character: str, chance: random.Random) -> str:
    if character in string.hexdigits.lower():
        return chance.choice("0123456789abcdef") if not character.isdigit() else chance.choice("0123456789")
    return chance.choice("ghijklmnopqrstuvwxyz") if character.isalpha() else character


def carriers(tenant: Tenant) -> Mapping[str, JsonObject]:
    """The headers of a request of a tenant, by what carries the credential."""
    return {
        "access token": {"authorization": f"Bearer {tenant.token}"},
        "session token": {"authorization": f"Bearer {tenant.session}"},
        "organization key": {"authorization": f"Bearer {tenant.key}"},
        **{name: {name: tenant.key} for name in ("x-prismeai-api-key", "x-api-key", "api-key", "x-goog-api-key")},
    }
