"""The error a user can act on: shown as one line, without a traceback."""


class UserError(Exception):
    """Something the user can put right. The message names the file and line, and the fix.

    `exit_code` is what the command ends with, for launchers (`vega.exit_codes`).
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
