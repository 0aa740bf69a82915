"""A service that logs through one way of shipping and times each call; benchmarks/client.py starts it.

Runs in the environment of the peers' libraries. Prints one JSON object: p50_us, p99_us, max_ms, grown_mib.
"""

import argparse
import json
import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

BURST = 10  # log calls in a row, as a request makes them
WARM_UP = 300  # calls that are not counted: threads start, connections open
NAMES = ("enrolment_saved", "page_viewed", "mail_queued", "lesson_loaded")


def nothing(options: argparse.Namespace) -> list[structlog.typing.Processor]:
    return []


def logviewer(options: argparse.Namespace) -> list[structlog.typing.Processor]:
    """By the environment: LOGVIEWER_URL, LOGVIEWER_KEY, LOGVIEWER_MODE and LOGVIEWER_SPOOL_DIR."""
    from logviewer_client import ShipToLogviewer

    return [ShipToLogviewer()]


def sentry(options: argparse.Namespace) -> list[structlog.typing.Processor]:
    import sentry_sdk

    sentry_sdk.init(dsn=f"http://key@127.0.0.1:{options.port}/1", enable_logs=True)
    return []


def opentelemetry(options: argparse.Namespace) -> list[structlog.typing.Processor]:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    provider = LoggerProvider()
    exporter = OTLPLogExporter(endpoint=f"http://127.0.0.1:{options.port}/v1/logs")
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logging.getLogger("service").addHandler(LoggingHandler(logger_provider=provider))
    return []


def logstash(options: argparse.Namespace) -> list[structlog.typing.Processor]:
    from logstash_async.handler import AsynchronousLogstashHandler

    handler = AsynchronousLogstashHandler("127.0.0.1", options.port, database_path=str(options.folder / "logstash.db"))
    logging.getLogger("service").addHandler(handler)
    return []


WAYS: dict[str, Callable[[argparse.Namespace], list[structlog.typing.Processor]]] = {
    way.__name__: way for way in (nothing, logviewer, sentry, opentelemetry, logstash)
}


def main() -> None:
    options = _options()
    log = _service(WAYS[options.way](options))
    for number in range(WARM_UP):
        _log(log, number)
    if options.when_warm is not None:  # what shall befall the service is done now
        options.when_warm.touch()
        while options.when_warm.exists():
            time.sleep(0.01)
    before_mib = _resident_mib()
    durations_ns = _timed(log, options.calls, options.rate)
    grown_mib = _resident_mib() - before_mib
    figures = {
        "p50_us": _percentile(durations_ns, 0.5) / 1000,
        "p99_us": _percentile(durations_ns, 0.99) / 1000,
        "max_ms": durations_ns[-1] / 1e6,
        "grown_mib": grown_mib,
    }
    print(json.dumps(figures), flush=True)
    os._exit(0)  # how long the libraries take to leave is not the question


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--port", type=int, default=9, help="where the peer's receiver listens")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--calls", type=int, required=True)
    parser.add_argument("--rate", type=float, default=0, help="calls a second; 0: as fast as can be")
    parser.add_argument("--when-warm", type=Path, help="a file that is made when all is set up; it goes on without it")
    return parser.parse_args()


def _service(shipping: list[structlog.typing.Processor]) -> Any:
    """The chain of a usual service: structlog over logging, one line of JSON to a stream that nobody reads."""
    stream = logging.StreamHandler(os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    stream.setFormatter(logging.Formatter("%(message)s"))
    service = logging.getLogger("service")
    service.setLevel(logging.INFO)
    service.propagate = False
    service.addHandler(stream)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shipping,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(
        request_id="5f1c3f0e-6a0b-4a57-9a3d-0f8e8c2f7d11", method="POST", path="/api/cohorts/12/students"
    )
    return structlog.get_logger("service")


def _log(log: Any, number: int) -> None:
    """An event of some 300 bytes as JSON."""
    log.info(
        NAMES[number % 4], cohort_id=12, student_id=1000 + number, duration_ms=12.75, status_code=201, retries=None,
        source="spring-intake",
    )  # fmt: skip


def _timed(log: Any, calls: int, rate: float) -> list[int]:
    """The duration of each call in ns, ascending."""
    durations = []
    began = time.monotonic()
    for number in range(calls):
        started = time.perf_counter_ns()
        _log(log, number)
        durations.append(time.perf_counter_ns() - started)
        if rate and number % BURST == BURST - 1:
            time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    return sorted(durations)


def _percentile(ascending: list[int], share: float) -> int:
    return ascending[max(0, math.ceil(share * len(ascending)) - 1)]


def _resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("/proc/self/status has no VmRSS")


if __name__ == "__main__":
    main()
