"""The store's jobs for the worker."""

from procrastinate.contrib.django import app

from logviewer.store import catalogue, counts, maintenance

CATALOGUE_S = 30.0  # then other jobs have their turn


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="maintain_store", pass_context=False)
def maintain_store(timestamp: int) -> None:
    """Every ten minutes: slices ahead, expired ones dropped, the ledger pruned."""
    maintenance.maintain()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="seal_slices", pass_context=False)
def seal_slices(timestamp: int) -> None:
    """Every ten minutes: the words of slices that have ended get their index. May take minutes."""
    maintenance.seal_ended()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="compact_counts", pass_context=False)
def compact_counts(timestamp: int) -> None:
    """Every minute."""
    counts.compact()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="feed_catalogue", pass_context=False)
def feed_catalogue(timestamp: int) -> None:
    """Every minute."""
    catalogue.catch_up(CATALOGUE_S)
