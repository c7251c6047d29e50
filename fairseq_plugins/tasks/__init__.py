"""Tasks. Importing registers them."""

import fairseq_plugins.tasks.denoising
import fairseq_plugins.tasks.multidirectional  # noqa: F401
