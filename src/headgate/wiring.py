"""The composition root: the only module that knows all the others.

`serve` opens what is kept, completes a first start, puts the parts together and serves until a signal ends it. What
is built here lives as long as the process; nothing else holds global state.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from headgate.access.identity import SigningKey
from headgate.access.rate import Rate
from headgate.adapters.clock import SystemClock
from headgate.adapters.memory import keep_freed_memory, settle_heap
from headgate.adapters.sealing.envelope import KeyRing, SecretOpener, SecretSealer
from headgate.adapters.sealing.key_ring import KeySource, key_ring
from headgate.adapters.sealing.master_key import MasterKeyRefused
from headgate.adapters.sql.audit import SqlAudit
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.defaults import SqlDefaults
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.failures import DatabaseRefused
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.sharing import SqlSharing
from headgate.adapters.sql.user_defaults import SqlUserDefaults
from headgate.adapters.sql.verification import SqlVerifications
from headgate.adapters.tasks import Tasks
from headgate.adapters.telemetry.events import EventLog
from headgate.adapters.telemetry.metrics import Metrics
from headgate.adapters.upstream.egress import EgressPolicy
from headgate.adapters.upstream.front import Upstreams, upstreams
from headgate.adapters.upstream.limits import UpstreamLimits
from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.snapshot import Snapshot
from headgate.core.errors import Conflict, GatewayError
from headgate.core.ids import RequestIds, uuid7
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Current, Desk
from headgate.gateway.administer_ending import Endings
from headgate.gateway.audit import Auditing
from headgate.gateway.board import VerificationBoard
from headgate.gateway.call_at import call_at
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.defaults import PlatformDefaults
from headgate.gateway.directory import Directory
from headgate.gateway.endpoint import ENDPOINTS, Shape
from headgate.gateway.first_entries import make_first_entries
from headgate.gateway.first_start import FirstStart
from headgate.gateway.header_policies import Enforcement, HeaderPolicies
from headgate.gateway.identify import Identify
from headgate.gateway.road import Refusal, Road, Timeouts
from headgate.gateway.stores import DirectoryContents
from headgate.gateway.tenancy import Changes, Tenancy
from headgate.gateway.unreadable import mark_unreadable
from headgate.gateway.verify import Verify
from headgate.gateway.watch import Watch, keep_written
from headgate.settings import Settings, StartRefused
from headgate.web.application import application, shape_of
from headgate.web.client_address import networks
from headgate.web.errors import ErrorShapes
from headgate.web.lane_shared import Inbound, LaneLimits, Routes, routes
from headgate.web.management import Management
from headgate.web.server import DrainTimes, GatewayServer, Readiness, Started, address_of, listen
from headgate.wiring_identity import Identity, identity

ANSWER_LIMIT: Final = 64 * 1024 * 1024
_CLOCK: Final = SystemClock()
_LOG: Final = logging.getLogger("headgate")
_SWITCH_SECONDS: Final = 0.0005
"""A thread that computes gives way to the event loop after this long; Python's own 5 ms would be felt by streams."""


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What is opened once and shared by everything else. `first`: nothing was there before this start."""

    settings: Settings
    database: Database
    signing_keys: Sequence[SigningKey]
    ring: KeyRing
    directory: Directory
    desk: Desk
    administer: Administer
    defaults: PlatformDefaults
    ids: RequestIds
    tasks: Tasks
    events: EventLog
    first: bool


def serve(settings: Settings, *, announce: Callable[[Started], None]) -> int:
    """Serve until a signal. Returns the exit status, or raises StartRefused with a sentence for the operator."""
    listener = listen(settings.host, settings.port)
    with ExitStack() as stack:
        stack.callback(listener.close)
        keep_freed_memory()
        try:
            parts, token = _opened(settings, stack)
        except (DatabaseRefused, MasterKeyRefused, Conflict) as error:
            raise StartRefused(str(error)) from error
        server, who = _server(parts)
        # Beside the first requests: with very many entries it takes a second.
        parts.database.writer.submit(lambda: _warn_of_unreadable(parts))
        settle_heap()
        sys.setswitchinterval(_SWITCH_SECONDS)
        started = Started(address=address_of(listener), first=parts.first, token=token)

        def begin() -> None:
            _ = parts.tasks.start(keep_written(parts.desk.board, parts.database.writer), name="write the board")
            who.begin()
            announce(started)

        return server.serve_until_signal(listener, started=begin)


# What is kept


def _opened(settings: Settings, stack: ExitStack) -> tuple[_Parts, Secret | None]:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"the data directory {str(settings.data_dir)!r} cannot be made: {error.strerror}") from error
    database = open_database(settings.data_dir, settings.database_url)
    stack.callback(database.close)
    store = SqlDirectory(database)
    store.forget_sessions(ended_before=_CLOCK.wall())
    contents = store.load()
    directory = Directory.of(contents)
    first = FirstStart(directory, store, clock=_CLOCK, randomness=os.urandom)
    parts = _parts(settings, database, contents=contents, directory=directory, first=first.is_due)
    stack.callback(parts.events.close)
    stack.callback(parts.desk.board.flush)
    given = settings.admin_token
    if parts.first:
        administrator = first.lay()
        make_first_entries(parts.administer)
        return parts, first.first_token(administrator, given)
    if given is not None:
        first.replace_token(given)
    return parts, None


def _parts(
    settings: Settings, database: Database, *, contents: DirectoryContents, directory: Directory, first: bool
) -> _Parts:
    store, credential_store = SqlCatalogue(database), SqlCredentials(database)
    keys = KeySource.of(
        settings.data_dir, file=settings.master_key_file, given=settings.master_key, heir=settings.new_master_key
    )
    ring = key_ring(keys, may_create=first)
    offers = (offer(entry, BUNDLED) for entry in store.entries())
    snapshot = Snapshot.of(offers, store.head(), shares=SqlSharing(database).shares())
    desk = Desk(
        current=Current(snapshot),
        store=store,
        credential_store=credential_store,
        book=CredentialBook(credential_store.credentials()),
        board=VerificationBoard(SqlVerifications(database)),
        sealer=SecretSealer(ring),
        providers=BUNDLED,
        clock=_CLOCK,
        new_uid=_new_id,
    )
    return _Parts(
        settings=settings,
        database=database,
        signing_keys=contents.signing_keys,
        ring=ring,
        directory=directory,
        desk=desk,
        administer=Administer(desk, max_items=settings.bulk_replace_items),
        defaults=PlatformDefaults(SqlDefaults(database)),
        ids=RequestIds(os.urandom(8)),
        tasks=Tasks(),
        events=EventLog(),
        first=first,
    )


def _new_id() -> str:
    return uuid7(_CLOCK.wall(), os.urandom(10))


def _warn_of_unreadable(parts: _Parts) -> None:
    count = mark_unreadable(parts.desk, SecretOpener(parts.ring))
    if count:
        _LOG.warning("%d provider secrets do not open: their entries are marked as failed", count)


# What runs


def _server(parts: _Parts) -> tuple[GatewayServer, Identity]:
    settings, metrics, readiness = parts.settings, Metrics(), Readiness()
    upstream, tenancy = _upstream(parts), _tenancy(parts)
    who = identity(parts, upstream, clock=_CLOCK, changes=tenancy.changes)
    management = _management(parts, who, tenancy=tenancy, upstream=upstream, readiness=readiness, metrics=metrics)
    server = GatewayServer(
        application(management.routers(), identify=who.identify, ids=parts.ids),
        _inbound(settings, _road(parts, who.identify, upstream=upstream, metrics=metrics)),
        clock=_CLOCK,
        readiness=readiness,
        drain=DrainTimes(delay=settings.drain_delay, grace=settings.drain_grace),
        flush=[upstream.close],
    )
    current = parts.desk.current
    metrics.watch(
        {
            "live_calls": lambda: server.live_calls,
            "upstream_connections": lambda: upstream.http.counts.connections,
            "catalogue_entries": lambda: len(current.snapshot),
            "catalogue_revision": lambda: current.snapshot.revision,
        }
    )
    return server, who


def _upstream(parts: _Parts) -> Upstreams:
    return upstreams(
        credentials=parts.desk.book,
        opener=SecretOpener(parts.ring),
        clock=_CLOCK,
        tasks=parts.tasks,
        policy=EgressPolicy(networks(parts.settings.egress_allow)),
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
        now=_CLOCK.now(),
    )


def _management(
    parts: _Parts,
    who: Identity,
    *,
    tenancy: Tenancy,
    upstream: Upstreams,
    readiness: Readiness,
    metrics: Metrics,
) -> Management:
    registry = CollectorRegistry()
    registry.register(metrics)
    writer = parts.database.writer
    verify = Verify(parts.desk, upstream, starter=parts.tasks, timeout=parts.settings.probe_timeout)
    return Management(
        is_ready=lambda: readiness.ready,
        registry=registry,
        desk=parts.desk,
        administer=parts.administer,
        defaults=parts.defaults,
        directory=parts.directory,
        tenancy=tenancy,
        grants=who.grants,
        sign_in=who.sign_in,
        signing_keys=who.signing_keys,
        identify=who.identify,
        tests=verify,
        probes=verify,
        sharing=SqlSharing(parts.database),
        user_defaults=SqlUserDefaults(parts.database),
        writer=writer,
        readers=parts.database.readers,
        auditing=Auditing(SqlAudit(parts.database), parts.directory),
        bulk_rate=Rate(parts.settings.bulk_replace_per_hour, 3600.0),
    )


def _tenancy(parts: _Parts) -> Tenancy:
    return Tenancy(
        directory=parts.directory,
        store=SqlDirectory(parts.database),
        endings=Endings(parts.desk),
        changes=Changes(parts.database.writer),
        clock=_CLOCK,
        randomness=os.urandom,
    )


def _road(parts: _Parts, identify: Identify, *, upstream: Upstreams, metrics: Metrics) -> Road:
    settings = parts.settings
    return Road(
        current=parts.desk.current,
        identify=identify.identify_head,
        default_model=parts.defaults.model,
        header_policies=HeaderPolicies(parts.events, Enforcement(settings.header_policy_enforcement)),
        upstream=upstream,
        refusals=ErrorShapes(),
        telemetry=Watch(metrics, parts.desk.board, current=parts.desk.current, clock=_CLOCK),
        clock=_CLOCK,
        ids=parts.ids,
        timeouts=Timeouts(
            connect=settings.connect_timeout,
            first_byte=settings.first_byte_timeout,
            idle=settings.idle_timeout,
            total=settings.total_timeout,
        ),
        is_out=parts.desk.board.failed,
        answer_limit=ANSWER_LIMIT,
    )


def _answer_error(error: GatewayError, path: bytes) -> Refusal:
    shape = shape_of(path.decode("latin-1")) if path else Shape.OPENAI
    return ErrorShapes().answer(error, shape)
