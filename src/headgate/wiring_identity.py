"""The part of the composition that says who somebody is: sessions, passwords, the identity provider."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import msgspec

from headgate.access.carriers import OrgKeyAsBearer
from headgate.access.identity import SigningKey
from headgate.adapters.oidc import Expected, OidcTokens
from headgate.adapters.oidc_pages import Pages
from headgate.adapters.passwords import Argon2Passwords
from headgate.adapters.sealing.envelope import SecretOpener, SecretSealer
from headgate.adapters.sessions import SessionTexts, can_sign, new_signing_key
from headgate.adapters.sql.audit import SqlAudit
from headgate.adapters.sql.directory import SqlDirectory
from headgate.adapters.sql.installation import SqlInstallation
from headgate.core.clock import Clock
from headgate.core.ids import uuid7
from headgate.gateway.audit import SecurityLog
from headgate.gateway.external import ClaimRules, ExternalPeople
from headgate.gateway.grant import Grants
from headgate.gateway.identify import Identify
from headgate.gateway.sign_in import Limits, SignIn
from headgate.gateway.signing import SigningKeys
from headgate.gateway.tenancy import Changes
from headgate.gateway.verify_exchange import ProbeUpstream
from headgate.wiring_kept import Kept

_ID_BYTES: Final = 10


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is, and how one becomes that. `begin` is called when the event loop runs."""

    identify: Identify
    grants: Grants
    sign_in: SignIn
    signing_keys: SigningKeys
    begin: Callable[[], None]


def identity(kept: Kept, upstream: ProbeUpstream, *, clock: Clock, changes: Changes) -> Identity:
    settings, directory, writer = kept.settings, kept.directory, kept.database.writer
    store = SqlDirectory(kept.database)
    keys = _signing_keys(kept, clock)
    texts = SessionTexts(keys, SecretOpener(kept.ring), installation=SqlInstallation(kept.database).id)
    tokens = _tokens(kept, upstream, clock)
    grants = Grants(directory, store, changes=changes, signer=texts, clock=clock, randomness=os.urandom)
    limits = Limits.of(clock, by_email=settings.sign_in_per_email, by_address=settings.sign_in_per_address)
    return Identity(
        identify=Identify(
            directory,
            texts,
            clock=clock,
            org_key_as_bearer=OrgKeyAsBearer(settings.org_key_as_bearer),
            outsiders=_people(kept, tokens, clock) if tokens is not None else None,
        ),
        grants=grants,
        sign_in=SignIn(
            directory,
            grants,
            passwords=Argon2Passwords(os.urandom),
            limits=limits,
            changes=changes,
            refused=SecurityLog(SqlAudit(kept.database), writer=writer, clock=clock).sign_in_failed,
        ),
        signing_keys=SigningKeys(
            keys, store, writer=writer, texts=texts, new_key=lambda: _new_signing_key(kept, clock)
        ),
        begin=tokens.begin if tokens is not None else lambda: None,
    )


def _signing_keys(kept: Kept, clock: Clock) -> list[SigningKey]:
    keys = list(kept.signing_keys)
    if not can_sign(keys, SecretOpener(kept.ring)):
        keys.append(_new_signing_key(kept, clock))
        SqlDirectory(kept.database).put_signing_key(keys[-1])
    return keys


def _new_signing_key(kept: Kept, clock: Clock) -> SigningKey:
    now = clock.wall()
    return new_signing_key(uuid7(now, os.urandom(_ID_BYTES)), SecretSealer(kept.ring), now=now)


def _tokens(kept: Kept, upstream: ProbeUpstream, clock: Clock) -> OidcTokens | None:
    settings = kept.settings
    if settings.oidc_issuer is None:
        return None
    expected = Expected(
        issuer=settings.oidc_issuer,
        audiences=settings.oidc_audience,
        jwks_url=settings.oidc_jwks_url,
        user_claim=settings.oidc_user_claim,
    )
    return OidcTokens(expected, Pages(upstream), tasks=kept.tasks, clock=clock)


def _people(kept: Kept, tokens: OidcTokens, clock: Clock) -> ExternalPeople:
    settings = kept.settings
    rules = ClaimRules(
        email_claim=settings.oidc_email_claim,
        organization_claim=settings.oidc_organization_claim or "",
        roles_claim=settings.oidc_roles_claim or "",
        roles=settings.oidc_roles,
        create=settings.oidc_unknown_users == "create",
    )
    return ExternalPeople(
        kept.directory,
        SqlDirectory(kept.database),
        tokens=tokens,
        rules=rules,
        writer=kept.database.writer,
        new_id=lambda: uuid7(clock.wall(), os.urandom(_ID_BYTES)),
    )
