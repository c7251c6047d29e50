"""Synthetic text: back-translation, self-training and cycle translation."""
