"""The fields of the events in view: the list, the frequent values of one, and how large its numbers are."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from logviewer.query.catalogue import KnownField, known_fields
from logviewer.query.facets import read_top_values
from logviewer.query.language.values import is_own_key
from logviewer.query.percentiles import read_percentiles
from logviewer.query.search import Search
from logviewer.viewer import facets, numbers_by
from logviewer.viewer.addresses import active, address_of, search_address, shown
from logviewer.viewer.asked import answers_a_search, search_of
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.zones import local

MOST_FIELDS = 100
MOST_VALUES = 10  # beside the list
MOST_VALUES_OF_PAGE = 100


@answers_a_search
def fields(request: LogviewerRequest) -> HttpResponse:
    known = _known(search_of(request), request.GET, limit=MOST_FIELDS)
    context = {
        "own": facets.own_field_lines(request.GET),
        "lines": facets.field_lines(known, request.GET),
        "service": request.GET.get("service", ""),
        "most": MOST_FIELDS if len(known) == MOST_FIELDS else 0,
        "back_address": search_address(request.GET),
    }
    return render(request, _template(request, "viewer/_field_list.html", "viewer/fields.html"), context)


@answers_a_search
def field(request: LogviewerRequest) -> HttpResponse:
    search, name = search_of(request), request.GET.get("field", "")
    top = read_top_values(search, name, limit=MOST_VALUES if wants_partial(request) else MOST_VALUES_OF_PAGE)
    known = next((one for one in _known(search, request.GET, prefix=name, limit=20) if one.path == name), None)
    context = {
        "facet": facets.facet_of(top, request.GET),
        "mixture": facets.mixture_words(known) if known else "",
        "numbers_address": address_of("field_numbers", request.GET, field=name) if _has_numbers(known) else "",
        "moment": f"{local(timezone.now()):%H:%M:%S}",
        "values_address": address_of("field", request.GET, field=name),
        "fields_address": address_of("fields", request.GET),
        "back_address": search_address(request.GET),
    }
    return render(request, _template(request, "viewer/_field_values.html", "viewer/field.html"), context)


@answers_a_search
def field_numbers(request: LogviewerRequest) -> HttpResponse:
    search, name = search_of(request), request.GET.get("field", "")
    found = read_percentiles(search, name, percentiles=facets.QUANTILES, limit=1)
    context = {
        "name": name,
        "numbers": facets.numbers_of(found),
        "numbers_address": address_of("field_numbers", request.GET, field=name),
        "field_address": address_of("field", request.GET, field=name),
        "back_address": search_address(request.GET),
    }
    if wants_partial(request):
        return render(request, "viewer/_field_numbers.html", context)
    return render(request, "viewer/field_numbers.html", {**context, **_by_another(search, name, request.GET)})


def _by_another(search: Search, name: str, parameters: QueryDict) -> dict[str, object]:
    """The numbers by the field that the page's form asks for, and the fields that it offers."""
    per, known = parameters.get("per", "").strip(), _known(search, parameters, limit=MOST_FIELDS)
    context: dict[str, object] = {
        "per": per,
        "offered": [*facets.OWN_FIELDS, *(one.path for one in known if is_own_key(one.path) and one.path != name)],
        "kept": {**active(parameters), **shown(parameters), "field": name},
    }
    if not per:
        return context
    found = read_percentiles(search, name, by=per, percentiles=numbers_by.PER_CENT, limit=numbers_by.MOST_GROUPS)
    return {
        **context,
        "lines": numbers_by.group_lines(found, per, parameters),
        "lines_note": numbers_by.group_words(found),
    }


def _known(search: Search, parameters: QueryDict, *, limit: int, prefix: str = "") -> list[KnownField]:
    service = parameters.get("service", "").strip()
    services = [service] if service else []
    found = known_fields(
        search.reader, services=services, since=search.since, until=search.until, prefix=prefix, limit=limit
    )
    return list(found)


def _has_numbers(known: KnownField | None) -> bool:
    return known is not None and "number" in known.types


def _template(request: LogviewerRequest, part: str, page: str) -> str:
    return part if wants_partial(request) else page
