"""What people type on the management pages, with its checks."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ingest.models import validate_service
from logviewer.accounts.models import Role, User
from logviewer.store.event import Level, level_name

ADDRESS_TAKEN = gettext_lazy("There is an account with this address. If its link is lost, give it a new link.")


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # has no parameter outside the type stubs
    """A new account: its address and role, nothing else a person could smuggle in."""

    class Meta:
        model = User
        fields = ("email", "role")
        labels = {"email": gettext_lazy("E-mail"), "role": gettext_lazy("Role")}
        widgets = {"email": forms.EmailInput(attrs={"autocomplete": "off"})}

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(ADDRESS_TAKEN)
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class TokenForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=100,
        help_text=gettext_lazy("What reads with it, for instance: nightly report."),
    )


def _level_choices() -> list[tuple[object, str]]:
    levels = [(level.value, _("%(level)s and above") % {"level": level_name(level)}) for level in Level]
    return [("", _("Store all")), *levels]


class KeyForm(forms.Form):
    """A new ingest key."""

    service = forms.CharField(
        label=gettext_lazy("Service"),
        validators=[validate_service],
        help_text=gettext_lazy(
            "Its events are stored under this name. * keeps the service that each event names itself."
        ),
    )
    label = forms.CharField(
        label=gettext_lazy("Label"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Where it is used, for instance: staging."),
    )
    min_level = forms.TypedChoiceField(
        label=gettext_lazy("Lowest level"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=_level_choices,
        help_text=gettext_lazy("Events below it are counted, not stored."),
    )
    last_day = forms.DateField(
        label=gettext_lazy("Works until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The end of that day in your time zone. Empty: until somebody revokes it."),
    )

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day < timezone.localdate():
            raise ValidationError(_("This day is over. Take today or a later one."))
        return day

    def expires_at(self) -> datetime | None:
        """The moment after the last day; None: never."""
        day: date | None = self.cleaned_data["last_day"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


class FirstAdminForm(forms.Form):
    """The first admin's address and password."""

    email = forms.EmailField(label=gettext_lazy("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )
    password2 = forms.CharField(
        label=gettext_lazy("The same password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        if first:
            try:
                validate_password(first, User(email=cleaned.get("email", "")))
            except ValidationError as problem:
                self.add_error("password1", problem)
        return cleaned
