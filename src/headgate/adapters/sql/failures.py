"""Why a database is not used, or does not answer.

`DatabaseRefused` and its kinds stop a start. While serving, the store raises the failures of `core.errors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from headgate.core.errors import Conflict, StoreUnavailable


class DatabaseRefused(Exception):
    """This database cannot be used; the message says why and what would be accepted. It stops the start."""


class DatabaseInUse(DatabaseRefused):
    """Another process holds the data directory or the database."""


class SchemaTooNew(DatabaseRefused):
    """A newer Headgate has written this database."""


@contextmanager
def told_as_ours() -> Iterator[None]:
    """Turns what the database library raises into failures of ours. The cause stays attached, for the log."""
    try:
        yield
    except DatabaseInUse as error:
        # The lock was lost with its connection, and another process was quicker.
        raise StoreUnavailable("the database has passed to another Headgate process") from error
    except (IntegrityError, DataError) as error:
        raise Conflict(f"the database refused the change: {first_line(error)}") from error
    except SQLAlchemyError as error:
        raise StoreUnavailable("the database did not take or give what was asked") from error


def reason(error: Exception) -> str:
    """What a failure says, with what the database said that caused it."""
    cause = error.__cause__
    return f"{error}: {first_line(cause)}" if isinstance(cause, DBAPIError) else str(error)


def first_line(error: DBAPIError) -> str:
    """What the database said, without the lines in which PostgreSQL quotes a row's values."""
    return str(error.orig).partition("\n")[0]
