"""The zone of somebody's device, which the forms of a first sign-in send along: an account's own until it chooses."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from logviewer.accounts.models import User, validate_time_zone


def take_at_first_sign_in(request: HttpRequest, user: User) -> None:
    """To be called before `user` is logged in. A zone that this machine does not know changes nothing."""
    if user.last_login is not None:
        return
    name = request.POST.get("device_time_zone", "")
    try:
        validate_time_zone(name)
    except ValidationError:
        return
    user.time_zone = name
    user.save(update_fields=["time_zone"])
