"""Failures that are reported on purpose, named for what happened. Any other exception is a bug.

`web/errors.py` turns each into an answer; nothing here knows a status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from headgate.core.failure import NOT_TRIED, Failure


class GatewayError(Exception):
    """A failure that the caller is told about. `str()` is the message; `details` says more, as JSON values."""

    def __init__(self, message: str, *, details: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


# Who asks


class NotAuthenticated(GatewayError):
    """No credential, or one that is unknown, expired, revoked or malformed. The same words for each."""

    def __init__(self) -> None:
        super().__init__("authentication is required: send a valid session token, access token or organization key")


class SignInRefused(GatewayError):
    """An unknown e-mail, a wrong password, a user without one or a disabled one. The same words for each."""

    def __init__(self) -> None:
        super().__init__("the e-mail or the password is wrong")


class IdentityPending(GatewayError):
    """Who makes the request cannot be said until something has been looked up, which is under way."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("the identity provider is being asked about this credential; send the request again")


class TwoCredentials(GatewayError):
    """Two different credentials in one request."""

    def __init__(self, carriers: Sequence[str]) -> None:
        super().__init__(f"the request carries different credentials in {' and '.join(carriers)}; send one")


class Forbidden(GatewayError):
    """The principal is known and may not do this."""


class ContextUnknown(GatewayError):
    """X-Organization-ID or X-Project-ID names something unknown or foreign. One body for both."""

    def __init__(self) -> None:
        super().__init__("the organization or project named in the request headers is not available to you")


class ProjectMissing(GatewayError):
    """The request is about a project's objects and is made in the context of none."""

    def __init__(self) -> None:
        super().__init__("the header X-Project-ID is required: the id or slug of a project that you may enter")


class OrganizationMissing(GatewayError):
    """The request is about a person's own objects in an organization and is made in the context of none."""

    def __init__(self) -> None:
        super().__init__(
            "the header X-Organization-ID is required: the id or slug of an organization that you may enter"
        )


# What is asked


class InvalidBody(GatewayError):
    """A body that breaks a rule. `details` lists `{path, message}`."""


class Unsuitable(GatewayError):
    """A well-formed value that names nothing which would do here: a category, a provider, a model for a purpose."""


class InvalidJson(GatewayError):
    """A body that is not one JSON object in UTF-8."""


class InvalidQuery(GatewayError):
    """A query parameter with a value that is not accepted."""


class MissingModelId(GatewayError):
    """A catalogue document without `model_id`."""

    def __init__(self) -> None:
        super().__init__("'model_id' is required: a string of 1 to 128 characters")


class MissingType(GatewayError):
    """A catalogue document without `type`."""

    def __init__(self, accepted: Sequence[str]) -> None:
        super().__init__(f"'type' is required: one of {', '.join(accepted)}")


class InvalidItems(GatewayError):
    """Items of a bulk replace that break a rule. `details` lists `{index, model_id, path, message}`."""


class PayloadTooLarge(GatewayError):
    """A body of more bytes than the route takes."""


class TooManyItems(GatewayError):
    """A list of more items than the route takes."""


class HeadersTooLarge(GatewayError):
    """A request head above the cap."""


class RequestTimeout(GatewayError):
    """The request did not arrive in time."""


class MalformedRequest(GatewayError):
    """Bytes that are not HTTP/1.1, or a framing that two readers could read differently."""


class UnknownRoute(GatewayError):
    """No such path."""


class MethodNotAllowed(GatewayError):
    """The path exists, the method on it does not."""


class PreconditionFailed(GatewayError):
    """If-Match names another version than the one in force."""


class RateLimited(GatewayError):
    """A limit of ours. `retry_after` is in whole seconds, at least 1; `headers` are complete lines that tell it."""

    def __init__(self, message: str, *, retry_after: int, headers: bytes = b"") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.headers = headers


class EntryLimited(RateLimited):
    """The entry's own limit, which holds for all callers together: another entry may stand in."""


# The catalogue


class NotFound(GatewayError):
    """An object other than a model that does not exist, or may not be seen."""


class ModelNotFound(GatewayError):
    """The catalogue has no such model for this principal.

    Raised also when the model exists but may not be seen: two answers would tell one tenant what another uses.
    """

    def __init__(self, model: str) -> None:
        super().__init__(f"model {model!r} does not exist")
        self.model = model


class ModelExists(GatewayError):
    """The name is taken in the scope, or in a wider one that is callable there."""

    def __init__(self, model: str) -> None:
        super().__init__(f"model {model!r} already exists")
        self.model = model


class NamesTaken(GatewayError):
    """A rollback would restore entries whose names were taken since. `details` lists the names."""


class Conflict(GatewayError):
    """The state of an object forbids the change."""


# A call


class ModelNotAllowed(GatewayError):
    """The model is visible to the principal, and refused: disabled, or outside what it may call."""

    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"model {model!r} may not be called: {reason}")
        self.model = model


class HeaderPolicyViolation(GatewayError):
    """The request lacks headers that the organization asks for."""

    def __init__(self, missing: Sequence[str], *, model: str) -> None:
        message = f"the organization asks for headers that the request lacks: {', '.join(missing)}"
        super().__init__(message, details={"missing": list(missing), "model": model})


class ModelNotRoutable(GatewayError):
    """The entry does not say where the call goes; the message names the missing field."""


class WrongEndpoint(GatewayError):
    """The entry's kind is not served by this endpoint; the message names the one that serves it."""


class InvalidDimensions(GatewayError):
    """A size of vector that the entry does not list; the message names those that it does."""


class CredentialMissing(GatewayError):
    """The provider needs a credential and none applies, or the entry's own must be entered again."""


class PriceMissing(GatewayError):
    """The entry has no price, and calls of unpriced entries are refused here."""


class BudgetExceeded(GatewayError):
    """The call may cost more than a budget has left. `retry_after`: whole seconds until its window ends, or 1 where
    calls that are under way hold what is missing; `downgrade`: the default model may serve the call instead, if the
    budget has enough left for that."""

    def __init__(self, message: str, *, retry_after: int, downgrade: bool = False, headers: bytes = b"") -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.downgrade = downgrade
        self.headers = headers


class LedgerUnavailable(GatewayError):
    """What a call costs could not be written down, so it was not sent."""


class UpstreamFailed(GatewayError):
    """No upstream gave an answer. `failures` lists every attempt, oldest first.

    `last` decides what the caller is told: the last upstream that was asked, if any was.
    """

    def __init__(self, failures: Sequence[Failure], *, model: str = "", provider: str = "") -> None:
        asked = [failure for failure in failures if failure.kind not in NOT_TRIED]
        self.failures = tuple(failures)
        self.last = (asked or failures)[-1]
        super().__init__(self.last.message)
        self.model = model
        self.provider = provider


class RerankFailed(UpstreamFailed):
    """The model that was asked to order documents gave no answer, or none that can be read."""


class ShuttingDown(GatewayError):
    """The server stops, and the call with it."""

    def __init__(self) -> None:
        super().__init__("the server is shutting down")


class StoreUnavailable(GatewayError):
    """The database did not take or give what was asked."""


def detail(path: str, message: str) -> Mapping[str, str]:
    """One line of `details`: where in the body, and what would be accepted."""
    return {"path": path, "message": message}
