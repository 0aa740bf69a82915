"""Logging in, which gives a token, and out, which ends it."""

from django.contrib.auth import authenticate
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from LearningAPI import schema
from LearningAPI.authentication import LoggedTokenAuthentication
from LearningAPI.serializers import Credentials
from LearningAPI.utils.logging import bind_request_context, log_action
from LearningAPI.views.validation import validated


class WrongCredentials(APIException):
    status_code = status.HTTP_401_UNAUTHORIZED
    auth_header = LoggedTokenAuthentication.keyword  # REST framework sends it as WWW-Authenticate
    default_detail = "The username or the password is wrong."
    default_code = "wrong_credentials"


@schema.login
class VerifyView(APIView):
    permission_classes = [AllowAny]
    authentication_classes: list[type[BaseAuthentication]] = []  # an old token that is still sent does no harm

    @log_action("login")
    def post(self, request: Request) -> Response:
        given = validated(Credentials, request.data)
        user = authenticate(request, **given)
        if user is None:
            raise WrongCredentials
        bind_request_context(user_id=user.pk)
        token, _ = Token.objects.get_or_create(user=user)
        return Response({"valid": True, "token": token.key, "id": user.pk, "is_staff": user.is_staff})


@schema.logout
class LogoutView(APIView):
    @log_action("logout")
    def post(self, request: Request) -> Response:
        Token.objects.filter(user=request.user.pk).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
