"""A web server whose Postgres is not there: senders are told when to come back, and it recovers by itself."""

from tests.faults.conftest import WAITING_BRIEFLY
from tests.faults.product import start, until
from tests.faults.senders import Senders


def test_postgres_is_down_at_the_start_and_goes_down_again_later(elsewhere, judged):
    with elsewhere.server() as server, elsewhere.web(**WAITING_BRIEFLY) as url:
        senders = Senders(url, elsewhere.secret, "away")
        answers = senders.record.answers
        with senders.sending():
            until(lambda: answers["503"] >= 4)
            start(server)
            senders.wait_for_more(500)
            senders.record.fault_happened()
            server.stop()
            refused = answers["503"]
            until(lambda: answers["503"] >= refused + 4)
            start(server)
            senders.wait_for_more(500)
        verdict = judged(elsewhere, senders)

    assert verdict.complaints == []
    assert verdict.answers.keys() == {"200", "503"}
