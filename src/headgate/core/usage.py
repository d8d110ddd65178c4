"""What one answer used, in disjoint buckets."""

from __future__ import annotations

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one answer. The buckets do not overlap: `input` excludes the cached part, `output` the reasoning.

    `seconds` are of sound, where a provider counts them in place of tokens. `estimated` is true when the provider said
    nothing and the figures are ours.
    """

    input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    estimated: bool = False
    seconds: int = 0

    @property
    def prompt(self) -> int:
        return self.input + self.cached_input + self.cache_write

    @property
    def completion(self) -> int:
        return self.output + self.reasoning
