"""The credentials of a local stack: its secret and the two tokens signed with it."""

import secrets

from deploy.local.folder import RunFolder
from shared.auth import SCOPES, USER_SCOPES, issue_token

_LIFETIME_SECONDS = 30 * 86_400


def secret_of(folder: RunFolder) -> str:
    """The signing secret of this stack, made at the first question and kept."""
    if not folder.secret.exists():
        folder.write_private(folder.secret, secrets.token_urlsafe(48))
    return folder.secret.read_text()


def user_token(secret: str) -> str:
    """A token for the user `demo`, good for 30 days."""
    return issue_token(secret, "demo", USER_SCOPES, _LIFETIME_SECONDS)


def operator_token(secret: str) -> str:
    """A token that may also see and repair what failed."""
    return issue_token(secret, "operator", SCOPES, _LIFETIME_SECONDS)
