"""Optimizers. Importing registers them."""
