"""Does at once what the worker does every few minutes."""

from typing import Any

from django.core.management.base import BaseCommand

from logviewer.store import counts
from logviewer.store.maintenance import maintain, seal_ended


class Command(BaseCommand):
    help = (
        "Make slices ahead, drop those beyond the retention, prune the ledger, index the words of slices that have"
        " ended, add up counts. Safe at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        counts.compact()
        done = maintain()
        if done.postponed:
            self.stderr.write("Something reads expired events: the next run drops them.")
        if done.skipped:
            self.stdout.write("Another maintenance is under way; this one was left out.")
        sealed = seal_ended()
        if sealed is None:
            self.stdout.write("Another process is sealing slices; this was left out.")
        self.stdout.write(
            f"{done.created} slices made, {done.dropped} dropped, {sealed or 0} sealed,"
            f" {done.pruned_batches} ledger rows pruned."
        )
