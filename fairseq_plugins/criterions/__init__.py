"""Criterions. Importing registers them."""

import fairseq_plugins.criterions.label_smoothed_cross_entropy  # noqa: F401
