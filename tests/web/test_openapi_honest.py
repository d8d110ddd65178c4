"""The published document is honest: whatever is sent to an operation, its answer has a status that stands there.

Half of what is sent follows the document and half goes against it. Words of what exists stand in many of its paths and
queries, so that operations get past their first look-up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from headgate.web.openapi import FILE
from tests.isolation.running import running
from tests.isolation.tenants import Town

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]

EXAMPLES: Final = 12
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "model_id": ("model", "number"),
    "resource_uri": ("model",),
    "organization": ("organization",),
    "project": ("project",),
    "user": ("user",),
    "user_id": ("user",),
    "key": ("key",),
    "key_id": ("key",),
    "token_id": ("token",),
    "session_id": ("session",),
    "credential_id": ("credential",),
    "number": ("revision",),
    "old": ("revision",),
    "new": ("revision",),
    "scope": ("scope",),
}
"""Parameters that name what exists, by the kinds of words for it."""
CHECKS: Final = (not_a_server_error, status_code_conformance, response_schema_conformance)
_SCHEMA: Final = schemathesis.openapi.from_dict(msgspec.json.decode(FILE.read_bytes()))
OPERATIONS: Final[Mapping[str, Operation]] = {
    each.ok().label: each.ok() for each in _SCHEMA.get_all_operations() if isinstance(each, Ok)
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running(tmp_path_factory.mktemp("town") / "data") as gateway:
        yield Town(gateway)


@pytest.mark.parametrize("who", ["a platform administrator", "a viewer"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_answer_has_a_status_or_a_body_that_is_not_described(town: Town, operation: str, who: str) -> None:
    token = town.gateway.root if who == "a platform administrator" else town.mine.tokens["viewer"]
    context = {"authorization": f"Bearer {token}", "x-organization-id": "acme", "x-project-id": "main-of-acme"}
    described = OPERATIONS[operation]
    cases = st.sampled_from(list(GenerationMode)).flatmap(described.as_strategy)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, data=st.data())
    def ask(case: Case[Operation], data: st.DataObject) -> None:
        _name_what_exists(case, data, town)
        case.headers.pop("x-prismeai-api-key", None)
        case.call_and_validate(base_url=town.gateway.address, headers=context, checks=list(CHECKS))

    ask()


def _name_what_exists(case: Case[Operation], data: st.DataObject, town: Town) -> None:
    for place in (case.path_parameters, case.query):
        for name in KINDS.keys() & place.keys():
            if data.draw(st.booleans()):
                words = [word for kind in KINDS[name] for word in town.theirs.words[kind]]
                place[name] = data.draw(st.sampled_from(words))
