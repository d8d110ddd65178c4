"""Who gets in at every route about credentials, with every carrier of a credential."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from headgate.access.carriers import KEY_HEADERS, OrgKeyAsBearer
from headgate.web.authorisation import PUBLIC, requirements
from tests.web.admin_api.office import ROUTES, Office, office_at

CARRIERS = ("authorization", *(name.decode() for name in KEY_HEADERS))


def carried(carrier: str, credential: str) -> dict[str, str]:
    return {carrier: f"Bearer {credential}" if carrier == "authorization" else credential}


def test_the_routes_of_this_test_are_all_routes(office: Office) -> None:
    declared = {(method, path.replace("some-id", "{}")) for method, path in ROUTES}

    served = {(method, re.sub(r"{\w+}", "{}", path)) for method, path in requirements(office.app.routes)}
    assert served - PUBLIC == declared


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_in_without_a_credential(office: Office, method: str, path: str) -> None:
    response = office.response(method, path)

    assert response.status_code == 401
    assert response.json() == {
        "error": "NotAuthenticated",
        "code": "NOT_AUTHENTICATED",
        "message": "authentication is required: send a valid session token, access token or organization key",
        "status": 401,
    }
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_nobody_gets_in_with_a_credential_that_is_not_in_force(
    office: Office, method: str, path: str, carrier: str
) -> None:
    known = office.response(method, path)

    for credential in ("at:" + "0" * 49, "iak_acme_" + "0" * 49, "a.b.c", "' OR ''='"):
        refused = office.response(method, path, headers=carried(carrier, credential))
        assert (refused.status_code, refused.content) == (401, known.content)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_key_that_may_only_call_models_gets_in_nowhere(office: Office, method: str, path: str, carrier: str) -> None:
    key = office.town.key("acme").decode()

    assert office.response(method, path, headers=carried(carrier, key)).status_code == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_two_credentials_are_refused_everywhere(office: Office, method: str, path: str) -> None:
    headers = {"authorization": f"Bearer {office.person('root')}", "x-api-key": office.person("ann")}

    status, refused = office.ask(method, path, headers=headers)

    assert (status, refused["code"]) == (400, "TWO_CREDENTIALS")


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("header", ["X-Organization-ID", "X-Project-ID"])
def test_a_foreign_context_is_refused_everywhere_like_an_unknown_one(
    office: Office, method: str, path: str, header: str
) -> None:
    foreign = "globex" if header == "X-Organization-ID" else "main"
    ann = office.person("ann")

    answers = [office.response(method, path, by=ann, headers={header: name}) for name in (foreign, "nowhere")]

    assert [each.status_code for each in answers] == [403, 403]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_opens_what_the_credential_opens(office: Office, carrier: str) -> None:
    for credential in (office.person("ann"), office.town.key("acme", permissions=("llm:*",)).decode()):
        assert office.response("GET", "/admin/v1/keys", headers=carried(carrier, credential)).status_code == 200


@pytest.mark.parametrize("setting", [OrgKeyAsBearer.SEED, OrgKeyAsBearer.REFUSE])
def test_a_key_as_a_bearer_token_is_refused_where_the_setting_says_so(tmp_path: Path, setting: OrgKeyAsBearer) -> None:
    with office_at(tmp_path, org_key_as_bearer=setting) as office:
        key = office.town.key("acme", permissions=("llm:*",)).decode()

        assert office.response("GET", "/admin/v1/keys", by=key).status_code == 401
        assert office.response("GET", "/admin/v1/keys", headers={"x-api-key": key}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/v1/keys/",
        "//admin/v1/keys",
        "/admin//v1/keys",
        "/%61dmin/v1/keys/",
        "/admin/..;/admin/v1/keys",
        "/ADMIN/v1/keys",
    ],
)
def test_another_spelling_of_a_path_is_never_a_second_way_in(office: Office, path: str) -> None:
    assert office.response("GET", path).status_code in {401, 404}


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Original-URL", "X-Forwarded-Prefix", "X-Rewrite-URL"])
def test_no_header_changes_the_method_or_path(office: Office, header: str) -> None:
    response = office.response("GET", "/admin/v1/keys", headers={header: "/health/liveness"})

    assert response.status_code == 401


def test_a_host_that_looks_like_a_path_opens_nothing(office: Office) -> None:
    response = office.response("GET", "/admin/v1/keys", headers={"host": "gateway/health/liveness?x="})

    assert response.status_code == 401
