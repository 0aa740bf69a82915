"""Cohorts: anybody with a token may look, staff may assign and remove."""

from typing import Any, cast

import structlog
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from LearningAPI import enrolment
from LearningAPI.log_action import log_action
from LearningAPI.models import Cohort, NssUserCohort
from LearningAPI.serializers import (
    INSTRUCTOR,
    AssignmentBody,
    AssignmentQuery,
    CohortListQuery,
    CohortSerializer,
    RemovalBody,
)

log = structlog.get_logger(__name__)


class CohortViewSet(ViewSet):
    # Longer numbers are no ids; they would only meet the limits of int and of Postgres.
    lookup_value_regex = "[0-9]{1,18}"

    def get_permissions(self) -> list[BasePermission]:
        looking = self.action in {"list", "retrieve"}
        return [IsAuthenticated()] if looking else [IsAuthenticated(), IsAdminUser()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Binds the cohort before anything is refused; as a number, so that `012` and `12` are one cohort."""
        if "pk" in kwargs:
            structlog.contextvars.bind_contextvars(cohort_id=int(kwargs["pk"]))
        super().initial(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Binds who acts as soon as it is known, so that a refused permission is logged with its actor."""
        super().perform_authentication(request)
        if request.user.is_authenticated:
            structlog.contextvars.bind_contextvars(actor_id=request.user.pk)
            log.debug("request_authenticated", is_staff=request.user.is_staff)

    @log_action("cohort_list")
    def list(self, request: Request) -> Response:
        query = CohortListQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        cohorts = cohorts_for(_account_id(request)).filter(name__icontains=wanted["q"])
        if wanted["active"] is not None:
            cohorts = cohorts.filter(active=wanted["active"])
        newest_first = cohorts.order_by("-start_date", "pk")[: wanted["limit"]]
        return Response(CohortSerializer(newest_first, many=True).data)

    @log_action("cohort_retrieval")
    def retrieve(self, request: Request, pk: str) -> Response:
        cohort = enrolment.find_cohort(int(pk), among=cohorts_for(_account_id(request)))
        return Response(CohortSerializer(cohort).data)

    @action(detail=True, methods=["post"])
    @log_action("assign_nssuser_to_cohort")
    def assign(self, request: Request, pk: str) -> Response:
        cohort = enrolment.find_cohort(int(pk))
        if _user_type(request) == INSTRUCTOR:
            enrolment.assign_instructor(cohort, _account_id(request))
        else:
            body = AssignmentBody(data=request.data)
            body.is_valid(raise_exception=True)
            enrolment.assign_student(cohort, body.validated_data["person_id"])
        return Response({"message": "User assigned to cohort"}, status=status.HTTP_201_CREATED)

    @assign.mapping.delete
    @log_action("remove_nssuser_from_cohort")
    def remove(self, request: Request, pk: str) -> Response:
        cohort = enrolment.find_cohort(int(pk))
        if _user_type(request) == INSTRUCTOR:
            enrolment.remove_instructor(cohort, _account_id(request))
        else:
            body = RemovalBody(data=request.data)
            body.is_valid(raise_exception=True)
            enrolment.remove_student(cohort, body.validated_data["student_id"])
        return Response(status=status.HTTP_204_NO_CONTENT)


def cohorts_for(account_id: int) -> QuerySet[Cohort]:
    """Every cohort with what `CohortSerializer` shows; `is_instructor` is about that account."""
    own_places = NssUserCohort.objects.filter(cohort=OuterRef("pk"), nss_user__user=account_id)
    return (
        Cohort.objects.annotate(
            student_count=Count("members", filter=Q(members__nss_user__user__is_staff=False)),
            is_instructor=Exists(own_places.filter(nss_user__user__is_staff=True)),
        )
        .select_related("info")
        .prefetch_related("courses__course", "members__nss_user__user")
    )


def _account_id(request: Request) -> int:
    # Whoever comes this far is authenticated, and such accounts have an id.
    return cast("int", request.user.pk)


def _user_type(request: Request) -> str:
    query = AssignmentQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    return str(query.validated_data["userType"])
