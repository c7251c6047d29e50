"""Scores with settings and uncertainty, and the report. Always `from eval.x import y`: the name is a builtin."""
