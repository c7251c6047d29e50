"""Criterions. Importing registers them."""

import fairseq_plugins.criterions.e2s2
import fairseq_plugins.criterions.label_smoothed_cross_entropy
import fairseq_plugins.criterions.leashed  # noqa: F401
from fairseq_plugins.models.encoder_width import note_encoder_widths

note_encoder_widths()
