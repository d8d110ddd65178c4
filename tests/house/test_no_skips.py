"""Under the plugin of `make test`, a skip fails the run."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

PLUGIN = "tools.pytest_no_skips"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("def test_it(): pytest.skip('no database')", id="in the test"),
        pytest.param("@pytest.mark.skip\ndef test_it(): ...", id="by mark"),
        pytest.param("pytest.importorskip('no_such_module')", id="of a whole module"),
    ],
)
def test_a_skip_fails_the_run(pytester: pytest.Pytester, body: str) -> None:
    pytester.makepyfile(f"import pytest\n\ndef test_passes(): ...\n\n{body}\n")

    result = pytester.runpytest("-p", PLUGIN)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["skipped, which this project counts as a failure: *"])


def test_an_expected_failure_is_no_skip(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n\n@pytest.mark.xfail\ndef test_it(): assert False\n")

    assert pytester.runpytest("-p", PLUGIN).ret == pytest.ExitCode.OK


def test_a_run_without_tests_fails_by_itself(pytester: pytest.Pytester) -> None:
    assert pytester.runpytest("-p", PLUGIN).ret == pytest.ExitCode.NO_TESTS_COLLECTED
