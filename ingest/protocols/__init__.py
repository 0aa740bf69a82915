"""The formats that bodies may have. A protocol is one module and one line here. Knows no Django.

A protocol cuts a body into the JSON texts of its events; what they mean is the pipeline's business.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ingest.protocols import ndjson
from ingest.protocols.problems import TooManyEvents

__all__ = ["PROTOCOLS", "Decode", "TooManyEvents"]

# Takes the inflated body and the most events it may hold; raises TooManyEvents.
Decode = Callable[[bytes, int], Sequence[bytes]]

PROTOCOLS: Mapping[str, Decode] = MappingProxyType({"ndjson": ndjson.decode})
