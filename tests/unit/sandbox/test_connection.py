"""An answer is one write to the network, whatever its parts."""

import asyncio

from kapfhir.sandbox.connection import Corked


class Transport:
    def __init__(self):
        self.said = []

    def write(self, data):
        self.said.append(data)

    def close(self):
        self.said.append("close")

    def abort(self):
        self.said.append("abort")

    def is_closing(self):
        return "close" in self.said or "abort" in self.said

    def get_extra_info(self, name):
        return name


def run(act):
    """What reached the transport at the end of one turn of the loop."""

    async def turn():
        transport = Transport()
        act(Corked(transport, asyncio.get_running_loop()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return transport.said

    return asyncio.run(turn())


def test_writes_of_one_turn_are_joined():
    assert run(lambda corked: [corked.write(b"head"), corked.write(b"body"), corked.write(b"")]) == [b"headbody"]


def test_closing_sends_what_waits():
    assert run(lambda corked: [corked.write(b"head"), corked.write(b"body"), corked.close()]) == [b"headbody", "close"]


def test_aborting_sends_nothing():
    assert run(lambda corked: [corked.write(b"head"), corked.abort()]) == ["abort"]


def test_the_rest_is_the_transports_own():
    assert run(lambda corked: corked.write(corked.get_extra_info(b"peer"))) == [b"peer"]
