"""What an empty installation is given, and how the settings replace the administrator's token on a later start.

It runs before anything is served. The token comes last: as long as there is none the first start is not complete, and
each part is made only if it is missing, so a start that was broken off is completed by the next one. A token that was
revoked still counts: whoever locked the administrator out is not undone by starting again, except through the settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from headgate.access import keys
from headgate.access.identity import AccessToken, Membership, Organization, Project, Role, User
from headgate.core.clock import Clock
from headgate.core.errors import Conflict
from headgate.core.ids import uuid7
from headgate.core.secret import Secret
from headgate.gateway.directory import Directory
from headgate.gateway.grant import ADMINISTRATOR
from headgate.gateway.stores import DirectoryStore

DEFAULT_SLUG: Final = "default"

_ID_BYTES: Final = 10


class FirstStart:
    """The steps, in the order in which they are taken.

    While `is_due`: `lay`, whatever else belongs to a new installation, `first_token`. On any other start:
    `replace_token`, if the settings name one.
    """

    def __init__(
        self,
        directory: Directory,
        store: DirectoryStore,
        *,
        clock: Clock,
        randomness: Callable[[int], bytes],
    ) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._randomness = randomness

    @property
    def is_due(self) -> bool:
        return not self._administrators()

    def lay(self) -> User:
        """The organization and project `default`, and the administrator: of the platform, and owner of them."""
        organization = self._directory.organization(DEFAULT_SLUG) or self._organization()
        if self._directory.project(organization.id, DEFAULT_SLUG) is None:
            self._project(organization)
        administrator = self._directory.first_platform_admin() or self._administrator()
        if self._directory.membership(administrator.id, organization.id) is None:
            membership = Membership(
                user=administrator.id, organization=organization.id, role=Role.OWNER, created_at=self._now()
            )
            self._store.put_membership(membership)
            self._directory.put_membership(membership)
        return administrator

    def first_token(self, administrator: User, given: Secret | None) -> Secret | None:
        """Give the administrator the token of the settings, or else a fresh one, which is returned to be shown once."""
        text = given or keys.mint_token(self._randomness(keys.RANDOM_BYTES))
        self._put(self._token_of(administrator.id, text))
        return None if given else text

    def replace_token(self, given: Secret) -> None:
        """Make `given` the administrator's one token and revoke the former. Conflict if it is somebody else's."""
        before = self._administrators()
        digest = keys.digest(given.reveal().encode())
        same = next((token for token in self._directory.tokens() if token.digest == digest), None)
        if same is not None and same not in before:
            raise Conflict("the administrator's token of the settings is another user's access token; choose another")
        for token in before:
            if token is not same and token.revoked_at is None:
                self._put(msgspec.structs.replace(token, revoked_at=self._now()))
        if same is None:
            self._put(self._token_of(before[0].user, given))
        elif same.revoked_at is not None:
            self._put(msgspec.structs.replace(same, revoked_at=None))

    def _administrators(self) -> list[AccessToken]:
        return [token for token in self._directory.tokens() if token.name == ADMINISTRATOR]

    def _organization(self) -> Organization:
        organization = Organization(id=self._new_id(), slug=DEFAULT_SLUG, name="Default", created_at=self._now())
        self._store.put_organization(organization)
        self._directory.put_organization(organization)
        return organization

    def _project(self, organization: Organization) -> None:
        project = Project(
            id=self._new_id(),
            organization=organization.id,
            slug=DEFAULT_SLUG,
            name="Default",
            created_at=self._now(),
        )
        self._store.put_project(project)
        self._directory.put_project(project)

    def _administrator(self) -> User:
        user = User(id=self._new_id(), name="Administrator", platform_admin=True, created_at=self._now())
        self._store.put_user(user)
        self._directory.put_user(user)
        return user

    def _token_of(self, user_id: str, text: Secret) -> AccessToken:
        return AccessToken(
            id=self._new_id(),
            user=user_id,
            name=ADMINISTRATOR,
            digest=keys.digest(text.reveal().encode()),
            last4=keys.last4(text),
            created_at=self._now(),
        )

    def _put(self, token: AccessToken) -> None:
        self._store.put_token(token)
        self._directory.put_token(token)

    def _new_id(self) -> str:
        return uuid7(self._now(), self._randomness(_ID_BYTES))

    def _now(self) -> float:
        return self._clock.wall()
