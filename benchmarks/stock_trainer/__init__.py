"""A `--user-dir` for baselines: our task with its batches, else stock fairseq as it was before our plugins came."""

import importlib

import fairseq.checkpoint_utils
import fairseq_cli.train

import fairseq_plugins  # noqa: F401 (registers the task, and puts our trainer in place)

# Executed again, the modules hold fairseq's own functions and classes.
importlib.reload(fairseq.checkpoint_utils)
importlib.reload(fairseq_cli.train)
