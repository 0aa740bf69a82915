"""The product's settings with a retention by size of MOST_BYTES: an operator's smallest one is a gigabyte."""

import os
from dataclasses import replace

from logviewer.settings import *  # noqa: F403
from logviewer.settings import LOGVIEWER

LOGVIEWER = replace(LOGVIEWER, retention_bytes=int(os.environ["MOST_BYTES"]))
