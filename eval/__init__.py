"""Scores with settings and uncertainty, and the report people read. Always `from eval.x import y`: the name is a builtin."""
