"""The size ratchet measures what it says, and its exceptions only shrink."""

from __future__ import annotations

import pytest

from tools import sizes
from tools.sources import Source

PATH = "src/headgate/routing/plan.py"


def refused(text: str, exceptions: sizes.Exceptions | None = None, *, path: str = PATH) -> list[str]:
    """The messages about a file of that path, each without its place."""
    source = Source(path, text)
    findings = [*sizes.judge(sizes.measures(source), exceptions or {}), *sizes.misnamed(source)]
    return [finding.message for finding in findings]


def lines(count: int) -> str:
    return "x = 1\n" * count


def function(length: int) -> str:
    return "def plan():\n" + "    x = 1\n" * (length - 1)


@pytest.mark.parametrize("text", [lines(300), function(40)], ids=["module", "function"])
def test_what_fills_its_budget_is_accepted(text: str) -> None:
    assert refused(text) == []


def test_a_module_beyond_its_budget_is_refused() -> None:
    assert refused(lines(301)) == ["module has 301 lines; split it by subject (at most 300)"]


def test_a_function_beyond_its_budget_is_refused() -> None:
    assert refused(function(41)) == ["plan has 41 lines; give its steps names (at most 40)"]


def test_tests_have_the_same_budgets_of_length() -> None:
    assert refused(function(41), path="tests/routing/test_plan.py") != []


def test_an_exception_grants_the_present_value() -> None:
    assert refused(function(45), {"functions": {f"{PATH}:plan": 45}}) == []


def test_an_exception_never_reaches_beyond_the_hard_limit() -> None:
    assert refused(function(61), {"functions": {f"{PATH}:plan": 61}}) == [
        "plan has 61 lines; give its steps names (at most 60)"
    ]


def test_an_exception_fails_when_what_it_excuses_has_shrunk() -> None:
    assert refused(function(44), {"functions": {f"{PATH}:plan": 45}}) == [
        f"{PATH}:plan has shrunk; its line in [functions] becomes 44"
    ]


@pytest.mark.parametrize("text", [function(40), "x = 1\n"], ids=["small enough", "gone"])
def test_an_exception_fails_when_nothing_needs_it(text: str) -> None:
    assert refused(text, {"functions": {f"{PATH}:plan": 45}}) == [
        f"{PATH}:plan keeps its budget; remove its line from [functions]"
    ]


def test_an_exception_from_an_unknown_budget_is_refused() -> None:
    assert refused("", {"speed": {PATH: 1}}) == [
        "[speed] is no budget; the budgets are modules, functions, parameters, positional, booleans, kwargs"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("def f(a, b, *, c, d, e, f, g): ...", "f takes 7 parameters", id="seven parameters"),
        pytest.param("def f(a, b, c): ...", "f takes 3 parameters by position", id="three by position"),
        pytest.param("class A:\n    def f(self, a, b, c): ...", "A.f takes 3 parameters", id="three beside self"),
        pytest.param("def f(*, a, **rest): ...", "f takes arbitrary keywords", id="arbitrary keywords"),
        pytest.param("def f(ready: bool): ...", "f takes a boolean", id="a boolean by its type"),
        pytest.param("def f(ready: bool | None): ...", "f takes a boolean", id="an optional boolean"),
        pytest.param("def f(a, ready=False): ...", "f takes a boolean", id="a boolean by its default"),
    ],
)
def test_a_signature_that_callers_would_misread_is_refused(text: str, words: str) -> None:
    [message] = refused(text)
    assert message.startswith(words)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(a, b, *, c, d, e, f): ...", id="six parameters, four of them by name"),
        pytest.param("def f(*, ready: bool): ...", id="a boolean by name"),
        pytest.param("def f(then: Callable[[bool], None]): ...", id="a callback that takes a boolean"),
        pytest.param("def _f(a, b, c, ready: bool, **rest): ...", id="a private function"),
        pytest.param("class _A:\n    def f(self, ready: bool): ...", id="a private class"),
        pytest.param("def f():\n    def g(ready: bool): ...", id="a local function"),
        pytest.param("class A:\n    def __exit__(self, a, b, c): ...", id="a special method"),
        pytest.param("async def app(scope, receive, send): ...", id="an ASGI application"),
        pytest.param("class A(B):\n    @override\n    def f(self, a, b, c): ...", id="an override"),
    ],
)
def test_a_signature_that_is_clear_or_dictated_is_accepted(text: str) -> None:
    assert refused(text) == []


def test_signatures_count_in_the_product_only() -> None:
    assert refused("def test_it(a, b, c, d, e, f, g): ...", path="tests/routing/test_plan.py") == []


@pytest.mark.parametrize("path", ["src/headgate/utils.py", "src/headgate/common/entry.py", "tests/helpers.py"])
def test_a_name_that_says_nothing_is_refused(path: str) -> None:
    [message] = refused("", path=path)
    assert "says nothing about the subject" in message
