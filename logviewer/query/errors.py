"""Why a search got no answer although nothing is wrong with what was asked."""


class SearchUnavailable(Exception):
    """The database cannot answer now: it is away, or all connections for searches are in use."""


class TimedOut(Exception):
    """A statement took longer than it was given."""


class OutOfTime(Exception):
    """The time for a whole search is spent, or even its shortest step takes too long."""


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""
