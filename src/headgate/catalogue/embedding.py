"""How requests for embeddings are sent to an entry: the sizes of vector it takes, and in which parts."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.catalogue.entry import Document
from headgate.catalogue.provider import Provider
from headgate.core.json import Json

MOST_PARALLEL: Final = 32


class EmbeddingRules(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """`sizes` are the values of `dimensions` that a request may name, any if empty. A request of more than
    `batch_size` inputs is sent in parts, `parallelism` of them at a time; 0 keeps it whole."""

    sizes: tuple[int, ...] = ()
    batch_size: int = 0
    parallelism: int = 1


def embedding_rules(document: Document) -> EmbeddingRules:
    """The rules of an embedding entry. What is no positive whole number in its open fields counts as not given."""
    config = document.provider_config
    parallel = _positive(config.get("parallelism")) or _positive(config.get("batchParallel")) or 1
    return EmbeddingRules(
        sizes=tuple(size for size in map(_positive, document.supported_dimensions) if size),
        batch_size=_positive(config.get("batch_size")) or _positive(config.get("batchSize")),
        parallelism=min(parallel, MOST_PARALLEL),
    )


def default_size(document: Document, provider: Provider, *, model: str) -> int | None:
    """The `dimensions` that are asked for where the caller names none, None to ask for nothing.

    Many models have one size and refuse to be asked for it: the entry's size is sent where the entry lists it among
    those that may be asked for, or where the provider's row says that the model takes one.
    """
    size = _positive(document.dimensions)
    if not size:
        return None
    listed = size in map(_positive, document.supported_dimensions)
    return size if listed or model.startswith(provider.sized_embeddings) else None


def _positive(value: Json) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    return int(value) if whole and value > 0 else 0
