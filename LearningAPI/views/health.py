"""`GET /healthz`: this process answers. It asks no database, so it tells a dead process from a dead database."""

from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from LearningAPI import schema


@schema.health
@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
def healthz(request: Request) -> Response:
    return Response({"status": "ok"})
