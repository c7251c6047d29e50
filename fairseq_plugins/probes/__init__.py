"""What `vega probe` measures, one module each. All give plain data for probe.json."""
