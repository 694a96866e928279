"""The machine of a CommandPath as a SimPy user writes it: every command is a process that waits
for its turn at resources. Usage: simpy_loop.py INPUT.json OUTPUT.json (see simpy_loop.cpp).

What was chosen, and why:
* One process a command, one Resource for each server (a direction of the link, the channels, each
  vCPU): the style of SimPy's own examples. Where nobody waits for the end of something short, it is
  a timeout with a callback, which is cheaper than a process and as usual.
* Times are integers in picoseconds, which SimPy takes as they are and which are no slower.
* What the device writes in one go (data, completion, interrupt) asks for the link once.
* Draws are read from tables that were made before: cheaper than the random module.
* The fetch of a command does not look at rings, and no places on the disk are drawn: nothing that
  is measured depends on them. Here the simulator does more.
"""

import json
import sys
import time

import simpy


class Draws:
    """A named stream, which begins anew with each epoch (sim/core/random.hpp, EpochRandom)."""

    def __init__(self, begin, length, table):
        self.begin, self.length, self.table = begin, length, table
        self.epoch = -1
        self.left = None

    def at(self, now):
        epoch = (now - self.begin) // self.length
        if epoch != self.epoch:
            self.epoch = epoch
            self.left = iter(self.table[epoch])
        return next(self.left)


class Link:
    """One direction of the PCIe link."""

    def __init__(self, env, latency):
        self.env, self.latency = env, latency
        self.wire = simpy.Resource(env)
        self.busy = 0

    def cross(self, duration):
        self.busy += duration
        with self.wire.request() as turn:
            yield turn
            yield self.env.timeout(duration)
        yield self.env.timeout(self.latency)


class Vf:
    def __init__(self, vcpu, reads):
        self.vcpu, self.reads = vcpu, reads
        self.completions = []  # in host memory, not seen by the handler yet
        self.handler_pending = False


class Machine:
    def __init__(self, env, given):
        self.env, self.given = env, given
        self.up = Link(env, given["link_latency"])
        self.down = Link(env, given["link_latency"])
        self.channels = simpy.Resource(env, given["channels"])
        vcpus = [simpy.Resource(env) for _ in range(given["vcpus"])]
        draws = lambda table: Draws(given["begin"], given["epoch"], table)
        self.vfs = [Vf(vcpus[i % len(vcpus)], draws(table)) for i, table in enumerate(given["mix"])]
        self.read, self.write = draws(given["read"]), draws(given["write"])
        self.media_busy = 0
        self.submitted = 0
        self.page_writes = 0
        self.latencies = []
        for vf, delay in zip(self.vfs, given["delays"]):
            env.process(self.job(vf, delay))

    def job(self, vf, delay):
        first = vf.reads.at(self.env.now)
        yield self.env.timeout(delay)
        self.env.process(self.command(vf, first))
        self.submit(vf, self.given["depth"] - 1)

    def submit(self, vf, count):
        for _ in range(count):
            self.env.process(self.command(vf, vf.reads.at(self.env.now)))

    def work(self, vcpu, cost):
        with vcpu.request() as turn:
            yield turn
            yield self.env.timeout(cost)

    def command(self, vf, read):
        env, given = self.env, self.given
        yield from self.work(vf.vcpu, given["submit_cost"])
        submitted = env.now
        self.submitted += 1
        self.page_writes += 1
        yield from self.down.cross(given["doorbell"])
        yield from self.up.cross(given["sqe_request"])
        yield env.timeout(given["memory_latency"])
        yield from self.down.cross(given["sqe_answer"])
        if not read:
            yield from self.up.cross(given["data_request"])
            yield env.timeout(given["memory_latency"])
            yield from self.down.cross(given["data_answer"])
        spent = (self.read if read else self.write).at(env.now)
        self.media_busy += spent
        with self.channels.request() as turn:
            yield turn
            yield env.timeout(spent)
        yield from self.answer(vf, submitted, given["data_write"] if read else 0)
        self.interrupt(vf)

    def answer(self, vf, submitted, data):
        env, given, up = self.env, self.given, self.up
        up.busy += data + given["cqe"] + given["interrupt"]
        with up.wire.request() as turn:
            yield turn
            if data:
                yield env.timeout(data)
                env.timeout(up.latency).callbacks.append(self.data_lands)
            yield env.timeout(given["cqe"])
            env.timeout(up.latency).callbacks.append(lambda _: self.entry_lands(vf, submitted))
            yield env.timeout(given["interrupt"])
        yield env.timeout(up.latency)

    def data_lands(self, _):
        self.page_writes += 1

    def entry_lands(self, vf, submitted):
        self.page_writes += 1
        vf.completions.append(submitted)

    def interrupt(self, vf):
        if not vf.handler_pending:
            vf.handler_pending = True
            self.env.process(self.handler(vf))

    def handler(self, vf):
        env, given = self.env, self.given
        earliest = env.now + given["irq_latency"]
        with vf.vcpu.request() as turn:
            yield turn
            if env.now < earliest:
                yield env.timeout(earliest - env.now)
        vf.handler_pending = False
        done, vf.completions = vf.completions, []
        if done:
            self.latencies.extend(env.now - submitted for submitted in done)
            env.process(self.down.cross(given["doorbell"]))
            env.process(self.work(vf.vcpu, given["complete_cost"] * len(done)))
            self.submit(vf, len(done))


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        given = json.load(file)
    env = simpy.Environment(initial_time=given["begin"])
    machine = Machine(env, given)
    before = time.process_time()
    env.run(until=given["end"] + 1)  # what happens at the end itself counts
    spent = time.process_time() - before
    result = {
        "submitted": machine.submitted,
        "page_writes": machine.page_writes,
        "up_busy": machine.up.busy,
        "down_busy": machine.down.busy,
        "media_busy": machine.media_busy,
        "latencies": machine.latencies,
        "cpu_seconds": spent,
    }
    with open(sys.argv[2], "w", encoding="ascii") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
