"""Whose address a request has: who can choose it, is never counted."""

import pytest

from ingest.credentials import client_address


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address"),
    [
        ("203.0.113.9", 0, "10.0.0.1"),  # nobody is trusted
        ("203.0.113.9, 198.51.100.7", 1, "198.51.100.7"),  # what a sender wrote stands left of it
        ("203.0.113.9, 198.51.100.7, 10.0.0.2", 2, "198.51.100.7"),
        ("198.51.100.7", 2, "198.51.100.7"),
        (" , ", 1, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
    ],
)
def test_each_trusted_proxy_is_believed_one_hop(forwarded, trusted, address):
    assert client_address({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": forwarded}, trusted) == address
