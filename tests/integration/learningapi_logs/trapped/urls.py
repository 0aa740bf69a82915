"""Each trap gets secrets in its body and does with them what services really do by mistake.

`texts` are sentences that hold a secret, `fields` a secret under the name that it goes by.
"""

import logging
import traceback

import structlog
from django.contrib.auth.models import User
from django.db import connection
from django.urls import path
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from LearningAPI import urls
from LearningAPI.utils.logging import get_logger, log_action

log = get_logger("trap")
stdlib = logging.getLogger("requests.packages")


@api_view(["POST"])
@log_action("trap")
def raise_text(request: Request) -> Response:
    """An exception whose text holds it, caused by another one that does, too."""
    try:
        raise KeyError(request.data["text"])
    except KeyError as problem:
        raise RuntimeError(f"while asking Slack: {request.data['text']}") from problem


@api_view(["POST"])
@log_action("trap")
def crash_with_locals(request: Request) -> Response:
    """The secrets are in variables of every frame, and no word of the exception."""
    fields = dict(request.data["fields"])
    password = token = email = list(fields.values())

    def deeper(credentials: dict[str, str]) -> int:
        return len(credentials) // (len(password) + len(token) - 2 * len(email))

    return Response(deeper(fields))


@api_view(["POST"])
@log_action("trap")
def violate(request: Request) -> Response:
    """Postgres repeats in its DETAIL what was to be written: of a key that is taken, and of a row that is not whole."""
    row = request.data["row"]
    if request.data["how"] == "duplicate":
        User.objects.create(username=row["username"])
    columns = [name for name in row if name != request.data.get("without")]
    with connection.cursor() as cursor:
        names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
        cursor.execute(f"INSERT INTO auth_user ({names}) VALUES ({places})", [row[name] for name in columns])
    return Response({})


@api_view(["POST"])
@log_action("trap")
def log_everything(request: Request) -> Response:
    """Log calls of a bad day, of structlog and of the standard library."""
    for text in request.data["texts"]:
        log.info("answer_of_github", response=text, nested={"list": [text]})
        log.warning(text)
        stdlib.warning("GET failed: %s", text)
        stdlib.error("GET failed", extra={"detail": text, "response": {"headers": [text]}})
        try:
            raise ValueError(text)
        except ValueError as problem:
            log.exception("caught", error=problem, args=problem.args)
            log.error("caught", stack=traceback.format_exc())
            stdlib.exception("caught")
    fields = request.data["fields"]
    log.info("login_attempt", **fields)
    log.info("login_attempt", request={"body": fields, "headers": [fields]})
    structlog.get_logger("another").info("login_attempt", body=repr(fields))
    stdlib.warning("login attempt %s", fields)
    stdlib.warning("login attempt", extra={"body": fields})
    return Response({})


urlpatterns = [
    *urls.urlpatterns,
    path("trap/text", raise_text),
    path("trap/locals", crash_with_locals),
    path("trap/violate", violate),
    path("trap/log", log_everything),
]

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
