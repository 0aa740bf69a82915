"""The demo's Slack takes messages like the real one, and fails like it, over real HTTP."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator

import pytest

from LearningAPI.demo.slack import FAILS_EVERY, FAILURES, TOKEN, Slack

Post = Callable[..., tuple[int, bytes]]


@pytest.fixture
def post() -> Iterator[Post]:
    slack, stop = Slack(), threading.Event()
    thread = threading.Thread(target=slack.serve_until, args=(stop,))
    thread.start()

    def send(token: str = TOKEN) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", slack.server_port, timeout=30)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/chat.postMessage", b'{"channel": "c", "text": "t"}', headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    yield send
    stop.set()
    thread.join()


def test_every_fourth_message_meets_the_next_failure(post: Post) -> None:
    answers = [post() for _ in range(FAILS_EVERY * (len(FAILURES) + 1))]

    failed = answers[FAILS_EVERY - 1 :: FAILS_EVERY]
    assert failed == [*FAILURES, FAILURES[0]]
    taken = [answer for answer in answers if answer not in FAILURES]
    assert len(taken) == len(answers) - len(failed)
    assert all(status == 200 and json.loads(body)["ok"] is True for status, body in taken)


def test_another_token_is_no_way_in(post: Post) -> None:
    assert [json.loads(post("another")[1]) for _ in range(FAILS_EVERY)] == (
        [{"ok": False, "error": "invalid_auth"}] * FAILS_EVERY
    )
