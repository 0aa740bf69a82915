"""The page Forgotten password: says who makes a new link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def forgotten_password(request: HttpRequest) -> HttpResponse:
    """Names no admin, for anybody may read it."""
    return render(request, "accounts/forgotten_password.html")
