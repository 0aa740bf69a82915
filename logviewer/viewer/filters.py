"""The filter bar: django-filter gives the form, Search judges what is in it."""

from collections.abc import Sequence
from typing import cast

import django_filters
from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import SEARCH_PARAMETERS, Search
from logviewer.query.services import services_seen
from logviewer.store.event import LEVEL_NAMES
from logviewer.store.models import EventRow, EventRows
from logviewer.viewer.http import LogviewerRequest
from logviewer.viewer.zones import as_shared, as_typed

TIMES = ("since", "until")
_Attribute = str | Promise
_PLAIN: dict[str, _Attribute] = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_SEARCH_BOX: dict[str, _Attribute] = {
    "aria-describedby": "search-problem",
    "data-completions": cast(Promise, reverse_lazy("completion")),  # for static/js/completion.js
}
_TIME: dict[str, _Attribute] = {**_PLAIN, "placeholder": gettext_lazy("2026-11-23 10:00, tuesday")}


def _text(label: _Attribute, **attributes: _Attribute) -> django_filters.CharFilter:
    return django_filters.CharFilter(label=label, widget=forms.TextInput({**_PLAIN, **attributes}))


class EventFilters(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """Reads the parameters of a search. No field refuses anything itself: Search is the one judge."""

    q = _text(
        gettext_lazy("Search"),
        type="search",
        placeholder=gettext_lazy('timeout  level>=warning  cohort_id:12  -path:/health*  "could not connect"'),
        **_SEARCH_BOX,
    )
    request_id = _text(gettext_lazy("Request"))
    cohort_id = _text(gettext_lazy("Cohort"), inputmode="numeric")
    level = django_filters.CharFilter(label=gettext_lazy("Level"), widget=forms.Select())
    service = django_filters.CharFilter(label=gettext_lazy("Service"), widget=forms.Select())
    since = _text(gettext_lazy("From"), **_TIME)
    until = _text(gettext_lazy("Until"), **{**_TIME, "placeholder": gettext_lazy("now")})

    class Meta:
        model = EventRow
        fields: Sequence[str] = ()

    def __init__(self, request: LogviewerRequest) -> None:
        shown = request.GET.copy()
        for name in TIMES:
            shown[name] = as_typed(shown.get(name, ""))
        super().__init__(shown, EventRow.objects.using("search").all(), request=request)
        self.reader = Reader.of(request.user)
        self._offer_choices()

    def search(self) -> Search:
        """The search that was asked for. Raises QueryError, whose `parameter` names the field."""
        form = self.form
        if not form.is_valid():
            parameter, problems = next(iter(form.errors.items()))
            raise QueryError(str(problems[0]), parameter=parameter)
        given = {name: form.cleaned_data.get(name) or "" for name in SEARCH_PARAMETERS}
        given |= {name: self.request.GET.get(name, "") for name in TIMES}  # exact, also where clocks were set back
        return Search.of(self.reader, given, zone=timezone.get_current_timezone())

    def address_to_share(self) -> dict[str, str]:
        """Parameters that must change so that the URL means the same for everyone: times without an offset."""
        return {
            name: as_shared(text)
            for name in TIMES
            if (text := self.request.GET.get(name, "").strip()) and as_shared(text) != text
        }

    def filter_queryset(self, queryset: EventRows) -> EventRows:
        return queryset.matching(self.search().predicate)

    def _offer_choices(self) -> None:
        levels = [(name, gettext("%(level)s and above") % {"level": name}) for number, name in LEVEL_NAMES.items()][
            1:-1
        ]
        self._offer("level", [("", gettext("All levels")), *levels, ("critical", "critical")])
        services = [(name, name) for name in services_seen(self.reader)]
        self._offer("service", [("", gettext("All services")), *services])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        given = self.data.get(name, "")
        if given not in {value for value, _ in choices}:
            choices.append((given, given))  # what the URL says is shown, not silently replaced
        widget = self.form.fields[name].widget
        assert isinstance(widget, forms.Select)
        widget.choices = choices
