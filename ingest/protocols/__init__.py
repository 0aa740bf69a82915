"""The formats that bodies may have. A protocol is one module and one line here. Knows no Django.

A protocol cuts a body into the JSON texts of its events; what they mean is the pipeline's business.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from ingest.protocols import logstash, ndjson
from ingest.protocols.ndjson import Text
from ingest.protocols.problems import TooManyEvents

__all__ = ["PROTOCOLS", "Decode", "Text", "TooManyEvents"]

# Takes the inflated body and the most events it may hold, and gives their texts in portions of bounded size, so that
# never all of them stand in memory beside the body; raises TooManyEvents before the first.
Decode = Callable[[bytes, int], Iterator[Sequence[Text]]]

PROTOCOLS: Mapping[str, Decode] = MappingProxyType({"ndjson": ndjson.decode, "logstash": logstash.decode})
