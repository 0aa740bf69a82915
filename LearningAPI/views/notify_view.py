"""A message to the Slack channel of the caller's cohort."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from LearningAPI import schema, slack
from LearningAPI.errors import Refused
from LearningAPI.models import NssUserCohort
from LearningAPI.serializers import Notification
from LearningAPI.utils.logging import bind_request_context, log_action
from LearningAPI.views.validation import account_id, validated


@schema.notify
class NotifyView(APIView):
    @log_action("slack_notification")
    def post(self, request: Request) -> Response:
        message = validated(Notification, request.data)["message"]
        channel = channel_of(account_id(request))
        at = settings.LEARNINGAPI
        slack.post_message(channel, message, base_url=at.slack_url, token=at.slack_token)
        return Response({"message": "Message sent"})


def channel_of(account_id: int) -> str:
    """The Slack channel of the cohort that the account's person joined last. Raises Refused if there is none."""
    place = NssUserCohort.objects.filter(nss_user__user=account_id).select_related("cohort").order_by("-pk").first()
    if place is None:
        raise Refused("You are in no cohort.", code="not_in_a_cohort")
    bind_request_context(cohort_id=place.cohort_id)
    if not place.cohort.slack_channel:
        raise Refused("Your cohort has no Slack channel.", code="no_slack_channel")
    return place.cohort.slack_channel
