"""The page of the printed link: makes the first admin, logs them in, and is gone."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from logviewer.accounts import device_zone, first_admin
from logviewer.accounts.forms import FirstAdminForm


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """The form while the link lives; 410 afterwards."""
    if not first_admin.link_is_alive(token):
        return _dead(request)
    form = FirstAdminForm(
        request.POST if request.method == "POST" else None, initial={"email": settings.LOGVIEWER.admin_email}
    )
    if form.is_valid():
        return _make(request, token, form)
    return render(request, "accounts/setup.html", {"form": form}, status=422 if form.is_bound else 200)


def _make(request: HttpRequest, token: str, form: FirstAdminForm) -> HttpResponse:
    try:
        user = first_admin.use_link(token, form.cleaned_data["email"], form.cleaned_data["password1"])
    except ValidationError as problem:
        form.add_error(None, ValidationError(problem.messages))
        return render(request, "accounts/setup.html", {"form": form}, status=422)
    if user is None:
        return _dead(request)
    device_zone.take_at_first_sign_in(request, user)
    login(request, user)
    return redirect("events")


def _dead(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/setup_dead.html", status=410)
