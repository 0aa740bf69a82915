"""What a protocol may find wrong with a whole body."""


class TooManyEvents(Exception):
    """The body holds more events than one body may."""
