"""The parts of a request at one entry, and how far the request has come."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from headgate.catalogue.offer import Offer
from headgate.core.usage import Usage
from headgate.dialects.exchange import Codec
from headgate.dialects.openai_embeddings import EmbeddingRequest, Joined
from headgate.gateway.allowed import Claim
from headgate.gateway.fan_out_part import Part


class Phase(enum.IntEnum):
    """How far a request in parts has come."""

    HEAD = 0
    BODY = 1
    PARTS = 2
    ENDED = 3


class Round:
    """What is sent, and what became of it. `claim` is reserved for all of it. `joined`
    takes their answers; None if there is but one part, which needs no joining."""

    def __init__(
        self, offer: Offer, codec: Codec, *, requests: Sequence[EmbeddingRequest], parallelism: int, claim: Claim
    ) -> None:
        self.offer = offer
        self.codec = codec
        self.requests = requests
        self.parallelism = parallelism
        self.joined = Joined(requests) if len(requests) > 1 else None
        self.begun = 0
        self.live: list[Part] = []
        self.used: list[Usage] = []
        self.claim = claim
