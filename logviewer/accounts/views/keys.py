"""The page Keys: operators and admins make ingest keys, see their last use, and revoke them."""

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ingest.keys import NewIngestKey, create_ingest_key, revoke_ingest_key
from ingest.models import IngestKey
from ingest.unacknowledged import senders_lately
from logviewer.accounts.forms import KeyForm
from logviewer.accounts.permissions import UserRequest, manages_keys

MOST_REVOKED = 10  # of which the list shows by itself


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@manages_keys
def keys(request: UserRequest) -> HttpResponse:
    """The list, and the form that makes a key and then shows its secret once."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _show_secret(request, _make(request, form))
    status = 422 if form.is_bound else 200
    listed, left_out = _listed(is_all="all" in request.GET)
    page = {"form": form, "keys": listed, "left_out": left_out, "unacknowledged": senders_lately()}
    return render(request, "accounts/keys.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@manages_keys
def key_revoke(request: UserRequest, key_id: int) -> HttpResponse:
    """Asks once more, then revokes."""
    key = get_object_or_404(IngestKey, pk=key_id, revoked_at=None)
    if request.method != "POST":
        return render(request, "accounts/key_revoke.html", {"key": key})
    revoke_ingest_key(key, request.user)
    messages.success(request, _("The key %(key)s is revoked.") % {"key": key})
    return redirect("keys")


def _listed(*, is_all: bool) -> tuple[list[IngestKey], int]:
    """The keys that are not revoked, newest first, then the revoked ones; and how many of these are left out."""
    order = F("revoked_at").desc(nulls_first=True), "-created"
    every = list(IngestKey.objects.select_related("created_by").order_by(*order))
    most = len(every) if is_all else sum(key.revoked_at is None for key in every) + MOST_REVOKED
    return every[:most], len(every[most:])


def _make(request: UserRequest, form: KeyForm) -> NewIngestKey:
    return create_ingest_key(
        service=form.cleaned_data["service"],
        label=form.cleaned_data["label"],
        created_by=request.user,
        min_level=form.cleaned_data["min_level"],
        expires_at=form.expires_at(),
    )


def _show_secret(request: UserRequest, new: NewIngestKey) -> HttpResponse:
    page = {
        "key": new.key,
        "secret": new.secret,
        "service": "my-service" if new.key.service == "*" else new.key.service,
        "public_url": settings.LOGVIEWER.public_url,
    }
    return render(request, "accounts/key_made.html", page)
