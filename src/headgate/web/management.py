"""Every route but inference, from one value that says what they need. Wiring, tests and the build use this one list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from headgate.access.rate import Rate
from headgate.gateway.administer import Administer, Desk
from headgate.gateway.audit import Auditing
from headgate.gateway.budgets import Budgets
from headgate.gateway.credentials_named import NamedCredentials
from headgate.gateway.defaults import PlatformDefaults
from headgate.gateway.directory import Directory
from headgate.gateway.explain import Explain
from headgate.gateway.explain_subject import Subjects
from headgate.gateway.grant import Grants
from headgate.gateway.header_policies import Enforcement
from headgate.gateway.identify import Identify
from headgate.gateway.identities import Identities
from headgate.gateway.limits import RateLimits
from headgate.gateway.price_drift import IgnoredStore, PriceDrift
from headgate.gateway.price_lists import PriceLists
from headgate.gateway.price_overrides import OverrideStore, PriceOverrides
from headgate.gateway.sharing import Sharing, SharingStore
from headgate.gateway.sign_in import SignIn
from headgate.gateway.signing import SigningKeys
from headgate.gateway.tenancy import Tenancy
from headgate.gateway.tenancy_members import Members
from headgate.gateway.tenancy_organizations import Organizations
from headgate.gateway.tenancy_project_members import ProjectMembers
from headgate.gateway.tenancy_projects import Projects
from headgate.gateway.tenancy_users import Users
from headgate.gateway.usage import UsageReports
from headgate.gateway.usage_store import LedgerReading
from headgate.gateway.user_defaults import UserDefaults, UserDefaultStore
from headgate.web.admin_api.audit import AuditRoutes
from headgate.web.admin_api.budgets import BudgetRoutes
from headgate.web.admin_api.catalogue import CatalogueRoutes
from headgate.web.admin_api.credentials import CredentialRoutes
from headgate.web.admin_api.defaults import DefaultRoutes
from headgate.web.admin_api.effective import EffectiveRoutes
from headgate.web.admin_api.explain import ExplainRoutes
from headgate.web.admin_api.identities import IdentityRoutes
from headgate.web.admin_api.keys import KeyRoutes
from headgate.web.admin_api.limits import LimitRoutes
from headgate.web.admin_api.memberships import MembershipRoutes, ProjectMembershipRoutes
from headgate.web.admin_api.organizations import OrganizationRoutes
from headgate.web.admin_api.passwords import PasswordRoutes
from headgate.web.admin_api.price_drift import PriceDriftRoutes
from headgate.web.admin_api.price_overrides import PriceOverrideRoutes
from headgate.web.admin_api.prices import PriceRoutes
from headgate.web.admin_api.projects import ProjectRoutes
from headgate.web.admin_api.sessions import SessionRoutes
from headgate.web.admin_api.signing_keys import SigningKeyRoutes
from headgate.web.admin_api.tokens import TokenRoutes
from headgate.web.admin_api.usage import UsageRoutes
from headgate.web.admin_api.usage_compared import UsageComparisonRoutes
from headgate.web.admin_api.users import UserRoutes
from headgate.web.assets_api.routes import AssetsApi
from headgate.web.assets_api.verifying import Probes as AssetProbes
from headgate.web.catalogue_api.extras import SmokeTests
from headgate.web.catalogue_api.routes import CatalogueApi
from headgate.web.documentation import Documentation
from headgate.web.health import Health
from headgate.web.metrics import MetricsPage
from headgate.web.registry_api.probes import Probes as RegistryProbes
from headgate.web.registry_api.routes import RegistryApi
from headgate.web.running import Runner


class Probes(AssetProbes, RegistryProbes, Protocol):
    """Everything that the management APIs ask upstreams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The ledger as it is read, and the threads that may wait for it."""

    reading: LedgerReading
    readers: Runner


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """What the management routes need. `bulk_rate` is how often a principal may replace the whole catalogue. Without
    `books` there are no routes of usage."""

    is_ready: Callable[[], bool]
    fault: Callable[[], str]
    registry: CollectorRegistry
    desk: Desk
    administer: Administer
    defaults: PlatformDefaults
    directory: Directory
    tenancy: Tenancy
    grants: Grants
    sign_in: SignIn
    signing_keys: SigningKeys
    identify: Identify
    tests: SmokeTests
    probes: Probes
    sharing: SharingStore
    user_defaults: UserDefaultStore
    price_overrides: OverrideStore
    ignored_drift: IgnoredStore
    writer: Runner
    readers: Runner
    auditing: Auditing
    budgets: Budgets
    limits: RateLimits
    bulk_rate: Rate
    header_policy_enforcement: Enforcement = Enforcement.ENABLED
    books: Books | None = None

    def routers(self) -> list[APIRouter]:
        desk, directory, writer = self.desk, self.directory, self.writer
        catalogue = CatalogueApi(
            current=desk.current,
            administer=self.administer,
            directory=directory,
            defaults=self.defaults,
            tests=self.tests,
            writer=writer,
            clock=desk.clock,
            bulk_rate=self.bulk_rate,
        )
        effective = EffectiveRoutes(
            current=desk.current, directory=directory, credentials=desk.book, of_key=self.identify.of_key
        )
        return [
            Health(self.is_ready, self.fault).router(),
            *catalogue.routers(),
            AssetsApi(desk=desk, administer=self.administer, writer=writer, probes=self.probes).router(),
            self._registry().router(),
            CatalogueRoutes(self.administer, writer).router(),
            effective.router(),
            self._explain().router(),
            CredentialRoutes(NamedCredentials(desk), writer, directory=directory).router(),
            *self._price_routers(),
            DefaultRoutes(self.defaults, writer).router(),
            *self._tenancy_routers(),
            BudgetRoutes(self.budgets, clock=self.tenancy.clock).router(),
            LimitRoutes(self.limits).router(),
            KeyRoutes(self.grants, directory).router(),
            TokenRoutes(self.grants, directory).router(),
            SessionRoutes(self.grants, directory).router(),
            PasswordRoutes(self.sign_in).router(),
            SigningKeyRoutes(self.signing_keys).router(),
            AuditRoutes(self.auditing, readers=self.readers, writer=writer).router(),
            *self._usage_routers(),
            MetricsPage(self.registry).router(),
            Documentation().router(),
        ]

    def _explain(self) -> ExplainRoutes:
        desk = self.desk
        explain = Explain(desk, default_model=self.defaults.model, enforcement=self.header_policy_enforcement)
        return ExplainRoutes(explain, Subjects(self.directory, self.identify, clock=desk.clock))

    def _registry(self) -> RegistryApi:
        return RegistryApi(
            desk=self.desk,
            administer=self.administer,
            directory=self.directory,
            sharing=Sharing(self.desk, self.sharing, directory=self.directory),
            defaults=UserDefaults(self.desk, self.user_defaults, directory=self.directory),
            probes=self.probes,
            writer=self.writer,
        )

    def _price_routers(self) -> list[APIRouter]:
        desk, writer, readers = self.desk, self.writer, self.readers
        overrides = PriceOverrides(desk, self.price_overrides)
        drift = PriceDrift(desk, self.ignored_drift, administer=self.administer)
        return [
            PriceRoutes(PriceLists(desk, self.administer), writer=writer, readers=readers).router(),
            PriceDriftRoutes(drift, writer=writer, readers=readers).router(),
            PriceOverrideRoutes(overrides, self.directory, clock=desk.clock, writer=writer, readers=readers).router(),
        ]

    def _usage_routers(self) -> list[APIRouter]:
        if self.books is None:
            return []
        reports, readers = UsageReports(self.books.reading, self.directory), self.books.readers
        return [
            UsageRoutes(reports, readers).router(),
            UsageComparisonRoutes(reports, readers, desk=self.desk).router(),
        ]

    def _tenancy_routers(self) -> list[APIRouter]:
        projects = Projects(self.tenancy)
        return [
            OrganizationRoutes(Organizations(self.tenancy)).router(),
            ProjectRoutes(projects).router(),
            ProjectMembershipRoutes(ProjectMembers(self.tenancy, projects)).router(),
            MembershipRoutes(Members(self.tenancy)).router(),
            UserRoutes(Users(self.tenancy)).router(),
            IdentityRoutes(Identities(self.tenancy)).router(),
        ]
