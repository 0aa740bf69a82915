"""The store's jobs for the worker."""

from procrastinate.contrib.django import app

from logviewer.store.maintenance import maintain


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="maintain_store", pass_context=False)
def maintain_store(timestamp: int) -> None:
    """Every ten minutes."""
    maintain()
