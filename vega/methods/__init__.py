"""One paper, one file: pure torch, built on `vega.ops`."""
