"""Who may open a page: one decorator for each kind of page, and the answer to those who may not."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from logviewer.accounts.models import User

MOST_HELPERS = 5  # admins named on the page for those who may not


class UserRequest(HttpRequest):
    """A request of somebody who is logged in: what a view behind one of these decorators gets."""

    user: User


P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)
View = Callable[Concatenate[Request, P], HttpResponseBase]


def reads_logs(view: View[Request, P]) -> View[HttpRequest, P]:
    """For everybody with an account."""
    return _only(view, lambda user: True, _("This page is for people with an account"))


def manages_keys(view: View[Request, P]) -> View[HttpRequest, P]:
    """For operators and admins."""
    return _only(view, lambda user: user.may_manage_keys, _("This page is for operators and admins"))


def manages_accounts(view: View[Request, P]) -> View[HttpRequest, P]:
    """For admins."""
    return _only(view, lambda user: user.may_manage_accounts, _("This page is for admins"))


def _only(view: View[Request, P], may: Callable[[User], bool], refusal: Promise) -> View[HttpRequest, P]:
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User) or not request.user.is_active:
            return redirect_to_login(request.get_full_path())
        if not may(request.user):
            return forbidden(request, refusal)
        return view(cast(Request, request), *args, **kwargs)

    return guarded


def forbidden(request: HttpRequest, refusal: Promise) -> HttpResponse:
    """403, with whom the page is for, as `refusal` says, and which admins can help."""
    helpers = User.objects.admins().values_list("email", flat=True)[:MOST_HELPERS]
    return render(request, "accounts/forbidden.html", {"refusal": refusal, "helpers": helpers}, status=403)
