"""Read tokens: what opens, what does not, and what a use leaves behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from logviewer.accounts import secret
from logviewer.accounts.models import ReadToken
from logviewer.accounts.tokens import create_read_token, revoke_read_token, user_for_token


@pytest.fixture
def made(viewer):
    return create_read_token(viewer, "nightly report")


def test_a_token_opens_for_its_account(made, viewer):
    assert user_for_token(made.secret) == viewer


def test_the_secret_is_stored_nowhere(made):
    row = ReadToken.objects.values().get()

    assert made.secret not in repr(row)
    assert bytes(row["digest"]) != made.secret.encode()


def test_a_revoked_token_opens_no_longer(made):
    revoke_read_token(made.token)

    assert user_for_token(made.secret) is None


def test_a_disabled_account_opens_no_longer(made, viewer):
    type(viewer).objects.update(is_active=False)

    assert user_for_token(made.secret) is None


def test_a_well_formed_secret_with_a_known_public_id_does_not_open(made):
    body = f"lvr_{made.token.public_id}_{'a' * secret.SECRET_LENGTH}"

    assert user_for_token(body + secret._checksum(body)) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text.replace("lvr_", "lvk_"),
        lambda text: text + " ",
        lambda text: "é" * 50,
        lambda text: "\0",
    ],
)
def test_what_is_no_token_costs_no_query(made, spoil, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert user_for_token(spoil(made.secret)) is None


def test_a_use_is_noted_at_most_once_a_minute(made, django_assert_num_queries):
    user_for_token(made.secret)
    first = ReadToken.objects.get().last_used
    assert timezone.now() - first < timedelta(minutes=5)

    with django_assert_num_queries(1):
        user_for_token(made.secret)
    assert ReadToken.objects.get().last_used == first

    ReadToken.objects.update(last_used=first - timedelta(minutes=2))
    user_for_token(made.secret)
    assert ReadToken.objects.get().last_used > first


def test_the_secret_is_shown_once_on_the_page(viewer, client_of):
    client = client_of(viewer)

    shown = client.post("/manage/tokens", {"label": "report"})
    secret_shown = shown.context["secret"]

    assert secret_shown in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert user_for_token(secret_shown) == viewer
    later = client.get("/manage/tokens").content.decode()
    assert secret_shown not in later
    assert "report" in later


def test_a_label_is_shown_as_text(viewer, client_of):
    client = client_of(viewer)
    client.post("/manage/tokens", {"label": "<script>alert(1)</script>"})

    assert "<script>alert" not in client.get("/manage/tokens").content.decode()


def test_revoking_asks_first(made, viewer, client_of):
    client = client_of(viewer)

    asked = client.get(f"/manage/tokens/{made.token.pk}/revoke")
    assert "Revoke this token?" in asked.content.decode()
    assert user_for_token(made.secret) == viewer

    client.post(f"/manage/tokens/{made.token.pk}/revoke")
    assert user_for_token(made.secret) is None


@pytest.mark.parametrize("other", ["viewer", "operator"])
def test_others_neither_see_nor_revoke_a_token(made, make_user, client_of, other):
    client = client_of(make_user("other@school.test", other))

    assert str(made.token) not in client.get("/manage/tokens").content.decode()
    assert client.get(f"/manage/tokens/{made.token.pk}/revoke").status_code == 404
    assert client.post(f"/manage/tokens/{made.token.pk}/revoke").status_code == 404
    assert user_for_token(made.secret) is not None


def test_an_admin_sees_and_revokes_the_tokens_of_all(made, admin, client_of):
    client = client_of(admin)

    assert str(made.token) in client.get("/manage/tokens").content.decode()
    client.post(f"/manage/tokens/{made.token.pk}/revoke")
    assert user_for_token(made.secret) is None
