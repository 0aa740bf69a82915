"""A person who searches through the API."""

import json
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.faults.product import Product

EMAIL = "vera@school.test"


@dataclass(frozen=True)
class Reader:
    """Has a read token of the product."""

    product: Product
    token: str

    def found(self, q: str, service: str) -> list[int]:
        """The numbers of all events of `service` that a search for `q` finds."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/x-ndjson"}
        address = f"{self.product.url}/api/v1/events?{urlencode({'q': q, 'service': service})}"
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
            events = [json.loads(line) for line in answer]
        return sorted(event["data"]["n"] for event in events)


def make_reader(product: Product) -> Reader:
    product.manage("create_user", "--email", EMAIL, "--role", "viewer")
    return Reader(product, product.manage("create_token", "--user", EMAIL))
