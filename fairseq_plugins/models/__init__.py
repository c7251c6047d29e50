"""Architectures. Importing registers them."""

import fairseq_plugins.models.sizes  # noqa: F401
