"""`/admin/v1/signing-keys` over HTTP, with real signatures."""

from __future__ import annotations

import jwt

from headgate.adapters.sealing.envelope import SecretOpener
from headgate.adapters.sessions import SessionTexts
from tests.web.admin_api.office import RING, Office

KEYS = "/admin/v1/signing-keys"
SESSIONS = "/admin/v1/sessions"


def test_a_new_key_signs_and_the_former_one_verifies_what_it_signed(office: Office) -> None:
    before = office.ask("POST", SESSIONS, by=office.person("mia"))[1]["token"]
    office.town.clock.time += 10

    status, made = office.ask("POST", KEYS, by=office.person("root"))
    after = office.ask("POST", SESSIONS, by=office.person("mia"))[1]["token"]

    assert (status, made["signs"]) == (200, True)
    assert jwt.get_unverified_header(before)["kid"] == "signing-1"
    assert jwt.get_unverified_header(after)["kid"] == made["id"]
    assert [office.ask("GET", SESSIONS, by=each)[0] for each in (before, after)] == [200, 200]


def test_the_keys_are_listed_newest_first_and_show_no_key_material(office: Office) -> None:
    office.town.clock.time += 10
    _, made = office.ask("POST", KEYS, by=office.person("root"))

    _, listed = office.ask("GET", KEYS, by=office.person("root"))

    assert [(each["id"], each["signs"]) for each in listed["items"]] == [(made["id"], True), ("signing-1", False)]
    assert set(listed["items"][0]) == {"id", "created_at", "signs"}


def test_a_rotation_survives_a_restart(office: Office) -> None:
    before = office.ask("POST", SESSIONS, by=office.person("mia"))[1]["token"]
    office.town.clock.time += 10
    office.ask("POST", KEYS, by=office.person("root"))
    after = office.ask("POST", SESSIONS, by=office.person("mia"))[1]["token"]

    stored = office.store.load().signing_keys
    texts = SessionTexts([office.signing, *stored], SecretOpener(RING), installation="test")

    assert all(texts.verify(each, office.town.clock.wall()) for each in (before, after))


def test_only_a_platform_administrator_rotates(office: Office) -> None:
    for method in ("GET", "POST"):
        assert office.ask(method, KEYS, by=office.person("ann"))[0] == 403
        assert office.ask(method, KEYS, by=office.town.key("acme", permissions=("*",)).decode())[0] == 403
    assert office.ask("POST", KEYS, by=office.person("root"), body={"kid": "mine"})[0] == 400
