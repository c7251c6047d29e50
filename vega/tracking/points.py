"""What trackers are told: the figures of train.log under the names that the log has, `train/` or `valid/` before them.

docs/training.md explains each figure. The means over whole epochs (`train_...` in the log) are left out.
"""

from __future__ import annotations

from typing import NamedTuple

from vega.training_log import finite_numbers, log_object

#: Kind of point -> prefix of its figures in the log.
KINDS = {"valid": "valid_", "train": ""}
UPDATE = "num_updates"


class Point(NamedTuple):
    """The figures of one line: `kind` is train or valid, `values` has finite numbers only."""

    kind: str
    update: int
    values: dict[str, float]


def read_point(line: str) -> Point | None:
    """The point of a log line; None where it has none."""
    found = log_object(line)
    for kind, prefix in KINDS.items():
        update = str(found.get(f"{prefix}{UPDATE}", ""))
        if update.isdigit():
            named = finite_numbers({key.removeprefix(prefix): value for key, value in found.items()})
            return Point(kind, int(update), {f"{kind}/{key}": number for key, number in named.items() if key != UPDATE})
    return None
