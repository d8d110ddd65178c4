"""The platform's default models, kept among the facts about the installation."""

from __future__ import annotations

from typing import Final

import msgspec

from headgate.adapters.sql.installation import SqlInstallation
from headgate.core.json import encode
from headgate.gateway.defaults import Defaults

_NAME: Final = "default_models"
_DECODER: Final = msgspec.json.Decoder(Defaults)


class SqlDefaults:
    """The DefaultsStore of one database."""

    def __init__(self, installation: SqlInstallation) -> None:
        self._installation = installation

    def defaults(self) -> Defaults:
        text = self._installation.get(_NAME)
        return _DECODER.decode(text) if text is not None else Defaults()

    def put_defaults(self, defaults: Defaults) -> None:
        self._installation.put(_NAME, encode(defaults).decode())
