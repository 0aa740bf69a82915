"""Faults in an order that nobody thought of: the seed decides it, and is in the name of a test that fails."""

import os
import signal
import time

from tests.faults.client import proxy

DEEDS = (
    proxy.delay, proxy.drip, proxy.reset_at_once, proxy.reset_in_body, proxy.lose_answer, proxy.swallow, proxy.refuse,
    proxy.answer_for_another,
)  # fmt: skip
ROUND = 1_000_000
SERVICES = 3


class Turmoil:
    """Some services, and what befalls them and their world."""

    def __init__(self, rig):
        self.rig, self.dice = rig, rig.dice
        self.started = 0
        self.services = [self.new_service() for _ in range(SERVICES)]

    def new_service(self):
        self.started += 1
        return self.rig.drive("until_enough", first=self.started * ROUND, rate=self.dice.choice([50, 200, 500]))

    def bad_network(self):
        deeds = self.dice.choices((*DEEDS, proxy.pass_on), k=self.dice.randint(1, 4))
        with self.rig.proxy.doing(*deeds):
            self.pause()
        return "bad_network " + ", ".join(deed.__name__ for deed in deeds)

    def nothing_listens(self):
        with self.rig.proxy.refusing_connections():
            self.pause()

    def service_is_killed(self):
        place = self.dice.randrange(SERVICES)
        self.services[place].kill()
        self.services[place] = self.new_service()

    def service_ends(self):
        place = self.dice.randrange(SERVICES)
        self.rig.stop(self.services[place])
        self.services[place] = self.new_service()

    def service_stands_still(self):
        service = self.dice.choice(self.services)
        service.process.send_signal(signal.SIGSTOP)
        self.pause()
        service.process.send_signal(signal.SIGCONT)

    def logviewer_is_killed(self):
        self.rig.product.kill_web()

    def postgres_is_killed(self):
        self.rig.product.wait_until_ready()
        os.kill(self.rig.product.postgres_pid(), signal.SIGKILL)

    def pause(self):
        time.sleep(self.dice.uniform(0.2, 1.5))


FAULTS = (
    Turmoil.bad_network, Turmoil.bad_network, Turmoil.bad_network, Turmoil.nothing_listens, Turmoil.service_is_killed,
    Turmoil.service_is_killed, Turmoil.service_ends, Turmoil.service_stands_still, Turmoil.logviewer_is_killed,
    Turmoil.postgres_is_killed,
)  # fmt: skip


def test_random_faults(rig, tier, accounted):
    turmoil = Turmoil(rig)
    rig.wait_for_more(200)
    rig.fault_happened()
    for fault in rig.dice.choices(FAULTS, k=tier.pick(8, 60)):
        print(f"{time.strftime('%X')} {fault.__name__} {fault(turmoil) or ''}")
        turmoil.pause()
    rig.product.wait_until_ready()
    rig.wait_for_more(200)
    rig.stop(*turmoil.services)

    assert accounted(rig).complaints == []
