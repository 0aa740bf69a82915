"""Cohorts: whoever has a token may look, staff may change them and say who is in them."""

from typing import Any

from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from LearningAPI import cohorts, enrolment, schema
from LearningAPI.models import Cohort
from LearningAPI.permissions import CohortPermission
from LearningAPI.serializers import (
    INSTRUCTOR,
    ActivationBody,
    AssignmentBody,
    AssignmentQuery,
    CohortListQuery,
    CohortSerializer,
    NewCohort,
    RemovalBody,
)
from LearningAPI.utils.logging import log_action
from LearningAPI.views.validation import account_id, validated


@schema.cohorts
class CohortViewSet(ViewSet):
    permission_classes = [CohortPermission]
    lookup_value_converter = "int"

    @log_action("cohort_listing")
    def list(self, request: Request) -> Response:
        wanted = validated(CohortListQuery, request.query_params)
        found = Cohort.objects.described_for(account_id(request)).filter(name__icontains=wanted["q"])
        if wanted["active"] is not None:
            found = found.filter(active=wanted["active"])
        newest_first = found.order_by("-start_date", "pk")[: wanted["limit"]]
        return Response(CohortSerializer(newest_first, many=True).data)

    @log_action("cohort_creation")
    def create(self, request: Request) -> Response:
        cohort = cohorts.create_cohort(validated(NewCohort, request.data))
        return Response(described(cohort.pk, request), status=status.HTTP_201_CREATED)

    @log_action("cohort_retrieval")
    def retrieve(self, request: Request, pk: int) -> Response:
        return Response(described(pk, request))

    @log_action("cohort_update")
    def update(self, request: Request, pk: int) -> Response:
        cohorts.update_cohort(pk, request.data)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @log_action("cohort_deletion")
    def destroy(self, request: Request, pk: int) -> Response:
        cohorts.delete_cohort(pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @action(detail=True, methods=["put"])
    @log_action("cohort_activation")
    def active(self, request: Request, pk: int) -> Response:
        cohorts.set_active(pk, active=validated(ActivationBody, request.data)["active"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @action(detail=True, methods=["put"])
    @log_action("cohort_migration")
    def migrate(self, request: Request, pk: int) -> Response:
        cohorts.migrate_to_server_side(pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @action(detail=True, methods=["post"])
    @log_action("cohort_assignment")
    def assign(self, request: Request, pk: int) -> Response:
        if user_type(request) == INSTRUCTOR:
            enrolment.assign_instructor(pk, account_id(request))
        else:
            enrolment.assign_student(pk, validated(AssignmentBody, request.data)["person_id"])
        return Response({"message": "User assigned to cohort"}, status=status.HTTP_201_CREATED)

    @assign.mapping.delete
    @schema.unassign
    @log_action("cohort_assignment")
    def unassign(self, request: Request, pk: int) -> Response:
        if user_type(request) == INSTRUCTOR:
            enrolment.remove_instructor(pk, account_id(request))
        else:
            enrolment.remove_student(pk, validated(RemovalBody, request.data)["student_id"])
        return Response(status=status.HTTP_204_NO_CONTENT)


def described(cohort_id: int, request: Request) -> Any:
    """The cohort as the caller sees it. Raises Missing."""
    among = Cohort.objects.described_for(account_id(request))
    return CohortSerializer(cohorts.find_cohort(cohort_id, among=among)).data


def user_type(request: Request) -> str:
    return str(validated(AssignmentQuery, request.query_params)["userType"])
