"""The worker's jobs leave nothing behind: several a minute, for years."""

from django.core.management import call_command
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from logviewer.store.tasks import compact_counts


def test_jobs_that_are_done_are_gone():
    job_id = compact_counts.defer(timestamp=0)
    assert ProcrastinateJob.objects.filter(pk=job_id).exists()

    call_command("procrastinate", "worker", "--one-shot", "--name", "test")

    assert not ProcrastinateJob.objects.filter(status="succeeded").exists()
    assert not ProcrastinateEvent.objects.filter(job_id=job_id).exists()
    assert not ProcrastinateJob.objects.filter(pk=job_id).exists()
