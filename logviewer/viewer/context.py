"""What every page's template may use."""

from django.http import HttpRequest

THEMES = ("auto", "light", "dark")


def appearance(request: HttpRequest) -> dict[str, str]:
    """The theme cookie; "auto" follows the device."""
    theme = request.COOKIES.get("theme", "auto")
    return {"theme": theme if theme in THEMES else "auto"}
