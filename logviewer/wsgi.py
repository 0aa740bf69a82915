"""The web server's entry."""

import os
import sys
from pathlib import Path

from django.core.wsgi import get_wsgi_application

sys.path.insert(1, str(Path(__file__).parent.parent / "client" / "src"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logviewer.settings")
application = get_wsgi_application()
