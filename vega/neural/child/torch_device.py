"""Where a model of torch computes."""

import torch


class Refused(Exception):
    """Said to the user as it is."""


def choose_device(wanted: str) -> str:
    """`cpu` or `cuda`; `cuda` is refused where torch sees no GPU."""
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise Refused("device is cuda, but torch sees no GPU; set device: cpu")
    return "cuda" if there and wanted != "cpu" else "cpu"
