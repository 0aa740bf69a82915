"""What the OpenAPI description says of each view; views carry it as one decorator."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view

from LearningAPI.serializers import (
    ActivationBody,
    AssignmentBody,
    AssignmentQuery,
    CohortChange,
    CohortListQuery,
    CohortSerializer,
    Credentials,
    Login,
    Message,
    NewCohort,
    Notification,
    Problem,
    RemovalBody,
)

REASONS = {
    400: "Something in the request cannot be used, or not as things stand.",
    401: "The token, or the username and password, are not good.",
    403: "This is for staff.",
    404: "There is no such thing.",
    502: "Slack did not take it.",
    503: "The database, or Slack, is not to be had.",
}
NOTHING = OpenApiResponse(description="Done.")
View = TypeVar("View", bound=Callable[..., Any])


def answers(good: int, body: Any, *refusals: int) -> dict[int, Any]:
    return {good: body} | {code: OpenApiResponse(Problem, REASONS[code]) for code in refusals}


def operation(sentence: str, responses: dict[int, Any], **more: Any) -> Callable[[View], View]:
    return extend_schema(summary=sentence, responses=responses, **more)


cohorts = extend_schema_view(
    list=operation(
        "Cohorts, the newest first",
        answers(200, CohortSerializer(many=True), 400, 401),
        parameters=[CohortListQuery],
    ),
    create=operation("Make a cohort", answers(201, CohortSerializer, 400, 401, 403), request=NewCohort),
    retrieve=operation("One cohort", answers(200, CohortSerializer, 401, 404)),
    update=operation("Change a cohort", answers(204, NOTHING, 400, 401, 403, 404), request=CohortChange),
    destroy=operation("Delete a cohort that has no members", answers(204, NOTHING, 400, 401, 403, 404)),
    active=operation("Make a cohort active or not", answers(204, NOTHING, 400, 401, 403, 404), request=ActivationBody),
    migrate=operation("Move a cohort to its server side course", answers(204, NOTHING, 401, 403, 404), request=None),
    assign=operation(
        "Put a student, or the calling instructor, into a cohort",
        answers(201, Message, 400, 401, 403, 404),
        request=AssignmentBody,
        parameters=[AssignmentQuery],
    ),
)
# Not above: the library does not look for methods that are mapped to an action's other verbs.
unassign = operation(
    "Take a student, or the calling instructor, out of a cohort",
    answers(204, NOTHING, 400, 401, 403, 404),
    request=RemovalBody,
    parameters=[AssignmentQuery],
)
login = extend_schema_view(post=operation("Log in", answers(200, Login, 400, 401), request=Credentials))
logout = extend_schema_view(post=operation("End the token", answers(204, NOTHING, 401), request=None))
notify = extend_schema_view(
    post=operation(
        "Write to the Slack channel of one's cohort",
        answers(200, Message, 400, 401, 502, 503),
        request=Notification,
    )
)
health = extend_schema(exclude=True)  # for whoever runs the service, not for its clients
