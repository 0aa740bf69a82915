"""The product's settings, but for one: an answer 200 no longer waits for the disk. For a test that shows the loss."""

from logviewer.settings import *  # noqa: F403
from logviewer.settings import DATABASES

DATABASES["ingest"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
