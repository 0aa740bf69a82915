"""How this process's connections are found among its open files, and told from what takes their number later."""

import socket
import sys

import pytest

from logviewer.connections import connections_from

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="open files are listed on Linux only")


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")])
def listener(request):
    family, address = request.param
    with socket.socket(family) as listening:
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind((address, 0))
        listening.listen()
        yield listening


def accepted(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    theirs = socket.create_connection(("127.0.0.1", listener.getsockname()[1]))
    return theirs, listener.accept()[0]


def test_only_our_end_of_a_connection_from_that_address_to_that_port_is_found(listener):
    port = listener.getsockname()[1]
    theirs, ours = accepted(listener)
    with theirs, ours:
        [found] = connections_from("127.0.0.1", port)
        assert found.descriptor == ours.fileno()
        assert [one.inode for one in connections_from("::ffff:127.0.0.1", port)] == [found.inode]
        assert list(connections_from("127.0.0.2", port)) == []
        assert list(connections_from("127.0.0.1", port + 1)) == []


def test_it_says_what_was_received_and_whether_it_was_answered(listener):
    port = listener.getsockname()[1]
    theirs, ours = accepted(listener)
    with theirs, ours:
        assert [one.received_bytes for one in connections_from("127.0.0.1", port)] == [0]
        theirs.sendall(b"question")
        assert ours.recv(8) == b"question"
        [found] = connections_from("127.0.0.1", port)
        assert found.received_bytes == 8
        assert found.sent_ms >= found.received_ms


def test_another_file_with_its_number_is_not_taken_for_a_closed_connection(listener):
    theirs, ours = accepted(listener)
    with theirs:
        [found] = connections_from("127.0.0.1", listener.getsockname()[1])
        assert found.is_open()
        number = ours.fileno()
        ours.close()
        assert not found.is_open()
        with socket.socket() as other:
            assert other.fileno() == number
            assert not found.is_open()


def test_the_end_of_reading_is_told_to_who_reads_and_an_answer_can_still_be_sent(listener):
    theirs, ours = accepted(listener)
    with theirs, ours:
        [found] = connections_from("127.0.0.1", listener.getsockname()[1])
        found.end_reading()
        assert ours.recv(1) == b""
        ours.sendall(b"answer")
        assert theirs.recv(6) == b"answer"
