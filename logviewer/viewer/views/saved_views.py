"""The page Views: those that came with the product, one's own and the shared ones; what was searched last."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from logviewer.accounts.models import User
from logviewer.accounts.permissions import reads_logs
from logviewer.query.language import QueryError
from logviewer.query.reader import Reader
from logviewer.query.search import SEARCH_PARAMETERS, Search
from logviewer.viewer.addresses import query_of
from logviewer.viewer.http import LogviewerRequest
from logviewer.viewer.list_order import order_of
from logviewer.viewer.models import LONGEST_QUERY, SavedView
from logviewer.viewer.parts import said_parts
from logviewer.viewer.problems import problem_of
from logviewer.viewer.recent_searches import recent_searches
from logviewer.viewer.saved_views import MOST_VIEWS, SHIPPED, changeable_by, visible_to

NAME_TAKEN = gettext_lazy("There is a view of this name already.")


class ViewForm(forms.ModelForm):  # type: ignore[type-arg]  # has no parameter outside the type stubs
    """Name, who sees it, and whether it stands above the search."""

    class Meta:
        model = SavedView
        fields = ("name", "is_pinned", "is_shared")
        labels = {
            "name": gettext_lazy("Name"),
            "is_pinned": gettext_lazy("Pinned: it stands above the search"),
            "is_shared": gettext_lazy("Shared: everybody with an account has it"),
        }
        widgets = {"name": forms.TextInput({"autocomplete": "off"})}

    replace = forms.BooleanField(required=False, label=gettext_lazy("Replace the view of this name"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.same_name: SavedView | None = None
        if not user.may_manage_views:
            del self.fields["is_shared"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        owner = self.instance.owner if self.instance.pk else self.user
        others = SavedView.objects.filter(owner=owner).exclude(pk=self.instance.pk)
        self.same_name = others.alias(low=Lower("name")).filter(low=cleaned.get("name", "").lower()).first()
        if self.same_name and not (self._may_replace and cleaned.get("replace")):
            self.add_error("name", NAME_TAKEN)
        elif not self.instance.pk and not self.same_name and others.count() >= MOST_VIEWS:
            self.add_error("name", _("You have %(most)d views. Delete some first.") % {"most": MOST_VIEWS})
        return cleaned

    @property
    def _may_replace(self) -> bool:
        if self.instance.pk or self.same_name is None:
            return False
        return changeable_by(self.user).filter(pk=self.same_name.pk).exists()

    def save_search(self) -> SavedView | None:
        """Saves the instance, or its search and the choices under the name that is there already. None, and the form
        says so, if the name was taken after it was checked, as by a second click."""
        try:
            with transaction.atomic():
                return self._save()
        except IntegrityError:
            self.add_error("name", NAME_TAKEN)
            return None

    def _save(self) -> SavedView:
        if self.same_name is None:
            return self.save()  # type: ignore[no-any-return]
        view, given = self.same_name, self.cleaned_data
        view.name, view.query, view.is_pinned = given["name"], self.instance.query, given["is_pinned"]
        view.is_shared = given.get("is_shared", view.is_shared)
        view.save()
        return view

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """Replacing is offered where there is something to replace."""
        return [field for field in self.visible_fields() if field.name != "replace" or self._may_replace]


@require_safe
@reads_logs
@never_cache
def views(request: LogviewerRequest) -> HttpResponse:
    changeable = set(changeable_by(request.user).values_list("pk", flat=True))
    saved = [(view, said_parts(QueryDict(view.query)), view.pk in changeable) for view in visible_to(request.user)]
    page = {
        "own": [one for one in saved if not one[0].is_shared],
        "shared": [one for one in saved if one[0].is_shared],
        "shipped": [(view, said_parts(QueryDict(view.query))) for view in SHIPPED],
        "recent": [(search, said_parts(QueryDict(search.query))) for search in recent_searches(request.user)],
    }
    return render(request, "viewer/views.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@reads_logs
@never_cache
def view_new(request: LogviewerRequest) -> HttpResponse:
    """Gives the search in the address a name."""
    query = query_of(request.GET)
    problem = _problem_with(request, query)
    given = request.POST if request.method == "POST" else None
    form = ViewForm(request.user, given, instance=SavedView(owner=request.user, query=query))
    if not problem and form.is_valid() and (view := form.save_search()):
        messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
        return redirect(f"{reverse('events')}?{view.query}")
    page = {"form": form, "parts": said_parts(request.GET), "query": query, "problem": problem}
    status = 400 if problem else 422 if form.is_bound else 200
    return render(request, "viewer/view_new.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@reads_logs
@never_cache
@transaction.atomic
def view_edit(request: LogviewerRequest, view_id: int) -> HttpResponse:
    """Renames, shares, pins. A view that is not theirs to change does not exist."""
    # Locked: saving one that somebody deletes meanwhile would bring it back.
    view = get_object_or_404(changeable_by(request.user).select_for_update(), pk=view_id)
    form = ViewForm(request.user, request.POST if request.method == "POST" else None, instance=view)
    if form.is_valid() and form.save_search():
        messages.success(request, _("The view “%(name)s” is changed.") % {"name": view.name})
        return redirect("views")
    page = {"form": form, "view": view, "parts": said_parts(QueryDict(view.query))}
    return render(request, "viewer/view_edit.html", page, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@reads_logs
@never_cache
def view_delete(request: LogviewerRequest, view_id: int) -> HttpResponse:
    """Asks once more, then deletes."""
    view = get_object_or_404(changeable_by(request.user), pk=view_id)
    if request.method != "POST":
        return render(request, "viewer/view_delete.html", {"view": view, "parts": said_parts(QueryDict(view.query))})
    view.delete()
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return redirect("views")


@require_POST
@reads_logs
def recent_forget(request: LogviewerRequest, search_id: int) -> HttpResponse:
    """Forgets a search of theirs."""
    request.user.recent_searches.filter(pk=search_id).delete()
    return redirect("views")


@require_POST
@reads_logs
def recent_forget_all(request: LogviewerRequest) -> HttpResponse:
    request.user.recent_searches.all().delete()
    return redirect("views")


def _problem_with(request: LogviewerRequest, query: str) -> str:
    """Why the search cannot be saved; "" if it can."""
    if len(query) > LONGEST_QUERY:
        return _("This search is too long to be saved.")
    try:
        given = {name: request.GET.get(name, "") for name in SEARCH_PARAMETERS}
        order_of(request.GET)
        Search.of(Reader.of(request.user), given, zone=timezone.get_current_timezone())
    except QueryError as problem:
        return problem_of(request.GET, problem).message
    return ""
