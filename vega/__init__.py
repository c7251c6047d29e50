"""Vega: machine translation systems from raw text to a scored submission."""

from vega.version import __version__

__all__ = ["__version__"]
