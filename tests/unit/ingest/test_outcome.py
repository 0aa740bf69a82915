"""The answer's verdicts read alike, whether they come from the pipeline or from the ledger."""

import msgspec

from ingest.outcome import Outcome, Rejected


def test_verdicts_read_as_those_of_a_repeated_batch():
    answer = Outcome([0, 2], [Rejected(1, "not_json")]).answer([1])
    again = msgspec.json.decode(msgspec.json.encode(answer))

    for one in (answer, again):
        assert one["accepted"] == 1
        assert [(verdict["index"], verdict["reason"]) for verdict in one["rejected"]] == [
            (1, "not_json"), (2, "refused_by_store"),
        ]  # fmt: skip
