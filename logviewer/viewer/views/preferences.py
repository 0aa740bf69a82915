"""What a reader chooses for themselves: the theme (a cookie) and the time zone (the account)."""

import zoneinfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logviewer.viewer.context import THEMES
from logviewer.viewer.http import LogviewerRequest

THEME_COOKIE_S = 365 * 24 * 3600


def zone_choices() -> list[tuple[str, str]]:
    """Every zone by name, UTC first."""
    names = sorted(zoneinfo.available_timezones() - {"UTC", "localtime"})
    return [(name, name.replace("_", " ")) for name in ("UTC", *names)]


class PreferencesForm(forms.Form):
    time_zone = forms.ChoiceField(
        choices=zone_choices,
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Every time on the pages is shown in it, with its offset from UTC."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def preferences(request: LogviewerRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, initial={"time_zone": request.user.time_zone})
    if request.method == "POST" and form.is_valid():
        request.user.time_zone = form.cleaned_data["time_zone"]
        request.user.save(update_fields=["time_zone"])
        messages.success(request, gettext("Times are shown in %(zone)s now.") % {"zone": request.user.time_zone})
        return redirect("preferences")
    return render(request, "viewer/preferences.html", {"form": form})


@require_POST
def theme(request: LogviewerRequest) -> HttpResponse:
    """Sets the theme cookie and goes back to where the reader was."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = resolve_url("events")
    response = HttpResponseRedirect(back)
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        response.set_cookie(
            "theme",
            chosen,
            max_age=THEME_COOKIE_S,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )
    return response
