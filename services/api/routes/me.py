"""Who a token says that its bearer is, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.dependencies import Anybody
from services.api.errors import responses
from services.api.responses import Me

router = APIRouter(prefix="/v1/me", tags=["users"])


@router.get("", summary="See who you are", responses=responses(401, 403, 503))
async def get_me(caller: Anybody) -> Me:
    """The user and the scopes of the token that came with the request, whoever put it there: you or a gateway."""
    return Me(user_id=caller.user_id, scopes=sorted(caller.scopes))
