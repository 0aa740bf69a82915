"""The histogram's legend: each level with its number of events, and the search for it alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from logviewer.viewer.addresses import with_value
from logviewer.viewer.histogram_svg import Chart


@dataclass(frozen=True, slots=True)
class Legend:
    level: str
    count_text: str
    address: str


def legends_of(chart: Chart, parameters: QueryDict) -> Sequence[Legend]:
    """Severest first."""
    return [
        Legend(level, f"{count:,}", with_value(parameters, "level", level)) for level, count in chart.levels.items()
    ]
