"""Who may send: the narrowest network says which service it is, and nobody else may."""

import pytest

from ingest.listener.senders import Sender, Senders, in_certificate


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("10.1.2.3", "school"),
        ("10.2.0.7", "learning-api"),
        ("::ffff:10.2.0.7", "learning-api"),
        ("fd00::5", "monarch"),
        ("fd00::5%eth0", "monarch"),
        ("11.0.0.1", None),
        ("::1", None),
        ("unknown", None),
    ],
)
def test_the_narrowest_network_says_who_it_is(address, service):
    senders = Senders([("10.0.0.0/8", "school"), ("10.2.0.0/16", "learning-api"), ("fd00::/8", "monarch")])

    found = senders.at(address)

    assert (found.service if found else None) == service


@pytest.mark.parametrize(
    ("name", "sender"),
    [("learning-api", Sender("learning-api", "certificate")), ("no service", None), ("*", None), (None, None)],
)
def test_a_certificate_names_the_service(name, sender):
    subject = ((("organizationName", "school"),), (("commonName", name),)) if name else ()

    assert in_certificate({"subject": subject}) == sender
    assert in_certificate(None) is None
