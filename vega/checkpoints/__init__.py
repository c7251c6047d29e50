"""Checkpoints of sharded training: folders that appear whole, can be verified, and load on any number of processes."""
