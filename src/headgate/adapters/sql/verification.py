"""What verification found out about entries: state beside the documents, written in batches, in no revision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, delete, select

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.tables import verification
from headgate.adapters.sql.upsert import upsert
from headgate.gateway.stores import Verification, VerificationState


class SqlVerifications:
    """The VerificationStore of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def verifications(self) -> Iterator[Verification]:
        with self._database.reading() as connection:
            for row in connection.execute(select(verification).order_by(verification.c.uid)):
                yield Verification(
                    uid=row.uid, state=VerificationState(row.state), message=row.message, at=row.checked_at
                )

    def put(self, batch: Sequence[Verification]) -> None:
        # One statement may not touch a row twice; of several findings about one entry the last is the truth.
        latest = {found.uid: found for found in batch}
        with self._database.writing() as connection:
            upsert(
                connection,
                verification,
                rows=[
                    {"uid": found.uid, "state": found.state.value, "message": found.message, "checked_at": found.at}
                    for found in latest.values()
                ],
            )

    def drop(self, uids: Sequence[str]) -> None:
        if uids:
            with self._database.writing() as connection:
                statement = delete(verification).where(verification.c.uid == bindparam("gone"))
                connection.execute(statement, [{"gone": uid} for uid in uids])
