"""The one place that states Vega's version."""

__version__ = "0.1.0"
