"""Valid documents in every shape that the rules allow, for properties that hold for all of them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from headgate.catalogue.entry import Document, ModelEntry
from headgate.catalogue.kinds import Kind
from headgate.catalogue.merge import written
from headgate.catalogue.offer import Offer, offer
from headgate.catalogue.providers import BUNDLED
from headgate.catalogue.scope import PLATFORM

LABELS = st.text(st.characters(categories=("L", "N", "P"), exclude_characters="/"), min_size=1, max_size=20)
NAMES = st.lists(LABELS.filter(lambda part: part not in {".", "..", "auto"}), min_size=1, max_size=3).map("/".join)
NUMBERS = st.integers(0, 2**53 - 1)
PRICES = st.integers(0, 10**12).map(lambda millionths: Decimal(millionths).scaleb(-6))
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
# Free keys of any letters could be one that names a secret, which the rules refuse.
KEYS = st.integers(0, 99).map("k{}".format)
VALUES = st.recursive(
    SCALARS | LABELS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
FREE = st.dictionaries(KEYS, VALUES, max_size=3)

DOCUMENT_FIELDS = st.fixed_dictionaries(
    {"name": NAMES, "kind": st.sampled_from(list(Kind))},
    optional={
        "title": LABELS,
        "description": LABELS,
        "provider": st.sampled_from(["openai", "mock", "Some Other"]),
        "upstream_model": NAMES,
        "api_base": st.sampled_from(["https://api.example.com/v1", "http://10.0.0.1:8000"]),
        "api_version": st.just("2024-10-21"),
        "credential": LABELS,
        "capabilities": FREE,
        "abilities": st.lists(LABELS, max_size=2, unique=True),
        "context_window": NUMBERS,
        "max_output_tokens": NUMBERS,
        "limits": FREE,
        "rpm": NUMBERS,
        "tpm": NUMBERS,
        "timeout": st.floats(0.5, 86_400),
        "temperature": st.floats(0, 2),
        "max_tokens": NUMBERS,
        "defaults": FREE,
        "dimensions": VALUES,
        "supported_dimensions": st.lists(st.integers(1, 10_000), max_size=3),
        "enabled": st.booleans(),
        "deprecated": st.booleans(),
        "failover": NAMES,
        "region": LABELS,
        "metrics": VALUES,
        "pricing": st.builds(lambda i, o: {"input_per_1m_tokens": i, "output_per_1m_tokens": o}, PRICES, PRICES),
        "brand": LABELS,
        "hidden": st.booleans(),
        "display": FREE,
        "provider_config": FREE,
        "tags": st.lists(LABELS, max_size=3, unique=True),
        "org_slugs": st.lists(st.sampled_from(["default", "acme", "other"]), max_size=3, unique=True),
    },
)
DOCUMENTS = DOCUMENT_FIELDS.map(lambda fields: written(None, fields))


def offer_of(document: Document) -> Offer:
    return offer(
        ModelEntry(
            uid="018f7f10-0000-7000-8000-000000000001",
            number=7,
            scope=PLATFORM,
            document=document,
            revision=12,
            created_at=1_700_000_000.25,
            created_by="user:018f7f10-0000-7000-8000-0000000000aa",
            updated_at=1_700_000_100.0,
            updated_by="key:018f7f10-0000-7000-8000-0000000000bb",
        ),
        BUNDLED,
    )
