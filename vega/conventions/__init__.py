"""How a language writes quotation marks, brackets, dashes, spaces: learnt from its text, restored in translations.

Nothing here knows what is right in a language. `count` counts how often text writes a thing in which way, `choose`
keeps what is clear, `apply` rewrites the rest. Numbers, addresses, code and placeholders stay as they are, and a mark
of which the meaning is not certain, as a quotation mark without its partner, too.
"""

from __future__ import annotations

from vega.conventions.apply import apply, deviations
from vega.conventions.learn import Clarity, Conventions, Rule, choose, count, learn

__all__ = ["Clarity", "Conventions", "Rule", "apply", "choose", "count", "deviations", "learn"]
