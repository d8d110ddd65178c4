"""The reference pages of the management APIs: each row names a test that exists, and nothing is left out."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import msgspec
import pytest

from headgate.catalogue.kinds import CATEGORY_WORDS
from headgate.gateway.user_defaults import CONFIG_TYPES
from headgate.web.assets_api import fields as assets
from headgate.web.assets_api.described import LIST as LIST_ASSETS
from headgate.web.assets_api.view import SUMMARY
from headgate.web.catalogue_api.described import LIST
from headgate.web.catalogue_api.fields import IDENTITY, READ_ONLY, TABLE
from headgate.web.envelope import CODES
from headgate.web.openapi import FILE
from headgate.web.registry_api.described import LIST as LIST_REGISTRY
from headgate.web.registry_api.fields import READ_ONLY as SHOWN_ONLY
from headgate.web.registry_api.fields import WRITTEN
from tools.sources import ROOT

PAGES = ("catalogue-api.md", "admin-api.md", "assets-api.md", "registry-api.md")
PUBLISHED_CODES = (
    "RATE_LIMITED", "MODEL_NOT_ALLOWED", "HEADER_POLICY_VIOLATION", "MODEL_NOT_FOUND", "MODEL_EXISTS",
    "MISSING_MODEL_ID", "MISSING_TYPE", "INVALID_BODY", "INVALID_ITEMS", "INVALID_DIMENSIONS", "PAYLOAD_TOO_LARGE",
    "METHOD_NOT_ALLOWED", "PROVIDER_ERROR", "PROVIDER_NO_RESPONSE", "RERANK_FAILED", "RERANK_PARSE_FAILED",
)  # fmt: skip


def page(name: str) -> str:
    return (ROOT / "docs/reference" / name).read_text("utf-8")


def rows(name: str) -> list[str]:
    return [line for line in page(name).splitlines() if line.startswith("| ") and not line.startswith("| ---")]


@cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


NAMED = sorted({named for name in PAGES for named in re.findall(r"`([\w/]+\.py::\w+)`", page(name))})


@pytest.mark.parametrize("named", NAMED)
def test_every_test_that_the_pages_name_exists(named: str) -> None:
    path, _, test = named.partition("::")

    assert test in _functions(ROOT / "tests" / path)


@pytest.mark.parametrize("name", PAGES)
def test_every_row_that_asks_for_proof_names_a_test_or_says_later(name: str) -> None:
    asked = False
    for line in page(name).splitlines():
        if line.endswith("| proven by |"):
            asked = True
        elif not line.startswith("|"):
            asked = False
        elif asked and not line.startswith("| ---"):
            assert re.search(r"\| (`[\w/]+\.py::\w+`|\*later\*) \|$", line), line


def test_every_published_code_is_on_the_page() -> None:
    missing = [code for code in PUBLISHED_CODES if f"`{code}`" not in page("catalogue-api.md")]

    assert not missing


def test_every_parameter_and_field_is_on_the_page() -> None:
    text = page("catalogue-api.md")
    words = [*(each["name"] for each in LIST["parameters"]), *IDENTITY, *TABLE, *READ_ONLY]

    assert [word for word in words if f"`{word}`" not in text] == []


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("catalogue-api.md", "/v1/"),
        ("admin-api.md", "/admin/v1/"),
        ("assets-api.md", "/assets/"),
        ("registry-api.md", "/api/"),
    ],
)
def test_every_operation_is_on_its_page(name: str, prefix: str) -> None:
    paths = msgspec.json.decode(FILE.read_bytes())["paths"]
    operations = [
        f"`{method.upper()} {path}`" for path, methods in paths.items() if path.startswith(prefix) for method in methods
    ]

    assert [operation for operation in operations if not any(operation in row for row in rows(name))] == []


def test_every_parameter_field_and_code_of_the_assets_api_is_on_its_page() -> None:
    text = page("assets-api.md")
    words = [*assets.TABLE, *assets.STATUS, *assets.READ_ONLY, assets.CREDENTIALS, assets.RESOURCE_URI]
    words += [*(each["name"] for each in LIST_ASSETS.words["parameters"]), *CODES.values(), *SUMMARY]

    assert [word for word in words if f"`{word}`" not in text] == []


def test_every_parameter_field_and_type_of_the_registry_api_is_on_its_page() -> None:
    text = page("registry-api.md")
    words = [*WRITTEN, *SHOWN_ONLY, *CONFIG_TYPES, *CATEGORY_WORDS]
    words += [each["name"] for each in LIST_REGISTRY["parameters"]]

    assert [word for word in words if f"`{word}`" not in text] == []
