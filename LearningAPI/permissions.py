"""Who may do what with cohorts."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

FOR_EVERYBODY = {"list", "retrieve"}


class CohortPermission(BasePermission):
    """Whoever is logged in may look; everything else is for staff, also what the view has no method for."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        return getattr(view, "action", None) in FOR_EVERYBODY or request.user.is_staff
