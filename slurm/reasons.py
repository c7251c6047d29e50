"""SLURM's words for why a job waits, and how it ended, in plain ones."""

from __future__ import annotations

_WAITING = {
    "Resources": "for free nodes",
    "Priority": "for its turn",
    "BeginTime": "for its time to begin",
    "JobArrayTaskLimit": "for other tasks of the array",
    "Dependency": "for an earlier job",
    "DependencyNeverSatisfied": "for a job that has failed",
    "JobHeldUser": "held: scontrol release {id} lets it go",
    "JobHeldAdmin": "held by an administrator",
    "JobHoldMaxRequeue": "held: it was put back too often",
    "PartitionTimeLimit": "its time limit is longer than the partition allows",
    "PartitionNodeLimit": "it asks for more nodes than the partition allows",
    "PartitionDown": "its partition is closed",
    "PartitionInactive": "its partition is closed",
    "ReqNodeNotAvail": "for nodes that are down or reserved",
    "NodeDown": "for a node that is down",
    "Reservation": "for its reservation to begin",
    "Licenses": "for a licence",
    "BadConstraints": "no node has what it asks for",
    "InvalidAccount": "its account may not be used here",
    "InvalidQOS": "its QOS may not be used here",
    "AccountNotAllowed": "its account may not use the partition",
    "QOSNotAllowed": "its QOS may not use the partition",
    "Prolog": "its nodes are being prepared",
}
#: Many reasons share a beginning: limits of accounts, of QOS.
_BEGINNINGS = {
    "Assoc": "your account is at its limit",
    "QOS": "your QOS is at its limit",
    "Max": "you are at a limit",
    "launch failed": "held: it could not be started; scontrol release {id} tries again",
    "Nodes required": "for nodes that are down or reserved",
}
_ENDS = {
    "TIMEOUT": "its time limit was over",
    "NODE_FAIL": "a node failed",
    "OUT_OF_MEMORY": "it was out of memory",
    "BOOT_FAIL": "a node did not boot",
    "DEADLINE": "it missed its deadline",
    "PREEMPTED": "it was preempted and not put back",
    "LAUNCH_FAILED": "it could not be started",
}


def why_it_waits(reason: str, job: str) -> str:
    """Plain words with SLURM's own behind them; these alone where we know no others."""
    word = reason.partition(",")[0]
    plain = _WAITING.get(word) or next((text for start, text in _BEGINNINGS.items() if word.startswith(start)), "")
    return f"{plain.format(id=job)} ({reason})" if plain else reason


#: SLURM's 0:53: the batch script never began.
_NOT_LAUNCHED = 128 + 53


def how_it_ended(state: str, exit_code: int | None) -> str:
    """A failed job's end."""
    if state in _ENDS:
        return _ENDS[state]
    if exit_code == _NOT_LAUNCHED:
        return "it could not be started; most often its node cannot write its log (is RUN/slurm/log yours, and shared?)"
    return f"exit status {exit_code}" if exit_code is not None else "it failed"
