"""What a start opens: the database, the keys, and what is kept of the catalogue and the tenants in memory."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import msgspec

from headgate.access.identity import SigningKey
from headgate.adapters.bundled_prices import bundled_price
from headgate.adapters.clock import SystemClock
from headgate.adapters.sealing.envelope import KeyRing, SecretOpener, SecretSealer
from headgate.adapters.sealing.key_ring import KeySource, key_ring
from headgate.adapters.sql.catalogue import SqlCatalogue
from headgate.adapters.sql.credentials import SqlCredentials
from headgate.adapters.sql.database import Database
from headgate.adapters.sql.defaults import SqlDefaults
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.opening import open_database
from headgate.adapters.sql.prices import SqlPriceOverrides
from headgate.adapters.sql.sharing import SqlSharing
from headgate.adapters.sql.verification import SqlVerifications
from headgate.adapters.tasks import Tasks
from headgate.adapters.telemetry.events import EventLog
from headgate.catalogue.offer import offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.snapshot import Snapshot
from headgate.core.ids import RequestIds, uuid7
from headgate.core.secret import Secret
from headgate.gateway.administer import Administer, Current, Desk
from headgate.gateway.board import VerificationBoard
from headgate.gateway.credentials import CredentialBook
from headgate.gateway.defaults import PlatformDefaults
from headgate.gateway.directory import Directory
from headgate.gateway.first_entries import make_first_entries
from headgate.gateway.first_start import FirstStart
from headgate.gateway.price_overrides import schedule_of
from headgate.gateway.prices import Prices
from headgate.gateway.stores import DirectoryContents
from headgate.gateway.unreadable import mark_unreadable
from headgate.settings import Settings, StartRefused

CLOCK: Final = SystemClock()
_LOG: Final = logging.getLogger("headgate")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
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


def opened(settings: Settings, stack: ExitStack) -> tuple[Kept, Secret | None]:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"the data directory {str(settings.data_dir)!r} cannot be made: {error.strerror}") from error
    database = open_database(settings.data_dir, settings.database_url)
    stack.callback(database.close)
    store = SqlDirectory(database)
    store.forget_sessions(ended_before=CLOCK.wall())
    contents = store.load()
    directory = Directory.of(contents)
    first = FirstStart(directory, store, clock=CLOCK, randomness=os.urandom)
    kept = _kept(settings, database, contents=contents, directory=directory, first=first.is_due)
    stack.callback(kept.events.close)
    stack.callback(kept.desk.board.flush)
    given = settings.admin_token
    if kept.first:
        administrator = first.lay()
        make_first_entries(kept.administer)
        return kept, first.first_token(administrator, given)
    if given is not None:
        first.replace_token(given)
    return kept, None


def _kept(
    settings: Settings, database: Database, *, contents: DirectoryContents, directory: Directory, first: bool
) -> Kept:
    store, credential_store = SqlCatalogue(database), SqlCredentials(database)
    keys = KeySource.of(
        settings.data_dir, file=settings.master_key_file, given=settings.master_key, heir=settings.new_master_key
    )
    ring = key_ring(keys, may_create=first)
    offers = (offer(entry, BUNDLED) for entry in store.entries())
    snapshot = Snapshot.of(offers, store.head(), shares=SqlSharing(database).shares())
    book = CredentialBook(credential_store.credentials())
    overrides = {(each.organization, each.uid): schedule_of(each) for each in SqlPriceOverrides(database).overrides()}
    desk = Desk(
        current=Current(snapshot),
        store=store,
        credential_store=credential_store,
        book=book,
        board=VerificationBoard(SqlVerifications(database)),
        sealer=SecretSealer(ring),
        providers=BUNDLED,
        clock=CLOCK,
        new_uid=_new_id,
        prices=Prices(book, overrides),
        bundled=bundled_price,
    )
    return Kept(
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
    return uuid7(CLOCK.wall(), os.urandom(10))


def warn_of_unreadable(kept: Kept) -> None:
    """Mark the entries whose secrets do not open, and tell how many. Nobody waits for it: it tells of bugs itself."""
    try:
        count = mark_unreadable(kept.desk, SecretOpener(kept.ring))
    except Exception:  # a job at the edge: whatever breaks here must not end it in silence
        _LOG.exception("the stored provider secrets could not be looked through")
        return
    if count:
        _LOG.warning("%d provider secrets do not open: their entries are marked as failed", count)
