"""From what a client sends to what a view works with."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def validated(kind: type[Serializer[Any]], data: Any) -> Any:
    """What `kind` makes of `data`. Raises ValidationError."""
    given = kind(data=data)
    given.is_valid(raise_exception=True)
    return given.validated_data


def account_id(request: Request) -> int:
    """The account that acts, in a view that lets in nobody without one."""
    return cast("int", request.user.pk)
