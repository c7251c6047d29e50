"""What runs in the metric's own process, possibly in another environment: nothing of Vega is imported here."""
