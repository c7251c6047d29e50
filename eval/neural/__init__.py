"""Neural metrics of test sets. What loads and runs models is `vega.neural`."""
