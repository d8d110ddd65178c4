"""A database that fails at a chosen call: once, or from then on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, PoolProxiedConnection, event


class Faults:
    """Counts the calls of one engine, from 1. Statements fail before they run.

    A commit that is to fail does so before it happens or, if `lost_answer`, after: then only its answer is lost.
    """

    def __init__(self, *, at: int, persistent: bool = False, lost_answer: bool = False) -> None:
        self.calls = 0
        self.struck_commit = False
        self._at = at
        self._persistent = persistent
        self._lost_answer = lost_answer

    @property
    def struck(self) -> bool:
        return self.calls >= self._at

    def _strikes(self) -> bool:
        self.calls += 1
        return self.calls >= self._at if self._persistent else self.calls == self._at

    @contextmanager
    def on(self, engine: Engine) -> Iterator[Faults]:
        failure: Callable[[str], Exception] = engine.dialect.loaded_dbapi.OperationalError

        def statement(*_: object) -> None:
            if self._strikes():
                raise failure("disk I/O error")

        really_commit = engine.dialect.do_commit

        def commit(dbapi_connection: PoolProxiedConnection) -> None:
            struck = self._strikes()
            self.struck_commit |= struck
            if not struck or self._lost_answer:
                really_commit(dbapi_connection)
            if struck:
                raise failure("disk I/O error")

        hooks = ("do_execute", "do_executemany", "do_execute_no_params")
        for hook in hooks:
            event.listen(engine, hook, statement)
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
        try:
            yield self
        finally:
            engine.dialect.do_commit = really_commit  # type: ignore[method-assign]
            for hook in hooks:
                event.remove(engine, hook, statement)
