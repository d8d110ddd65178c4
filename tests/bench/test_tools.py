"""The programs that the bench needs."""

import pytest

from bench.tools import ToolsMissing, first_version


@pytest.mark.parametrize(
    ("output", "version"),
    [
        pytest.param("nginx version: nginx/1.22.1\n", "1.22.1", id="nginx"),
        pytest.param("wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012\n", "4.1.0", id="wrk"),
        pytest.param("  version: 6eb0d2d9/1.39.3/Clean/RELEASE/BoringSSL\n", "1.39.3", id="Envoy"),
        pytest.param("usage: nothing here\n", "?", id="no version"),
    ],
)
def test_a_version_is_found_in_what_a_program_prints(output: str, version: str) -> None:
    assert first_version(output) == version


def test_each_missing_program_comes_with_its_remedy() -> None:
    told = str(ToolsMissing({"wrk": "apt-get install wrk", "envoy": "python -m bench --install"}))

    assert "wrk: not found; get it with: apt-get install wrk" in told
    assert "envoy: not found; get it with: python -m bench --install" in told
