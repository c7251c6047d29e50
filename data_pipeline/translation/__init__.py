"""Synthetic text: lines translated by trained models, shard by shard."""
