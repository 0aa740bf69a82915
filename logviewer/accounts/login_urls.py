"""The paths of logging in, below /accounts/: those of allauth's pages that a product with closed signup needs.

Left out are pages that would let people change their own e-mail address, and the mail that resets a password: no
mail server is configured, so a page says instead who makes a new link.
"""

from allauth.account import views
from django.urls import path, re_path
from django.views.decorators.cache import never_cache

from logviewer.accounts.views.forgotten_password import forgotten_password
from logviewer.accounts.views.set_password import SetPassword
from logviewer.accounts.views.sign_in import SignIn

urlpatterns = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", never_cache(views.logout), name="account_logout"),
    path("signup/", views.signup, name="account_signup"),  # says that accounts are made by admins
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", never_cache(views.password_change), name="account_change_password"),
    path("password/reset/", forgotten_password, name="account_reset_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        SetPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
