"""What is added to the audit trail without changing anything stored."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from headgate.access.audit import AuditEntry, AuditEvent
from headgate.adapters.clock import SystemClock
from headgate.adapters.sql.workers import Workers
from headgate.core.errors import StoreUnavailable
from headgate.gateway.audit import AuditFilter, SecurityLog


class Broken:
    """A trail that takes no row."""

    def entries(self, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
        return []

    def record(self, events: Sequence[AuditEvent]) -> None:
        raise StoreUnavailable("the disk is gone")


def test_a_row_that_could_not_be_written_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    writer = Workers("writer", threads=1)

    SecurityLog(Broken(), writer=writer, clock=SystemClock()).sign_in_failed("5e884898")
    writer.close()

    assert [record.message for record in caplog.records] == ["a row of the audit trail was not written"]
    assert "the disk is gone" in caplog.text


def test_a_process_that_is_stopping_refuses_without_a_row(caplog: pytest.LogCaptureFixture) -> None:
    writer = Workers("writer", threads=1)
    writer.close()

    SecurityLog(Broken(), writer=writer, clock=SystemClock()).sign_in_failed("5e884898")

    assert caplog.records == []
