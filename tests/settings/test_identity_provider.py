"""What is said about an identity provider is said wholly, or the start is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.settings import SettingsRefused, read_settings


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        read_settings(environment)
    return str(refused.value).splitlines()


PROVIDER = {"HEADGATE_OIDC_ISSUER": "https://login.company.test/realms/one", "HEADGATE_OIDC_AUDIENCE": "headgate"}


def test_an_identity_provider_is_described_by_its_issuer_and_an_audience() -> None:
    found = read_settings(
        PROVIDER
        | {"HEADGATE_OIDC_ROLES_CLAIM": "realm_access.roles", "HEADGATE_OIDC_ROLES": "ops=platform_admin, a=b=admin"}
    )

    assert (found.oidc_issuer, found.oidc_audience) == ("https://login.company.test/realms/one", ("headgate",))
    assert found.oidc_roles == (("ops", "platform_admin"), ("a=b", "admin"))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        pytest.param({"HEADGATE_OIDC_AUDIENCE": ""}, "oidc_audience is not", id="no audience"),
        pytest.param({"HEADGATE_OIDC_ROLES": "ops=admin"}, "set both or none", id="roles without their claim"),
        pytest.param({"HEADGATE_OIDC_ROLES_CLAIM": "roles"}, "set both or none", id="a claim without roles"),
        pytest.param({"HEADGATE_OIDC_ROLES": "ops=god"}, "WORD=ROLE", id="a role that is none"),
        pytest.param({"HEADGATE_OIDC_ISSUER": "login.company.test"}, "https://", id="an issuer that is no URL"),
        pytest.param({"HEADGATE_OIDC_JWKS_URL": "file:///etc/keys"}, "https://", id="keys that are a file"),
        pytest.param({"HEADGATE_OIDC_JWKS_URL": "https://a:b@keys.test"}, "https://", id="keys behind a password"),
        pytest.param({"HEADGATE_OIDC_UNKNOWN_USERS": "maybe"}, "refuse, create", id="neither refused nor created"),
    ],
)
def test_an_identity_provider_that_is_half_described_stops_the_start(changed: dict[str, str], told: str) -> None:
    assert told in "\n".join(refusal(PROVIDER | changed))


def test_what_is_said_about_an_identity_provider_that_is_not_named_stops_the_start() -> None:
    assert refusal({"HEADGATE_OIDC_AUDIENCE": "x"}) == ["oidc_audience: set without oidc_issuer; set that too"]
