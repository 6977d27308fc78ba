#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus scrapes a server under load, through a reload, scaling
and an upgrade: what its API says of rates, times and workers is what the
clients did.  Takes a minute or two; not part of the check."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from admin import AdminServer, is_built
from daemon import launcher
from harness import DEADLINE, Load, Skip, main, tempdir, until

RATE = 200                      # calls a second
# Whoever does not answer in that time is lost, and that must not be a machine
# which stands still for a while.
CONFIG = """
global: {scrape_interval: 5s, scrape_timeout: 5s}
scrape_configs:
  - job_name: thriftfork
    static_configs: [{targets: ['%s']}]
"""


class Prometheus:
    def __init__(self, target):
        if shutil.which("prometheus") is None:
            raise Skip("no prometheus (package prometheus)")
        where = tempdir()
        config = os.path.join(where, "config.yml")
        with open(config, "w") as f:
            f.write(CONFIG % target)
        self.log = open(os.path.join(where, "log"), "w+")
        self.process = subprocess.Popen(
            ["prometheus", "--config.file=" + config,
             "--storage.tsdb.path=" + os.path.join(where, "data"),
             "--web.listen-address=127.0.0.1:0",
             "--log.level=debug"], stdout=self.log,
            stderr=self.log, stdin=subprocess.DEVNULL)
        atexit.register(self.process.kill)
        until(self.listens, "prometheus listens")
        until(lambda: self.ask("up") == {(): 1.0}, "a first scrape")

    def read(self):
        with open(self.log.name) as f:
            return f.read()

    def listens(self):
        said = self.read()
        found = re.search(r"Listening on.*?address=\S*?:(\d+)", said)
        assert self.process.poll() is None, said
        if found:
            self.url = "http://127.0.0.1:%s/api/v1/query?" % found.group(1)
        return found and "Server is ready" in said

    def ask(self, query, *labels):
        """The values of these labels -> number."""
        url = self.url + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=DEADLINE) as r:
            answer = json.load(r)
        assert answer["status"] == "success", answer
        return {tuple(x["metric"][n] for n in labels): float(x["value"][1])
                for x in answer["data"]["result"]}

    def one(self, query):
        values = self.ask(query)
        assert len(values) == 1, (query, values)
        return values[()]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE) == 0, self.read()


def near(value, want, part=0.1):
    return abs(value - want) <= part * want


def by_worker(p):
    """Which of them has how many of the calls."""
    each = ('rate(thriftfork_calls_ended_total[20s]) * on (instance, lane) '
            'group_left (worker) thriftfork_lane_info')
    both = {("0",), ("1",)}
    until(lambda: set(p.ask(each, "worker")) == both, "both workers have some")
    until(lambda: near(sum(p.ask(each, "worker").values()), RATE),
          "the workers' rates are the clients'")


def counted(s, name):
    return [m["counters"][name] for m in s.status()["methods"]]


def longest(s):
    return max(counted(s, "time_max")) / 1e9


def rates_and_times():
    is_built()
    s = AdminServer(workers=2)
    s.await_admin()
    p = Prometheus(s.admin)
    load = Load(s.address, "-t", 600, "-c", 8, "--rate", RATE)
    load.ready()
    calls = 'sum(rate(thriftfork_method_calls_total[20s]))'
    until(lambda: near(p.ask(calls).get((), 0), RATE), "the clients' rate")
    by_worker(p)
    times = 'sum by (le) (rate(thriftfork_method_time_seconds_bucket[20s]))'
    for q in 0.5, 0.99:
        quantile = p.one("histogram_quantile(%g, %s)" % (q, times))
        # Buckets end at powers of two.
        assert 1e-6 <= quantile <= 2 * longest(s), quantile
    for verb in ("reload",), ("scale", "3"):
        assert launcher(verb[0], "-n", s.name, *verb[1:]).returncode == 0
    s.upgrade()
    s.await_admin()
    until(lambda: p.ask("thriftfork_generation") != {} and
          p.ask("count(thriftfork_worker_ready == 1)") == {(): 3.0},
          "the next master's workers")
    until(lambda: near(p.ask(calls).get((), 0), RATE), "the rate again")
    report = load.stop()
    assert report["right"] == report["sent"] and report["lost"] == 0, report
    total = sum(counted(s, "calls"))
    assert total >= report["right"]
    until(lambda: p.one("sum(thriftfork_method_calls_total)") == total,
          "the last scrape")
    assert p.one("sum(thriftfork_method_time_seconds_count)") == total
    assert near(p.one("sum(thriftfork_method_time_seconds_sum)"),
                sum(counted(s, "time_sum")) / 1e9, 1e-6)
    # Nothing was lost, and nothing fell, which Prometheus takes for a reset.
    assert p.one("min_over_time(up[10m])") == 1, p.read()
    names = p.ask("count by (__name__) ({__name__=~'thriftfork_.+_total'})",
                  "__name__")
    assert len(names) > 30, names
    for name, in names:
        assert p.one("sum(resets(%s[10m]))" % name) == 0, name
    assert p.one("sum(thriftfork_calls_in_flight)") == 0
    assert "invalid" not in p.read() and "out of order" not in p.read()
    p.end()
    s.end()


main([rates_and_times])
