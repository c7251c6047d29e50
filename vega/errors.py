"""The error a user can act on: shown as one line, without a traceback."""


class UserError(Exception):
    """Something the user can put right. The message names the file and line, and the fix."""
