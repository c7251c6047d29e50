"""Optimizers. Importing registers them."""

import fairseq_plugins.optimizers.adamw  # noqa: F401
