"""Datasets and batch order of the tasks."""
