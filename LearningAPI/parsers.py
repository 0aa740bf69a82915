"""Reads a request's JSON within limits: what is too large, too deep or no JSON is the client's mistake."""

import json
from collections.abc import Mapping
from math import isinf
from typing import IO, Any, NoReturn

from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY_BYTES = 256 * 1024  # the largest sensible request is a few hundred bytes


class BodyTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"The body is larger than {MAX_BODY_BYTES} bytes."
    default_code = "body_too_large"


class BoundedJSONParser(BaseParser):
    """JSON in UTF-8, whatever charset is claimed. Raises BodyTooLarge, or ParseError without the input in it."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            return json.loads(body.decode(), parse_constant=_refuse, parse_float=_finite)
        except (ValueError, RecursionError) as problem:
            raise ParseError("The body is no JSON that can be read.") from problem


def _finite(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ValueError("a number is too large")
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
