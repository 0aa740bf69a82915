"""The paths of the management pages, below /manage/."""

from django.urls import path

from logviewer.accounts.views.accounts import (
    account_disable,
    account_enable,
    account_link,
    account_role,
    accounts,
)
from logviewer.accounts.views.keys import key_revoke, keys
from logviewer.accounts.views.setup import setup
from logviewer.accounts.views.tokens import token_revoke, tokens

urlpatterns = [
    path("setup/<str:token>", setup, name="setup"),
    path("accounts", accounts, name="accounts"),
    path("accounts/<int:user_id>/link", account_link, name="account_link"),
    path("accounts/<int:user_id>/role", account_role, name="account_role"),
    path("accounts/<int:user_id>/disable", account_disable, name="account_disable"),
    path("accounts/<int:user_id>/enable", account_enable, name="account_enable"),
    path("keys", keys, name="keys"),
    path("keys/<int:key_id>/revoke", key_revoke, name="key_revoke"),
    path("tokens", tokens, name="tokens"),
    path("tokens/<int:token_id>/revoke", token_revoke, name="token_revoke"),
]
