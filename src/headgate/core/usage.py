"""What one answer used, in disjoint buckets."""

from __future__ import annotations

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Tokens and other billed units of one answer. The buckets do not overlap.

    `input` is text without what stands in a bucket of its own; `cache_write` lasts five minutes or as long as the
    provider does not say, `cache_write_1h` an hour; `output` excludes the reasoning. `audio_*` and `image_input` are
    tokens; `images` are pictures made, `searches` and `tools` billed uses of the provider's own tools, `seconds` are of
    sound, where a provider counts them in place of tokens. `tier` is the service tier that answered, "" if it was not
    told. `estimated` is true when the provider said nothing and the figures are ours.
    """

    input: int = 0
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    estimated: bool = False
    seconds: int = 0
    cache_write_1h: int = 0
    audio_input: int = 0
    audio_output: int = 0
    image_input: int = 0
    images: int = 0
    searches: int = 0
    tools: int = 0
    tier: str = ""

    @property
    def prompt(self) -> int:
        """All tokens that went in: the length of the context."""
        return (
            self.input
            + self.cached_input
            + self.cache_write
            + self.cache_write_1h
            + self.audio_input
            + self.image_input
        )

    @property
    def completion(self) -> int:
        return self.output + self.reasoning + self.audio_output
