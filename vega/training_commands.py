"""The stage commands that start fairseq-train, for those who must not import what a stage needs."""

from __future__ import annotations

#: Pre-training on text, training on pairs, going on from its checkpoint; in this order in a run.
TRAINING = ("pretrain", "train", "finetune")
