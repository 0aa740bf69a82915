"""The answer's verdicts read alike, whether they come from the pipeline or from the ledger."""

import msgspec

from ingest.outcome import Outcome, Rejected, Rejections


def test_verdicts_read_as_those_of_a_repeated_batch():
    answer = Outcome([0, 2], [Rejected(1, "not_json")]).answer([1])
    again = msgspec.json.decode(msgspec.json.encode(answer))

    for one in (answer, again):
        assert one["accepted"] == 1
        assert [(verdict["index"], verdict["reason"]) for verdict in one["rejected"]] == [
            (1, "not_json"), (2, "refused_by_store"),
        ]  # fmt: skip


def test_many_verdicts_are_kept_as_they_were_added():
    verdicts = Rejections()
    for index in (1, 4, 9):
        verdicts.add(index, "not_json")

    assert list(verdicts) == [Rejected(1, "not_json"), Rejected(4, "not_json"), Rejected(9, "not_json")]
    assert verdicts[-1:] == [Rejected(9, "not_json")]
    assert len(verdicts) == 3
    assert not Rejections()
