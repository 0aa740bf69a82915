"""Makes partitions ahead and drops the expired ones: what the worker does every ten minutes."""

from typing import Any

from django.core.management.base import BaseCommand

from logviewer.store.maintenance import maintain


class Command(BaseCommand):
    help = "Make partitions ahead, drop those older than the retention, prune the ledger. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        done = maintain()
        if done.skipped:
            self.stdout.write("Another maintenance is under way; nothing done.")
            return
        if done.postponed:
            self.stderr.write("Something reads expired events: the next run drops them.")
        self.stdout.write(
            f"{done.created} partitions made, {done.dropped} dropped, {done.pruned_batches} ledger rows pruned."
        )
