"""The platform's default models in SQL: one fact of the installation."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.adapters.sql.database import Database
from headgate.adapters.sql.installation import SqlInstallation
from headgate.core.json import encode
from headgate.core.overlay import DefaultModels

_FACT: Final = "platform_defaults"
_DEFAULTS: Final = msgspec.json.Decoder(DefaultModels)


class SqlDefaults:
    """The DefaultsStore of one database."""

    def __init__(self, database: Database) -> None:
        self._installation = SqlInstallation(database)

    def defaults(self) -> DefaultModels:
        text = self._installation.get(_FACT)
        return DefaultModels() if text is None else _DEFAULTS.decode(text)

    def put_defaults(self, defaults: DefaultModels) -> None:
        self._installation.put(_FACT, encode(defaults).decode())
