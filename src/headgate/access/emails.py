"""E-mail addresses as names under which people sign in."""

from __future__ import annotations

from typing import Final

EMAIL_LIMIT: Final = 320


def normal_email(email: str) -> str:
    """The form in which e-mails are kept and compared; "" for what is none."""
    text = email.strip().lower()
    return text if len(text) <= EMAIL_LIMIT and text.isprintable() else ""
