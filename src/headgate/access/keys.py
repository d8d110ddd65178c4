"""The format of the credentials that Headgate gives out, and what is kept of them.

An access token is `at:` and 49 characters, an organization key `iak_SLUG_` and 49 characters: 43 that write 256 random
bits in base 62, and 6 that write the CRC-32 of everything before them. The prefix names the kind, so scanners of
source code find a leaked one; the checksum tells a whole one from a cut or mistyped one without asking anybody.

Only the SHA-256 of the whole text is kept. The random part has 256 bits, so a slow hash would add nothing. A look-up
in memory goes by the digest alone, which no ill-formed text can hit; a look-up anywhere else asks `parse` first.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import Final

import msgspec

from headgate.core.secret import Secret

RANDOM_BYTES: Final = 32
USER_PREFIX: Final = "at:"
ORGANIZATION_PREFIX: Final = "iak_"
SLUG: Final = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_DIGITS: Final = 43
_CHECK_DIGITS: Final = 6
_SECRET: Final = rf"[0-9A-Za-z]{{{_RANDOM_DIGITS + _CHECK_DIGITS}}}"
_FORMAT: Final = re.compile(rf"at:{_SECRET}|iak_(?P<slug>{SLUG})_{_SECRET}")


class KeyFormat(msgspec.Struct, frozen=True):
    """What a well-formed credential says of itself: its prefix, and of a key its organization's slug."""

    prefix: str
    slug: str = ""


def mint_token(randomness: bytes) -> Secret:
    return _mint(USER_PREFIX, randomness)


def mint_key(slug: str, randomness: bytes) -> Secret:
    if re.fullmatch(SLUG, slug) is None:
        raise ValueError(f"organization slug {slug!r} is not 1 to 64 lower case letters, digits and inner hyphens")
    return _mint(f"{ORGANIZATION_PREFIX}{slug}_", randomness)


def parse(text: str) -> KeyFormat | None:
    """What a credential says of itself, or None if it is none of ours or not whole."""
    match = _FORMAT.fullmatch(text)
    if match is None or _checksum(text[:-_CHECK_DIGITS]) != text[-_CHECK_DIGITS:]:
        return None
    slug = match["slug"]
    return KeyFormat(USER_PREFIX) if slug is None else KeyFormat(ORGANIZATION_PREFIX, slug)


def digest(credential: bytes) -> bytes:
    """What is kept of a credential, and what it is found by."""
    return hashlib.sha256(credential).digest()


def last4(credential: Secret) -> str:
    return credential.reveal()[-4:]


def _mint(prefix: str, randomness: bytes) -> Secret:
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"a credential is made of {RANDOM_BYTES} random bytes, not of {len(randomness)}")
    text = prefix + _base62(int.from_bytes(randomness, "big"), _RANDOM_DIGITS)
    return Secret(text + _checksum(text))


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECK_DIGITS)


def _base62(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
