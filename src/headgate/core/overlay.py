"""What an organization lays over the catalogue: it refuses, defaults and redirects, and never edits an entry."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from headgate.core.json import Json


class OwnModels(enum.StrEnum):
    """Whether the entries of projects and users may be called, which `allowed_models` leaves alone."""

    ALLOW = "allow"
    ADMINS = "admins"
    DENY = "deny"


class QuotaPolicy(enum.StrEnum):
    """What becomes of a call that is refused: it stays so, or the default model serves it."""

    BLOCK = "block"
    DOWNGRADE = "downgrade"


class StreamUsage(enum.StrEnum):
    """Who gets the usage of a stream in an event of its own."""

    ASKED = "asked"
    ALWAYS = "always"


class Strategy(enum.StrEnum):
    """How `model: "auto"` finds its model."""

    DISABLED = "disabled"
    RULES = "rules"
    CLASSIFIER = "classifier"
    CAPABILITIES = "capabilities"
    COST = "cost"
    HYBRID = "hybrid"


class Tier(enum.StrEnum):
    """How much a call picked by cost may cost."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Comparison(enum.StrEnum):
    """How a rule compares."""

    LESS = "<"
    MORE = ">"
    AT_MOST = "<="
    AT_LEAST = ">="
    EQUAL = "="


class RoutingRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`model` serves a request whose number of messages compares like this with `value`."""

    messages_count: Comparison
    value: int
    model: str


class AutoRouting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How `model: "auto"` is routed. Of rules the first that holds counts; `classifier_model` is asked which of
    `candidates` fits; `tags` are what a model must have, all of them; `tiers` name the models of each tier, `tier`
    the one in use."""

    strategy: Strategy = Strategy.DISABLED
    rules: tuple[RoutingRule, ...] = ()
    classifier_model: str | None = None
    candidates: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    tiers: Mapping[Tier, tuple[str, ...]] = {}
    tier: Tier = Tier.LOW


class DefaultModels(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Names of models by what they are the default for; None where there is none."""

    completions: str | None = None
    embeddings: str | None = None
    image_generation: str | None = None
    image_files: str | None = None
    audio_files: str | None = None
    document_files: str | None = None


class Overlay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The governance settings of one organization.

    `allowed_models` binds platform, organization and shared entries; none = all. `own_models` governs those of
    projects and users. `failover` names the stand-in of a model whose entry names none. `header_policy` is kept as it
    was given: a malformed one never blocks anybody. `refuse_unpriced`: entries of projects and users need a price too.
    """

    allowed_models: frozenset[str] = frozenset()
    own_models: OwnModels = OwnModels.ALLOW
    default_models: DefaultModels = DefaultModels()
    failover: Mapping[str, str] = {}
    quota_policy: QuotaPolicy = QuotaPolicy.BLOCK
    header_policy: Json = None
    routing: AutoRouting = AutoRouting()
    stream_usage: StreamUsage = StreamUsage.ASKED
    refuse_unpriced: bool = False


NO_OVERLAY = Overlay()
