"""What each route asks of its caller, declared on the route object itself.

A route takes its caller from `Requires`, an instance of which stands among its dependencies:

    Caller = Annotated[Principal, Depends(Requires(GOVERNANCE_MANAGE))]

Nothing is decided by comparing URLs, so a spelling of a path that only one of two readers understands cannot pass a
check that was meant for it. A route that asks for nothing and is not on the short list of public ones is a mistake:
`undeclared` finds it, the server refuses to start with it, and a test holds the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute, Mount

from headgate.core.errors import Forbidden
from headgate.core.principal import Principal
from headgate.web.requests import principal_of

PUBLIC: Final = frozenset(
    {
        ("GET", "/health/liveness"),
        ("GET", "/health/readiness"),
        # The description of the API holds nothing of any tenant.
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        # Where a credential is to be had for an e-mail and a password.
        ("POST", "/admin/v1/sign-in"),
        # The known providers, and what organizations publish of what is shared in them.
        *(
            ("GET", f"/api/models/{path}{slash}")
            for path in (
                "providers/supported",
                "types/available",
                "public/list",
                "public/categories",
                "public/providers",
                "public/summary",
            )
            for slash in ("", "/")
        ),
    }
)
"""The routes that answer without a credential, by method and path. HEAD goes with GET."""


class Requires:
    """The caller of a route, if it may use it: any principal, or one with `permission`, or a platform administrator.

    `or_` are permissions of which any will do as well; what each of them opens is the use case's to say. `user`
    refuses organization keys, which act for nobody. `seed_takes_bearer_key` marks the operations whose published page
    accepts an organization key as a Bearer token.
    """

    def __init__(
        self,
        permission: str | None = None,
        *,
        or_: Sequence[str] = (),
        platform_admin: bool = False,
        user: bool = False,
        seed_takes_bearer_key: bool = False,
    ) -> None:
        self.permission = permission
        self.alternatives = tuple(or_)
        self.platform_admin = platform_admin
        self.user = user
        self.seed_takes_bearer_key = seed_takes_bearer_key

    # A coroutine, because the framework sends plain functions to a thread, and the directory belongs to the event loop.
    async def __call__(self, request: Request) -> Principal:
        principal = await principal_of(request, seed_takes_bearer_key=self.seed_takes_bearer_key)
        self.check(principal)
        return principal

    def check(self, principal: Principal) -> None:
        """Forbidden if the principal may not."""
        if self.platform_admin and not principal.platform_admin:
            raise Forbidden("only a platform administrator may do this")
        if self.user and not principal.user:
            raise Forbidden("an organization key acts for no user; send a session token or an access token")
        if self.permission is None or any(map(principal.may, (self.permission, *self.alternatives))):
            return
        words = " or ".join(map(repr, (self.permission, *self.alternatives)))
        raise Forbidden(f"the credential lacks the permission {words}")


def undeclared(routes: Sequence[BaseRoute], *, public: frozenset[tuple[str, str]] = PUBLIC) -> list[str]:
    """The routes, as `METHOD path`, that neither require anything of their caller nor are public."""
    return sorted(
        f"{method} {path}"
        for (method, path), requires in requirements(routes).items()
        if requires is None and (method.replace("HEAD", "GET"), path) not in public
    )


def requirements(routes: Sequence[BaseRoute]) -> dict[tuple[str, str], Requires | None]:
    """What every route requires, by method and path."""
    return {(method, path): requires for method, path, requires in _walk(routes, "")}


def _walk(routes: Iterable[BaseRoute], prefix: str) -> Iterator[tuple[str, str, Requires | None]]:
    for context in iter_route_contexts(list(routes)):
        path = f"{prefix}{context.path or ''}"
        route = context.original_route
        if isinstance(route, Mount) and route.routes:
            yield from _walk(route.routes, path)
            continue
        requires = _requires(context.dependant) if isinstance(route, APIRoute) else None
        # What has no methods, such as a websocket or a foreign application that is mounted, is open in every way.
        for method in sorted(context.methods or {"ANY"}):
            yield method, path, requires


def _requires(dependant: Dependant) -> Requires | None:
    for each in dependant.dependencies:
        if isinstance(each.call, Requires):
            return each.call
        deeper = _requires(each)
        if deeper is not None:
            return deeper
    return None
