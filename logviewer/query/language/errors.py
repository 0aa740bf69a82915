"""What is wrong with a search, for the person who typed it."""


class QueryError(Exception):
    """A query or a parameter that cannot be read.

    `column` is the 1-based place in the query text; None if the fault is in another parameter, named by `parameter`.
    """

    def __init__(self, message: str, *, column: int | None = None, hint: str = "", parameter: str = "q") -> None:
        super().__init__(message)
        self.message, self.column, self.hint, self.parameter = message, column, hint, parameter
