"""The composition root: with the modules of its name the only one that knows all the others.

`serve` opens what is kept, completes a first start, puts the parts together and serves until a signal ends it. What
is built here lives as long as the process; nothing else holds global state.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from headgate.access.rate import Rate
from headgate.adapters.journal.segments import JournalRefused
from headgate.adapters.memory import keep_freed_memory, keep_trimmed, settle_heap
from headgate.adapters.sealing.envelope import SecretOpener
from headgate.adapters.sealing.master_key import MasterKeyRefused
from headgate.adapters.sql.audit import SqlAudit
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.failures import DatabaseRefused, reason
from headgate.adapters.sql.ledger.reading import SqlLedgerReading
from headgate.adapters.sql.prices import SqlIgnoredDrift, SqlPriceOverrides
from headgate.adapters.sql.sharing import SqlSharing
from headgate.adapters.sql.user_defaults import SqlUserDefaults
from headgate.adapters.tasks import Tasks
from headgate.adapters.telemetry.metrics import Metrics
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.front import Upstreams, upstreams
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.core.errors import Conflict, GatewayError, StoreUnavailable
from headgate.gateway.administer_ending import Endings
from headgate.gateway.audit import Auditing
from headgate.gateway.bookkeeper import keep_booked
from headgate.gateway.budget_ledger import LOOK_SECONDS, keep_compared
from headgate.gateway.call_at import call_at
from headgate.gateway.endpoint import ENDPOINTS, Shape
from headgate.gateway.header_policies import Enforcement, HeaderPolicies
from headgate.gateway.identify import Identify
from headgate.gateway.paid_question import PaidQuestions
from headgate.gateway.retention import keep_retired
from headgate.gateway.road import Refusal, Road, Timeouts
from headgate.gateway.smoke import SmokeTests
from headgate.gateway.tab import Till
from headgate.gateway.tenancy import Changes, Tenancy
from headgate.gateway.verify import Verify
from headgate.gateway.watch import Watch, keep_written
from headgate.settings import Settings, StartRefused
from headgate.web.application import application, shape_of
from headgate.web.client_address import networks
from headgate.web.errors import ErrorShapes
from headgate.web.lane_shared import Inbound, LaneLimits, Routes, routes
from headgate.web.management import Books, Management
from headgate.web.server import DrainTimes, GatewayServer, Readiness, Started, address_of, listen
from headgate.wiring_budgets import allowance_of, spending_of
from headgate.wiring_identity import Identity, identity
from headgate.wiring_kept import CLOCK, Kept, opened, warn_of_unreadable
from headgate.wiring_money import Money, keep_ticking, opened_money

ANSWER_LIMIT: Final = 64 * 1024 * 1024
_LOOKS: Final = 500
_LOOK_SECONDS: Final = 0.01
_SWITCH_SECONDS: Final = 0.0005
"""A thread that computes gives way to the event loop after this long; Python's own 5 ms would be felt by streams."""


def serve(settings: Settings, *, announce: Callable[[Started], None]) -> int:
    """Serve until a signal. Returns the exit status, or raises StartRefused with a sentence for the operator."""
    listener = listen(settings.host, settings.port)
    with ExitStack() as stack:
        stack.callback(listener.close)
        keep_freed_memory()
        try:
            kept, token = opened(settings, stack)
            money = money_of(kept, stack)
            server, who = server_of(kept, money)
        except StoreUnavailable as error:
            raise StartRefused(reason(error)) from error
        except (DatabaseRefused, JournalRefused, MasterKeyRefused, Conflict) as error:
            raise StartRefused(str(error)) from error
        # Beside the first requests: with very many entries it takes a second.
        kept.database.writer.submit(lambda: warn_of_unreadable(kept))
        settle_heap()
        sys.setswitchinterval(_SWITCH_SECONDS)
        started = Started(address=address_of(listener), first=kept.first, token=token)

        def begin() -> None:
            begin_money(kept.tasks, money)
            _ = kept.tasks.start(keep_written(kept.desk.board, kept.database.writer), name="write the board")
            trimmed = keep_trimmed(kept.ids.given, kept.database.writer.run)
            _ = kept.tasks.start(trimmed, name="give freed memory back")
            who.begin()
            _ = kept.tasks.start(_told(started, money, announce=announce), name="tell that calls are taken")

        return server.serve_until_signal(listener, started=begin)


async def _told(started: Started, money: Money, *, announce: Callable[[Started], None]) -> None:
    """Announce the start when calls are taken, so that the first one is answered; or that it is up, if they are not
    taken for long."""
    for _ in range(_LOOKS):
        if not money.fault():
            break
        await asyncio.sleep(_LOOK_SECONDS)
    announce(started)


def begin_money(tasks: Tasks, money: Money, *, compare_every: float = LOOK_SECONDS) -> None:
    """What goes on beside the calls, on the event loop. Until it has begun no call is sent."""
    _ = tasks.start(keep_booked(money.bookkeeper), name="write the ledger")
    _ = tasks.start(keep_ticking(money.journal, CLOCK), name="tick the journal")
    _ = tasks.start(keep_compared(money.budget_ledger, every=compare_every), name="compare budgets with the ledger")
    _ = tasks.start(keep_retired(money.retention, money.database.writer), name="let the ledger go of what is old")


def money_of(kept: Kept, stack: ExitStack) -> Money:
    """DatabaseRefused, JournalRefused."""
    return opened_money(kept.settings, stack, allowance=allowance_of(kept), prices=kept.desk.prices)


