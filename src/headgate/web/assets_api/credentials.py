"""The `credentials` object of a body: sealed whole, shown never."""

from __future__ import annotations

import json

from headgate.catalogue.credential import API_KEY
from headgate.catalogue.rules import secret_problem
from headgate.catalogue.values import open_object
from headgate.core.json import Json
from headgate.core.secret import Secret
from headgate.web.bodies import plain


def credentials_problem(value: Json) -> str | None:
    """What is wrong with credentials, without a word of what they hold."""
    if not isinstance(value, dict):
        return "an object with the provider's secrets, such as 'api_key'"
    key = value.get(API_KEY)
    if key not in (None, ""):
        wrong = secret_problem(key) if isinstance(key, str) else "a secret as a string"
        if wrong is not None:
            return f"as {API_KEY!r} {wrong}"
    if open_object(plain(value)) is not None:
        return "an object of plain JSON values"
    secret = sealed_text(value)
    return None if secret is None else secret_problem(secret.reveal())


def sealed_text(value: Json) -> Secret | None:
    """The object as one secret; None if there is nothing in it."""
    kept = {key: each for key, each in value.items() if each not in (None, "")}
    # Escapes keep every character of it printable ASCII, line breaks of a private key included.
    return Secret(json.dumps(plain(kept), separators=(",", ":"))) if kept else None
