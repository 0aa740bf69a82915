"""Exports: choose a format, follow how far the file is, take it, cancel it. Theirs alone."""

from django import forms
from django.http import HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from logviewer.accounts.permissions import reads_logs
from logviewer.query.errors import SearchUnavailable
from logviewer.query.language import QueryError
from logviewer.query.order import Order
from logviewer.viewer import exports
from logviewer.viewer.addresses import query_of
from logviewer.viewer.away import away, says_when_search_is_away
from logviewer.viewer.http import LogviewerRequest, wants_partial
from logviewer.viewer.list_order import WORDS, order_of
from logviewer.viewer.models import Export, Format
from logviewer.viewer.parts import Part, said_parts
from logviewer.viewer.problems import problem_of
from logviewer.viewer.zones import zone_label

FORM_WITHIN_S = 0.25  # what counting may take that the form with its number waits for


class FormatForm(forms.Form):
    format = forms.ChoiceField(choices=Format.choices, initial=Format.CSV, label=_("Format"), widget=forms.RadioSelect)


@require_http_methods(["GET", "HEAD", "POST"])
@reads_logs
@never_cache
@says_when_search_is_away
def export_new(request: LogviewerRequest) -> HttpResponse:
    """The search in the address, and the form that makes an export of it."""
    form = FormatForm(request.POST if request.method == "POST" else None)
    query, problem, count = query_of(request.GET), "", None
    order = Order.NEWEST_FIRST
    try:
        order = order_of(request.GET)
        made = exports.new_export(request.user, query)
        # What is made knows how many events to expect; the form must be there at once.
        budget_s = None if form.is_bound else FORM_WITHIN_S
        count = exports.count(made, timezone.get_current_timezone(), budget_s=budget_s)
    except QueryError as refused:
        problem = problem_of(request.GET, refused).message
    else:
        if form.is_valid():
            exports.keep(made, Format(form.cleaned_data["format"]), count)
            return redirect("export", made.pk)
    page = {
        "form": form,
        "parts": said_parts(request.GET),
        "order_words": WORDS[order],
        "query": query,
        "problem": problem,
        "count": count,
        "count_text": f"{count.events:,}" if count else "",
        "zone": _zone(),
        "made": _made(request),
    }
    status = 400 if problem else 422 if form.is_bound else 200
    return render(request, "viewer/export_new.html", page, status=status)


@require_safe
@reads_logs
@never_cache
@vary_on_headers("HX-Request")
def export(request: LogviewerRequest, export_id: int) -> HttpResponse:
    """How far it is. Taking the file is a link, which scripts follow at once."""
    found = _own(request, export_id)
    page = {
        "export": found,
        "parts": said_parts(QueryDict(found.query)),
        "is_stuck": exports.is_stuck(found),
        "written_text": f"{found.written:,}",
        "expected_text": "" if found.expected is None else f"{found.expected:,}",
        "zone": _zone(),
    }
    template = "viewer/_export_progress.html" if wants_partial(request) else "viewer/export.html"
    return render(request, template, page)


@require_GET
@reads_logs
@never_cache
def export_file(request: LogviewerRequest, export_id: int) -> HttpResponseBase:
    """The file. Asked for again, it is made again."""
    found, zone = _own(request, export_id), timezone.get_current_timezone()
    try:
        pieces = exports.content(found, zone)
        exports.start(found)
    except SearchUnavailable:
        return away(request, is_part=False)
    except exports.TooManyExports:
        page = {"export": found, "made": _made(request)}
        return render(request, "viewer/export_wait.html", page, status=409)
    return StreamingHttpResponse(
        pieces,
        content_type=exports.writer_of(found, zone).content_type,
        headers={"Content-Disposition": f'attachment; filename="{_file_name(found)}"'},
    )


@require_POST
@reads_logs
def export_cancel(request: LogviewerRequest, export_id: int) -> HttpResponse:
    found = _own(request, export_id)
    exports.cancel(found)
    return redirect("export", found.pk)


def _own(request: LogviewerRequest, export_id: int) -> Export:
    return get_object_or_404(Export.objects.select_related("owner").filter(owner=request.user), pk=export_id)


def _made(request: LogviewerRequest) -> list[tuple[Export, list[Part], str]]:
    """What the reader exported, newest first, each with its search and how far it is."""
    return [(one, said_parts(QueryDict(one.query)), exports.state_words(one)) for one in request.user.exports.all()]


def _file_name(export: Export) -> str:
    return f"logviewer-{export.created:%Y%m%dT%H%M%SZ}.{export.format}"


def _zone() -> str:
    return zone_label(timezone.now())
