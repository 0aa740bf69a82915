"""A WSGI service that logs before gunicorn forks its workers, and one event in each request: GET /NUMBER."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.faults.client import driver

desk = driver.set_up()
desk.log_steadily(0, driver.PRELOADED)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    desk.log(int(environ["PATH_INFO"].strip("/")))
    start_response("200 OK", [("Content-Length", "0")])
    return []
