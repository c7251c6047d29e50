"""SIGTERM and SIGUSR1: all processes finish the same update, save, and exit with `vega.exit_codes.STOPPED`.

SLURM sends them before a time limit or a preemption. One process is enough to have received the signal: it says so in
the word that processes exchange in every update. Checkpoints then are as at any other update, but for the validation,
which is not done. SAVE_DIR/stopped.json, until the next start, tells launchers that hide exit statuses (torchrun) that
all is saved.
"""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fairseq import checkpoint_utils
from fairseq.distributed import utils
from fairseq_cli import train as fairseq_train
from torch.multiprocessing import ProcessExitedException

from vega.atomic import write_text
from vega.exit_codes import STOPPED

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
MARK = "stopped.json"

_stock_validate_and_save = fairseq_train.validate_and_save

#: The last signal that came, 0 = none.
_received = 0


def received() -> int:
    """The number of a signal that asks this process to stop, 0 without one."""
    return _received


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Signals only set a mark while training runs; a second one changes nothing, SIGKILL ends at once.

    Who was asked to stop is deaf to them until it has ended: srun asks again when the first process has.
    """
    global _received
    _received = 0
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _note) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if _received else handler)


def forget_last(cfg: Any) -> None:
    """Training starts: it is not stopped any more."""
    if utils.is_master(cfg.distributed_training):
        (Path(cfg.checkpoint.save_dir) / MARK).unlink(missing_ok=True)


def _note(number: int, frame: Any) -> None:
    global _received
    _received = number


def validate_and_save(
    cfg: Any, trainer: Any, task: Any, epoch_itr: Any, valid_subsets: list[str], end_of_epoch: bool
) -> Any:
    """In place of fairseq's, after every update."""
    if not trainer.stop_signal:
        return _stock_validate_and_save(cfg, trainer, task, epoch_itr, valid_subsets, end_of_epoch)
    name, update = signal.Signals(trainer.stop_signal).name, trainer.get_num_updates()
    logger.info(f"{name}: saving update {update} and stopping")
    checkpoint_utils.save_checkpoint(cfg.checkpoint, trainer, epoch_itr, None)
    trainer.finish_saving()
    if trainer.is_data_parallel_master and not cfg.checkpoint.no_save:
        mark = Path(cfg.checkpoint.save_dir) / MARK
        write_text(mark, json.dumps({"update": update, "signal": name}) + "\n")
    trainer.agreement.meet()  # who left first would look like a failure, and end the others
    logger.info(f"stopped after update {update}; start again to go on")
    raise SystemExit(STOPPED)


def _call_main(before: Callable[..., Any]) -> Callable[..., Any]:
    def call_main(cfg: Any, main: Callable[..., Any], **kwargs: Any) -> Any:
        """fairseq's entry; processes that it has started itself pass their exit status on."""
        try:
            return before(cfg, main, **kwargs)
        except ProcessExitedException as error:
            sys.exit(error.exit_code)

    return call_main


def stop_on_signals() -> None:
    """Put the functions in place; `listening` does the rest."""
    fairseq_train.validate_and_save = validate_and_save
    utils.call_main = _call_main(utils.call_main)
