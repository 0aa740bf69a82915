"""The web server's entry."""

import os
import sys
from pathlib import Path

import django

from logviewer.wsgi_handler import Handler

sys.path.insert(1, str(Path(__file__).parent.parent / "client" / "src"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logviewer.settings")
django.setup(set_prefix=False)
application = Handler()
