"""The page Read tokens: everybody's own; admins also see and revoke those of others."""

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from logviewer.accounts.forms import TokenForm
from logviewer.accounts.models import ReadToken, User
from logviewer.accounts.permissions import UserRequest, reads_logs
from logviewer.accounts.tokens import create_read_token, revoke_read_token


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@reads_logs
def tokens(request: UserRequest) -> HttpResponse:
    """The list, and the form that makes a token and then shows its secret once."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        new = create_read_token(request.user, form.cleaned_data["label"])
        page = {"token": new.token, "secret": new.secret, "public_url": settings.LOGVIEWER.public_url}
        return render(request, "accounts/token_made.html", page)
    status = 422 if form.is_bound else 200
    page = {"form": form, "tokens": tokens_of_concern(request.user)}
    return render(request, "accounts/tokens.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@reads_logs
def token_revoke(request: UserRequest, token_id: int) -> HttpResponse:
    """Asks once more, then revokes. Somebody else's token does not exist, unless for an admin."""
    token = get_object_or_404(tokens_of_concern(request.user), pk=token_id)
    if request.method != "POST":
        return render(request, "accounts/token_revoke.html", {"token": token})
    revoke_read_token(token)
    messages.success(request, _("The token %(token)s is revoked.") % {"token": token})
    return redirect("tokens")


def tokens_of_concern(user: User) -> QuerySet[ReadToken]:
    """The living tokens `user` may see and revoke."""
    living = ReadToken.objects.filter(revoked=None).select_related("user")
    return living if user.may_manage_accounts else living.filter(user=user)
