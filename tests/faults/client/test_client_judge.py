"""The judge of the client is shown to fail: on made-up runs here, on real ones where a protection is off."""

import pytest

from tests.faults.client.judge import Seen, Spool, judge, look_into, lost_by_reason
from tests.faults.client.oracle import Notes, Oracle, read
from tests.faults.judge import event_of

ALL = range(300)
NOTES = Notes(frozenset(ALL), frozenset(ALL))


def content_of(number, **more):
    content = {name: value for name, value in event_of(number, "s").items() if name not in ("event", "service")}
    return {**content, **more}


@pytest.mark.parametrize(
    ("stored", "complaints"),
    [
        (ALL, []),
        (ALL[:-1], ["1 events are missing, such as 299"]),
        ((*ALL, 7), ["1 events are stored more than once, such as 7"]),
        ((*ALL, 300), ["1 events are stored that were never logged, such as 300"]),
    ],
)
def test_the_judge_names_what_is_missing_doubled_or_invented(stored, complaints):
    assert judge(NOTES, map(content_of, stored)).complaints == complaints


def test_the_judge_names_what_is_mangled():
    stored = [content_of(0, text="another"), *map(content_of, ALL[1:])]

    assert judge(NOTES, stored).complaints == ["1 events are stored with another content, such as 0"]


def test_what_the_client_adds_to_an_event_is_not_mangling_unless_two_events_share_it():
    stored = [content_of(number, boot="b", seq=number) for number in ALL]
    assert judge(NOTES, stored).complaints == []

    stored[1]["seq"] = 0
    assert judge(NOTES, stored).complaints == ["1 events have the boot and seq of another"]


def test_an_event_in_the_spool_is_not_missing_but_left():
    spool = Spool(waiting=frozenset([299]))

    account = judge(NOTES, map(content_of, ALL[:-1]), spool=spool)
    assert (account.missing, account.complaints) == ([], ["1 events are left in the spool"])


def test_an_event_whose_call_did_not_return_may_be_stored_or_not():
    notes = Notes(frozenset((*ALL, 300, 301)), frozenset(ALL))

    assert judge(notes, map(content_of, (*ALL, 300))).complaints == []


def test_a_loss_is_a_complaint_even_if_it_was_counted():
    account = judge(NOTES, map(content_of, ALL[:-1]), dropped={"spool_full": 1})

    assert account.complaints == [
        "of the events 1 were counted as lost: {'spool_full': 1}",
        "1 events are missing, such as 299",
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_where_losses_are_forced_they_must_be_counted_exactly(count):
    account = judge(NOTES, map(content_of, ALL[:-2]), dropped={"spool_full": count}, may_drop=True)
    assert account.complaints == [f"2 events are missing, and {count} were counted as lost: {{'spool_full': {count}}}"]

    counted = judge(NOTES, map(content_of, ALL[:-2]), dropped={"spool_full": 1, "refused": 1}, may_drop=True)
    assert (counted.rejected, counted.dropped, counted.complaints) == (1, {"spool_full": 1}, [])


def test_an_event_that_the_rig_destroyed_is_counted_as_lost_and_not_stored_otherwise():
    destroyed = judge(NOTES, map(content_of, ALL[:-1]), spoiled=[299], dropped={"corrupt": 1})
    assert destroyed.complaints == []

    stored = [*map(content_of, ALL[:-1]), content_of(299, text="another")]
    assert judge(NOTES, stored, spoiled=[299]).complaints == ["1 events are stored with another content, such as 299"]

    uncounted = judge(NOTES, map(content_of, ALL[:-1]), spoiled=[299])
    assert uncounted.complaints == ["1 events are missing, and 0 were counted as lost: {}"]


def test_an_event_in_a_file_that_the_rig_removed_may_be_missing_without_being_counted():
    assert judge(NOTES, map(content_of, ALL[:-1]), deleted=[299]).complaints == []
    assert judge(NOTES, map(content_of, ALL[:-2]), deleted=[299]).complaints == ["1 events are missing, such as 298"]


def test_half_a_record_of_a_call_that_did_not_return_is_no_loss():
    notes = Notes(frozenset((*ALL, 300)), frozenset(ALL))

    assert judge(notes, map(content_of, ALL), dropped={"torn": 1}).complaints == []
    assert judge(NOTES, map(content_of, ALL), dropped={"torn": 1}).complaints != []


def test_a_run_in_which_nothing_happened_shows_nothing():
    assert judge(Notes(), []).complaints == ["only 0 events were logged"]
    seen = Seen(returned_before=250, wanted={"the disk was full": False})
    assert judge(NOTES, map(content_of, ALL), seen=seen).complaints == [
        "it never happened: the disk was full",
        "only 50 events were logged after the fault",
    ]


def test_a_process_that_hung_is_a_complaint():
    seen = Seen(problems=["a process did not end within 30 s: "])

    assert judge(NOTES, map(content_of, ALL), seen=seen).complaints == ["a process did not end within 30 s: "]


def test_losses_are_added_up_by_reason():
    events = [{"reason": "a", "count": 2}, {"reason": "b", "count": 1}, {"reason": "a", "count": 3}]

    assert lost_by_reason(events) == {"a": 5, "b": 1}


def test_the_oracle_knows_what_began_and_what_returned(tmp_path):
    oracle = Oracle(tmp_path / "oracle")
    oracle.begins(1)
    oracle.returned(1, 1500)
    oracle.begins(2)
    oracle.begins(1)

    assert read(tmp_path / "oracle") == Notes(frozenset([1, 2]), frozenset([1]), (1,), 1500)
    assert read(tmp_path / "nothing") == Notes()


def test_a_spool_is_read_whatever_the_names_of_its_files(tmp_path):
    (tmp_path / "dead").mkdir(mode=0o700)
    for name, numbers, service in (("a", (1, 2), "s"), ("dead/b", (3,), "s"), ("c", (4,), "another")):
        lines = [f'{{"event":"numbered","n":{n},"service":"{service}"}}\n' for n in numbers]
        (tmp_path / name).write_text("".join(lines))
        (tmp_path / name).chmod(0o600)
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "a")

    spool = look_into(tmp_path, tmp_path / "nothing", service="s")
    assert (spool.waiting, spool.dead, spool.files) == ({1, 2}, {3}, [tmp_path / "a"])
    assert spool.open_to_others == [tmp_path / "a"]
