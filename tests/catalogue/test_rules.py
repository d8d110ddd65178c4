"""The rules of fields: what may be written, what is refused, and how a refusal reads."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.catalogue.entry import Document
from headgate.catalogue.kinds import Kind
from headgate.catalogue.merge import written
from headgate.catalogue.rules import (
    DOCUMENT_LIMIT,
    RULES,
    SECRET_LIMIT,
    check,
    name_problem,
    problems,
    secret_problem,
)
from headgate.core.errors import InvalidBody
from headgate.core.json import Json, encode
from tests.catalogue.json_values import JSON, nested


def test_every_field_of_a_document_has_a_rule() -> None:
    assert set(RULES) == {field.name for field in msgspec.structs.fields(Document)}


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "gpt-4o",
        "bedrock/anthropic.claude-3-haiku",
        "eu.anthropic.claude-sonnet-4-20250514-v1:0",
        "modèle 漢字",
        "...",
        "a" * 128,
        "Auto",
    ],
)
def test_a_name_that_may_be_given(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("a" * 129, id="too long"),
        pytest.param("auto", id="reserved"),
        pytest.param("a\nb", id="a line break"),
        pytest.param("a\0", id="NUL"),
        pytest.param("a\u202eb", id="a change of writing direction"),
        pytest.param("a\ud800", id="a lone surrogate"),
        pytest.param(" a", id="a space in front"),
        pytest.param("a ", id="a space behind"),
        pytest.param("/a", id="a slash in front"),
        pytest.param("a/", id="a slash behind"),
        pytest.param("a//b", id="an empty part"),
        pytest.param("a/../b", id="a part that clients resolve"),
        pytest.param("./a", id="a part that clients drop"),
        pytest.param(5, id="a number"),
        pytest.param(None, id="nothing"),
    ],
)
def test_a_name_that_is_refused(name: Json) -> None:
    assert name_problem(name) is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "chat"),
        ("title", "GPT-4o 👩\u200d💻"),
        ("description", "two\nlines"),
        ("api_base", "https://host.example:8443/v1/"),
        ("api_version", "2024-10-21"),
        ("capabilities", {"vision": True, "own word": [1, {"deep": None}]}),
        ("context_window", 0),
        ("rpm", 2**53 - 1),
        ("timeout", 0.5),
        ("timeout", 0),
        ("temperature", 0),
        ("temperature", 9.99),
        ("litellm_model", "m" * 500),
        ("status_message", "two\nlines"),
        ("dimensions", {"any": ["thing", 1.5, None]}),
        ("dimensions", "1536"),
        ("metrics", [True]),
        ("supported_dimensions", [256, 768.5]),
        ("enabled", False),
        ("failover", "m" * 128),
        ("region", "r" * 64),
        ("pricing", {"input_per_1m_tokens": 0, "output_per_1m_tokens": 0}),
        ("pricing", {"input_per_1m_tokens": 0.000001, "output_per_1m_tokens": Decimal("1.10")}),
        ("pricing", {}),
        ("tags", ["a", "A"]),
        ("org_slugs", ["acme", "a-1"]),
        ("provider_config", {"batch_size": 10, "parallelism": 2, "options": {"headers": {"x-team": "a"}}}),
    ],
)
def test_a_value_that_may_be_written(field: str, value: Json) -> None:
    assert problems({field: value}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "chats"),
        ("kind", None),
        ("title", "x" * 257),
        ("title", "two\nlines"),
        ("title", 1),
        ("description", "NUL \0"),
        ("provider", "p" * 101),
        ("upstream_model", "m" * 257),
        ("upstream_model", "a\r\nhost: b"),
        ("upstream_by", "console"),
        ("api_base", "ftp://host"),
        ("api_base", "https://user:password@host"),
        ("api_base", "https://host\ud800"),
        ("api_base", 5),
        ("api_version", "1&x=2"),
        ("credential", ""),
        ("capabilities", {"vision": "yes"}),
        ("capabilities", ["vision"]),
        ("abilities", ["asr", "asr"]),
        ("context_window", -1),
        ("context_window", 1.5),
        ("context_window", True),
        ("max_output_tokens", "4096"),
        ("tpm", 2**53),
        ("limits", [1]),
        ("timeout", -0.1),
        ("timeout", 86_401),
        ("timeout", float("nan")),
        ("temperature", 10),
        ("litellm_model", "m" * 501),
        ("status_message", "x" * 1001),
        ("temperature", -0.1),
        ("temperature", False),
        ("max_tokens", -1),
        ("dimensions", float("inf")),
        ("dimensions", 2**63),
        ("metrics", {"deep": nested(33)}),
        ("metrics", {"k" * 257: 1}),
        ("metrics", ["\ud800"]),
        ("metrics", {"a\0": 1}),
        ("supported_dimensions", [0]),
        ("supported_dimensions", ["768"]),
        ("supported_dimensions", 768),
        ("enabled", "true"),
        ("enabled", 1),
        ("hidden", "no"),
        ("failover", "m" * 129),
        ("region", "r" * 65),
        ("pricing", {"input_per_1m_tokens": 1}),
        ("pricing", {"input_per_1m_tokens": -1, "output_per_1m_tokens": 1}),
        ("pricing", {"input_per_1m_tokens": 0.0000001, "output_per_1m_tokens": 1}),
        ("pricing", {"input_per_1m_tokens": Decimal("1." + "0" * 40 + "1"), "output_per_1m_tokens": 1}),
        ("pricing", {"input_per_1m_tokens": 1_000_001, "output_per_1m_tokens": 1}),
        ("pricing", {"input_per_1m_tokens": "1", "output_per_1m_tokens": 1}),
        ("pricing", {"input_per_1m_tokens": 1, "output_per_1m_tokens": 1, "cached": 1}),
        ("pricing", 3),
        ("tags", "a,b"),
        ("tags", ["a", "a"]),
        ("tags", [""]),
        ("tags", [str(number) for number in range(101)]),
        ("org_slugs", ["acme", "acme"]),
        ("org_slugs", ["a" * 129]),
        ("org_slugs", [5]),
        ("provider_config", {"apiKey": "sk-1"}),
        ("provider_config", {"options": [{"headers": {"Authorization": "Bearer 1"}}]}),
    ],
)
def test_a_value_that_is_refused_with_its_path(field: str, value: Json) -> None:
    assert [each["path"] for each in problems({field: value})] == [RULES[field].path]


def test_every_fault_is_told_at_once() -> None:
    faults = problems({"tags": "a", "enabled": 1, "rpm": 5})

    assert [each["path"] for each in faults] == ["tags", "enabled"]


def test_a_fault_shows_the_value_and_what_would_be_accepted() -> None:
    (fault,) = problems({"timeout": -3})

    assert fault["message"] == "'limits.timeout' takes a number from 0 to 86400, not -3"


@pytest.mark.parametrize(
    "value",
    [pytest.param("x" * 5000, id="long text"), pytest.param(10**5000, id="more digits than Python prints")],
)
def test_a_fault_shows_only_the_beginning_of_a_long_value(value: Json) -> None:
    (fault,) = problems({"rpm": value})

    assert len(fault["message"]) < 200


def test_a_document_that_is_too_large_is_refused() -> None:
    document = Document(name="a", kind=Kind.CHAT, metrics={"text": "x" * DOCUMENT_LIMIT})

    assert [each["path"] for each in check(document)] == [""]


@pytest.mark.parametrize("secret", ["sk-" + "a" * 40, '{"aws_access_key_id": "A", "region": "eu-west-1"}'])
def test_a_secret_that_may_be_stored(secret: str) -> None:
    assert secret_problem(secret) is None


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("", id="empty"),
        pytest.param("a\r\nx-admin: 1", id="a second header"),
        pytest.param("clé", id="not ASCII"),
        pytest.param("key ", id="a space behind"),
        pytest.param("k" * (SECRET_LIMIT + 1), id="too long"),
    ],
)
def test_a_secret_that_is_refused_is_not_shown(secret: str) -> None:
    problem = secret_problem(secret)

    assert problem is not None
    assert not secret or secret not in problem


@given(fields=st.dictionaries(st.sampled_from(sorted(set(RULES) - {"name", "kind"})), JSON, max_size=6))
def test_whatever_is_accepted_reads_back_from_its_json_exactly(fields: dict[str, Json]) -> None:
    faults = faults_of(fields)
    if faults:
        assert {each["path"] for each in faults} <= {RULES[field].path for field in fields}
        return
    document = written(None, {"name": "a", "kind": "chat", **fields})
    assert msgspec.json.decode(encode(document), type=Document) == document
    assert check(document) == []


def faults_of(fields: dict[str, Json]) -> list[dict[str, str]]:
    try:
        written(None, {"name": "a", "kind": "chat", **fields})
    except InvalidBody as error:
        return msgspec.convert(error.details, list[dict[str, str]])
    return []
