"""A driver whose time of day jumps: python -m tests.faults.client.jumping_clock WORK JSON

The file RIG_CLOCK holds by how many seconds it is wrong at present. As in a real jump, what measures durations does not
notice. (libfaketime cannot do that to Python: it breaks the system call under time.sleep.)
"""

import datetime
import os
import time
from pathlib import Path


def jump() -> None:
    file, right, right_ns, right_date = Path(os.environ["RIG_CLOCK"]), time.time, time.time_ns, datetime.datetime

    def wrong_by() -> float:
        return float(file.read_text() or 0)

    class WrongDate(right_date):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return cls.fromtimestamp(right() + wrong_by(), tz)

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    time.time = lambda: right() + wrong_by()
    time.time_ns = lambda: right_ns() + int(wrong_by() * 1e9)
    datetime.datetime = WrongDate


if __name__ == "__main__":
    jump()  # before anybody takes these functions by name
    from tests.faults.client import driver

    driver.main()
