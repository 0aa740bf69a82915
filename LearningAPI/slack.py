"""Slack's `chat.postMessage`: https://api.slack.com/methods/chat.postMessage"""

import http.client
import json
import re
import urllib.error
import urllib.request
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException

from LearningAPI.utils.logging import get_logger

logger = get_logger("slack")

ANSWER_TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 64 * 1024
ERROR_CODE = re.compile(r"[a-z_]{1,40}")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Wherever a redirect leads, the token is not for that address."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_NoRedirects)


class SlackUnavailable(APIException):
    """Slack has not taken the message, or nobody can say whether it has."""

    status_code = status.HTTP_502_BAD_GATEWAY
    default_detail = "Slack did not take the message. Try again later."
    default_code = "slack_unavailable"


class SlackNotSetUp(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "This service has no access to Slack: LEARNINGAPI_SLACK_TOKEN is empty."
    default_code = "slack_not_set_up"


def post_message(channel: str, text: str, *, base_url: str, token: str) -> None:
    """Returns once Slack has taken the message. Raises SlackUnavailable, SlackNotSetUp."""
    if not token:
        raise SlackNotSetUp
    request = urllib.request.Request(  # noqa: S310  (the scheme of base_url is checked where it is read)
        f"{base_url}/chat.postMessage",
        json.dumps({"channel": channel, "text": text}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"},
    )
    logger.info("slack_api_request_sent", characters=len(text))
    reason = _reason_of_failure(request)
    if reason is not None:
        logger.error("slack_api_request_failed", reason=reason)
        raise SlackUnavailable
    logger.info("slack_message_sent")


def _reason_of_failure(request: urllib.request.Request) -> str | None:
    """Sends the request. Returns None if Slack has taken the message, else a word that tells nothing of its text."""
    try:
        with OPENER.open(request, timeout=ANSWER_TIMEOUT_S) as answer:
            told = json.loads(answer.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return f"http_{refusal.code}"
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return type(problem).__name__
    if not isinstance(told, dict):
        return "no_object"
    code = str(told.get("error"))
    return None if told.get("ok") is True else code if ERROR_CODE.fullmatch(code) else "unknown"
