"""What is told about the caller."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Me(BaseModel):
    """The bearer of a token."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": "ann", "scopes": ["jobs:read", "jobs:write"]}]}
    )

    user_id: str
    scopes: list[str] = Field(description="What the token allows")
