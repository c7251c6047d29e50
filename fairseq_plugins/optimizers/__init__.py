"""Optimizers. Importing registers them."""

import fairseq_plugins.optimizers.adamw
import fairseq_plugins.optimizers.fsam  # noqa: F401
