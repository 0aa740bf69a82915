"""A small Django service that logs in every way it can, in the syntax of the oldest Python that the client takes."""

import asyncio
import logging
import os
import threading

import structlog
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

from logviewer_client import configure

configure()
log = structlog.get_logger("enrolment")


def enrol(request):
    log.info("enrolled_in_a_view")
    return HttpResponse("done")


async def enrol_asynchronously(request):
    await asyncio.sleep(0)
    log.info("enrolled_in_an_asynchronous_view")
    return HttpResponse("done")


urlpatterns = [path("sync", enrol), path("async", enrol_asynchronously)]


def serve():
    settings.configure(
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["logviewer_client.RequestContextMiddleware"],
        LOGGING_CONFIG=None,
        ALLOWED_HOSTS=["*"],
    )
    import django
    from django.test import AsyncClient, Client

    django.setup()
    Client().get("/sync")
    asyncio.run(AsyncClient().get("/async"))


def main():
    log.info("enrolled", student_id=88, password="never to be seen")
    logging.getLogger("school").warning("the cohort %s is full", 12)
    try:
        raise LookupError("no such student")
    except LookupError:
        logging.getLogger("school").exception("it failed")
    threads = [threading.Thread(target=log.info, args=("enrolled_in_a_thread",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not os.fork():
        log.info("enrolled_in_a_fork")
        logging.getLogger("school").warning("said in a fork")
        os._exit(0)  # as if it were killed: nothing is flushed
    os.wait()
    serve()


if __name__ == "__main__":
    main()