def server_of(kept: Kept, money: Money) -> tuple[GatewayServer, Identity]:
    settings, metrics, readiness = kept.settings, Metrics(), Readiness()
    upstream, tenancy = _upstream(kept), _tenancy(kept)
    who = identity(kept, upstream, clock=CLOCK, changes=tenancy.changes)
    management = _management(kept, who, parts=_Parts(tenancy, upstream, readiness, metrics, money))
    inbound = _inbound(settings, _road(kept, who.identify, upstream=upstream, metrics=metrics, till=money.till))
    # What calls cost is written down before any byte of theirs leaves, on either side.
    inbound.outbox.before = upstream.http.outbox.before = money.journal.flush
    server = GatewayServer(
        application(management.routers(), identify=who.identify, ids=kept.ids),
        inbound,
        clock=CLOCK,
        readiness=readiness,
        drain=DrainTimes(delay=settings.drain_delay, grace=settings.drain_grace),
        flush=[upstream.close, money.journal.flush, money.bookkeeper.flush],
    )
    current = kept.desk.current
    metrics.watch(
        {
            "live_calls": lambda: server.live_calls,
            "upstream_connections": lambda: upstream.http.counts.connections,
            "catalogue_entries": lambda: len(current.snapshot),
            "catalogue_revision": lambda: current.snapshot.revision,
            "ledger_backlog": lambda: money.bookkeeper.backlog,
            "journal_bytes": lambda: money.journal.size,
            "budget_drift": lambda: money.budget_ledger.drift[0],
            "budget_token_drift": lambda: money.budget_ledger.drift[1],
        }
    )
    return server, who


def _upstream(kept: Kept) -> Upstreams:
    return upstreams(
        credentials=kept.desk.book,
        opener=SecretOpener(kept.ring),
        clock=CLOCK,
        tasks=kept.tasks,
        policy=EgressPolicy(networks(kept.settings.egress_allow)),
        limits=UpstreamLimits(),
    )


def _inbound(settings: Settings, road: Road) -> Inbound:
    served: Routes = {}
    for each in ENDPOINTS:
        served = {**served, **routes({(each.method, each.path): each}, partial(call_at(each), road))}
    return Inbound(
        served,
        _answer_error,
        limits=LaneLimits(body_bytes=settings.max_body_bytes),
        trusted_proxies=networks(settings.trusted_proxies),
        now=CLOCK.now(),
    )


class _Parts(msgspec.Struct, frozen=True):
    """What the management routes share with the road."""

    tenancy: Tenancy
    upstream: Upstreams
    readiness: Readiness
    metrics: Metrics
    money: Money


def _management(kept: Kept, who: Identity, *, parts: _Parts) -> Management:
    registry = CollectorRegistry()
    registry.register(parts.metrics)
    writer = kept.database.writer
    money = parts.money
    spending = spending_of(kept, money.allowance, ledger=money.budget_ledger, tenancy=parts.tenancy)
    questions = PaidQuestions(parts.upstream, till=money.till, ids=kept.ids)
    timeout = kept.settings.probe_timeout
    verify = Verify(kept.desk, parts.upstream, questions=questions, starter=kept.tasks, timeout=timeout)
    return Management(
        is_ready=lambda: parts.readiness.ready,
        fault=money.fault,
        budgets=spending.budgets,
        limits=spending.limits,
        registry=registry,
        desk=kept.desk,
        administer=kept.administer,
        defaults=kept.defaults,
        directory=kept.directory,
        tenancy=parts.tenancy,
        grants=who.grants,
        sign_in=who.sign_in,
        signing_keys=who.signing_keys,
        identify=who.identify,
        tests=SmokeTests(kept.desk, questions),
        probes=verify,
        sharing=SqlSharing(kept.database),
        user_defaults=SqlUserDefaults(kept.database),
        price_overrides=SqlPriceOverrides(kept.database),
        ignored_drift=SqlIgnoredDrift(kept.database),
        writer=writer,
        readers=kept.database.readers,
        auditing=Auditing(SqlAudit(kept.database), kept.directory),
        bulk_rate=Rate(kept.settings.bulk_replace_per_hour, 3600.0),
        header_policy_enforcement=Enforcement(kept.settings.header_policy_enforcement),
        books=Books(reading=SqlLedgerReading(parts.money.database), readers=parts.money.database.readers),
    )


def _tenancy(kept: Kept) -> Tenancy:
    return Tenancy(
        directory=kept.directory,
        store=SqlDirectory(kept.database),
        endings=Endings(kept.desk),
        changes=Changes(kept.database.writer),
        clock=CLOCK,
        randomness=os.urandom,
    )


def _road(kept: Kept, identify: Identify, *, upstream: Upstreams, metrics: Metrics, till: Till) -> Road:
    settings = kept.settings
    return Road(
        current=kept.desk.current,
        identify=identify.identify_head,
        default_model=kept.defaults.model,
        header_policies=HeaderPolicies(metrics.counted(kept.events), Enforcement(settings.header_policy_enforcement)),
        upstream=upstream,
        refusals=ErrorShapes(),
        telemetry=Watch(metrics, kept.desk.board, current=kept.desk.current, clock=CLOCK),
        clock=CLOCK,
        ids=kept.ids,
        timeouts=Timeouts(
            connect=settings.connect_timeout,
            first_byte=settings.first_byte_timeout,
            idle=settings.idle_timeout,
            total=settings.total_timeout,
        ),
        is_out=kept.desk.board.failed,
        answer_limit=ANSWER_LIMIT,
        till=till,
    )


def _answer_error(error: GatewayError, path: bytes) -> Refusal:
    shape = shape_of(path.decode("latin-1")) if path else Shape.OPENAI
    return ErrorShapes().answer(error, shape)
