"""Two models aligned and judged, for the stage `fuse`."""
