"""What all settings share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

#: Marks a field that changes speed or logging only: changing it does not re-run a finished stage.
SPEED_ONLY: dict[str, Any] = {"affects_result": False}
# A folder field may name with "reads" the files that it reads: a change of others does not re-run the stage.


class Strict(BaseModel):
    """Unknown keys fail, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


DirectionName = Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+$", description="source-target, as in en-de")]


class OnRay(Strict):
    """Options of stages that Ray spreads over processes."""

    workers: int = Field(
        default=0, ge=0, description="parallel Ray workers, 0 = one per core", json_schema_extra=SPEED_ONLY
    )
    address: str = Field(
        default="",
        description="Ray cluster to work on, auto or host:port; it must see the same files. "
        "Empty = a private Ray on this machine",
        json_schema_extra=SPEED_ONLY,
    )
