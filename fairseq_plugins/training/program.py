"""What `fairseq-train` runs: fairseq's own main, again from the last checkpoint when training has gone wrong."""

from __future__ import annotations

import gc
import logging
import sys
from typing import Any

import torch
from fairseq.logging import progress_bar
from fairseq_cli import train as fairseq_train

from fairseq_plugins.training import stop
from fairseq_plugins.training.divergence import RollBack, width
from fairseq_plugins.training.trainer import VegaTrainer
from vega.exit_codes import DIVERGED

logger = logging.getLogger(__name__)

_stock_main = fairseq_train.main


def main(cfg: Any) -> None:
    """Train as `cfg` says. Exits with the codes of `vega.exit_codes` where training was stopped or has given up."""
    stop.forget_last(cfg)
    with stop.listening():
        for returns in range(1, cfg.vega.max_rollbacks + 2):
            trainer = _train(cfg)
            if trainer is None:
                return
            _pass_over(trainer, returns)
            del trainer
            _forget()
        logger.error(f"gave up after {cfg.vega.max_rollbacks} returns to a checkpoint")
        raise SystemExit(DIVERGED)


def _train(cfg: Any) -> VegaTrainer | None:
    """None when training has ended; the trainer when it must return to a checkpoint."""
    made: list[VegaTrainer] = []
    VegaTrainer.made = made.append
    handlers = _log_files()
    try:
        _stock_main(cfg)
        for trainer in made:
            trainer.finish_saving()
        return None
    except RollBack as trouble:
        logger.error(f"training has left its course at {trouble}")
        made[-1].trouble = trouble
        return made[-1]
    finally:
        VegaTrainer.made = staticmethod(lambda trainer: None)
        for trainer in made:
            trainer.watchdog.stop()
        for owner, handler in _log_files() - handlers:
            owner.removeHandler(handler)


def _pass_over(trainer: VegaTrainer, returns: int) -> None:
    """Note what the next attempt leaves out. All processes come here alike."""
    trainer.finish_saving()
    first, last = trainer.skip_list.add(trainer.trouble.update, width(returns))
    logger.warning(f"returning to the last checkpoint; updates {first} to {last} will be passed over")
    if trainer.is_data_parallel_master:
        trainer.skip_list.save()
    trainer.agreement.meet()


def _forget() -> None:
    """The memory of the attempt that has ended."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _log_files() -> set[tuple[logging.Logger, logging.Handler]]:
    """Where fairseq adds --log-file every time it starts."""
    loggers = (fairseq_train.logger, progress_bar.logger)
    return {(owner, handler) for owner in loggers for handler in owner.handlers}


def use_our_program() -> None:
    """Put the trainer and `main` where `fairseq_cli.train` looks, also when that is run as a script."""
    modules = [fairseq_train, sys.modules["__main__"]]
    for module in modules:
        if getattr(module, "__file__", None) == fairseq_train.__file__:
            module.Trainer, module.main = VegaTrainer, main  # type: ignore[attr-defined]
