"""Tags of the frame around every page: icons, links of the bar, the reader's zone."""

from django import template
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from logviewer.viewer.zones import zone_label

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture of static/icons.svg, for the eye only."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.simple_tag(takes_context=True)
def nav_link(context: Context, url_name: str, label: str) -> SafeString:
    """A link of the top bar, marked when it leads to the page being shown."""
    request: HttpRequest = context["request"]
    address = _address(url_name)
    if not address:
        return SafeString("")
    match = request.resolver_match
    here = match is not None and match.url_name == url_name
    return format_html(
        '<a class="nav__link" href="{}"{}>{}</a>',
        address,
        SafeString(' aria-current="page"') if here else "",
        label,
    )


@register.simple_tag
def menu_link(url_name: str, label: str, picture: str) -> SafeString:
    """A line of a menu."""
    address = _address(url_name)
    if not address:
        return SafeString("")
    return format_html('<a class="menu__item" href="{}">{}{}</a>', address, icon(picture), label)


@register.simple_tag
def zone_now() -> str:
    """The zone times are shown in, with its offset today: "Europe/Berlin (UTC+01:00)"."""
    return zone_label(timezone.now())


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""  # a product without that part has no link to it
