"""What a WSGI server loads."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "LearningAPI.settings")

application = get_wsgi_application()

from LearningAPI.utils import lifecycle  # noqa: E402  (it needs the settings)

lifecycle.announce()
