"""The page Accounts: admins make accounts, change roles, disable and enable, and hand out set-password links."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from logviewer.accounts import people
from logviewer.accounts.forms import ADDRESS_TAKEN, AccountForm, RoleForm
from logviewer.accounts.models import Role, User
from logviewer.accounts.permissions import UserRequest, manages_accounts


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@manages_accounts
def accounts(request: UserRequest) -> HttpResponse:
    """The list, and the form that makes an account and then shows its set-password link."""
    form = AccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (made := _make(form)):
        return _show_link(request, made, is_new=True)
    status = 422 if form.is_bound else 200
    page = {"form": form, "accounts": User.objects.all(), "roles": Role.choices}
    return render(request, "accounts/accounts.html", page, status=status)


@require_POST
@never_cache
@manages_accounts
def account_link(request: UserRequest, user_id: int) -> HttpResponse:
    """Shows another set-password link: the first was lost, or the password was forgotten."""
    return _show_link(request, get_object_or_404(User, pk=user_id, is_active=True), is_new=False)


@require_POST
@manages_accounts
def account_role(request: UserRequest, user_id: int) -> HttpResponse:
    """Changes the role of an account."""
    user = get_object_or_404(User, pk=user_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role."))
        return redirect("accounts")
    role = Role(form.cleaned_data["role"])
    done = _("%(email)s has the role %(role)s now.") % {"email": user.email, "role": str(role.label).lower()}
    return _do(request, lambda: people.change_role(user, role), done)


@require_POST
@manages_accounts
def account_disable(request: UserRequest, user_id: int) -> HttpResponse:
    """Ends sessions and tokens of an account, and closes it."""
    user = get_object_or_404(User, pk=user_id)
    done = _("%(email)s is disabled: sessions and read tokens have ended.") % {"email": user.email}
    return _do(request, lambda: people.disable(user), done)


@require_POST
@manages_accounts
def account_enable(request: UserRequest, user_id: int) -> HttpResponse:
    """Opens a disabled account again."""
    user = get_object_or_404(User, pk=user_id)
    return _do(request, lambda: people.enable(user), _("%(email)s may log in again.") % {"email": user.email})


def _make(form: AccountForm) -> User | None:
    """None, and the form says so, if the address got an account after it was checked, as by a second click."""
    try:
        return User.objects.create_user(form.cleaned_data["email"], role=form.cleaned_data["role"])
    except (ValidationError, IntegrityError):
        form.add_error("email", ADDRESS_TAKEN)
        return None


def _show_link(request: UserRequest, user: User, *, is_new: bool) -> HttpResponse:
    page = {"account": user, "is_new": is_new, "link": people.set_password_link(user)}
    return render(request, "accounts/link.html", page)


def _do(request: UserRequest, change: Callable[[], None], done: str) -> HttpResponse:
    try:
        change()
    except people.LastAdminError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("accounts")
