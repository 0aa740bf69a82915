"""A service that logs numbered events through a handler until its standard input ends, and tells how many they were.

python service.py '{"class": "logstash.TCPLogstashHandler", ...}' EVENTS_A_SECOND
"""

import importlib
import json
import logging
import select
import sys
import time


def main(handler, rate):
    """`handler` names a class and what it is made with."""
    module, _, name = handler.pop("class").rpartition(".")
    logger = logging.getLogger("numbered")
    logger.setLevel(logging.INFO)
    logger.addHandler(getattr(importlib.import_module(module), name)(**handler))
    number, started, longest_s = 0, time.monotonic(), 0.0
    while not select.select([sys.stdin], [], [], max(0.0, started + number / rate - time.monotonic()))[0]:
        began = time.monotonic()
        logger.info("%s", {"event": "numbered", "n": number, "text": "it's \u00e4"})
        longest_s = max(longest_s, time.monotonic() - began)
        number += 1
    logging.shutdown()
    print(json.dumps({"logged": number, "longest_s": longest_s}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), float(sys.argv[2]))
