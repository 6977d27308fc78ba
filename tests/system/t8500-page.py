#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The status page in a browser: what it shows of a server that changes
underneath, and that it complains of nothing, asks nobody else and takes no
text for markup.  TF_SHOTS names a directory for pictures of it."""

import atexit
import json
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import admin
from bed import Bed, Peer, held_call, under_load
from browser import Browser
from harness import (DEADLINE, ILL, Skip, built, main, source, until)

SIZES = ((1280, 800), (390, 844))
browsers = []


def browser():
    if not browsers:
        browsers.append(Browser())
    return browsers[0]


def opened(url, *args, **more):
    """With a figure in every place."""
    page = browser().page(url, *args, **more).go()
    page.until("document.querySelector('#methods tbody th span') && "
               "document.getElementById('calls').innerText !== '–'")
    return page


class Page:
    """Of thriftfork admin, at a socket that outlives it, as under a master."""

    def __init__(self, server):
        if not os.path.exists(built("thriftfork-admin")):
            raise Skip("built without thriftfork admin")
        self.server = server
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.url = "http://" + self.address + "/"
        self.start()

    def start(self):
        fd = self.socket.fileno()
        self.process = subprocess.Popen(
            [built("thriftfork-admin"), "--http-fd", str(fd), "-n",
             self.server.name], pass_fds=[fd], stderr=subprocess.PIPE,
            text=True)
        atexit.register(self.process.kill)

    def stop(self):
        self.process.terminate()
        err = self.process.communicate(timeout=DEADLINE)[1]
        assert self.process.returncode == 0, self.process
        assert not ILL.search(err), err

    def get(self, path):
        answer = admin.get(self.address, path)
        assert answer.status == 200, (path, answer.text)
        return answer

    def json(self, path):
        return json.loads(self.get(path).text)

    def open(self, *args, **more):
        return opened(self.url, *args, **more)

    def end(self, *pages):
        for page in pages:
            page.close()
        self.stop()
        self.socket.close()
        assert self.server.stop() == 0


def clean(page, site):
    clean_at(page, site.url)


def clean_at(page, url):
    """It has said nothing, and asked nobody else."""
    assert page.said == [], page.said
    others = [asked for asked in page.asked if not asked.startswith(url)
              and not asked.startswith("data:")]
    assert page.asked and not others, others


def shot(page, name):
    if "TF_SHOTS" in os.environ:
        page.picture(os.path.join(os.environ["TF_SHOTS"], name + ".png"))


def number(text):
    return int(re.sub(r"\D", "", text))


def files_as_they_are():
    """with a policy that lets no other script run"""
    site = Page(Bed())
    for name in os.listdir(source("tools/admin/page")):
        if not name.endswith((".css", ".js")):
            continue
        with open(source("tools/admin/page/" + name), "rb") as f:
            assert site.get("/" + name).body == f.read(), name
    answer = site.get("/")
    policy, text = answer.headers["Content-Security-Policy"], answer.text
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    assert not re.search(r"<[^>]* on\w+=|style=|//(?!www\.w3\.org)", text)
    for since in ("x", "-1", "", "1e3"):
        answer = admin.get(site.address, "/history.json?since=" + since)
        assert answer.status == 400, (since, answer.text)
    site.end()


INKED = """[...document.querySelectorAll('.charts canvas')].every(c => {
    const g = new OffscreenCanvas(c.width, c.height).getContext('2d',
        {willReadFrequently: true});
    g.drawImage(c, 0, 0);
    const d = g.getImageData(0, 0, c.width, c.height).data;
    const seen = new Set();
    for (let i = 0; i < d.length; i += 4)
        if (d[i + 3] === 255)
            seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
    return seen.size > 5; })"""


FUTURE = """[...document.querySelectorAll('#events time')].filter(
    t => new Date(t.dateTime) > Date.now() + 60000).length"""
POINTS = "+document.getElementById('charts').getAttribute('aria-valuemax')"


def it_renders_and_goes_on():
    site = Page(Bed())
    s = site.server
    with under_load(s):
        page = site.open()
        assert page.text("#name") == s.name
        assert page.text("#contact") == "live"
        assert page.text("#ready") == "2 of 2 workers ready"
        assert page.text("#facts").startswith("listening on " + s.address)
        assert "calculate" in page.text("#methods tbody")
        for pid in s.workers().values():
            assert str(pid) in page.text("#workers tbody"), pid
        page.until(INKED)
        first = number(page.text("#calls-sub"))
        until(lambda: number(page.text("#calls-sub")) > first + 100,
              "calls are counted")
    # At rest it has the server's own count.
    until(lambda: number(page.text("#calls-sub")) == sum(
        m["counters"]["calls"] for m in s.status()["methods"]),
          "all calls are there")
    page.until("document.getElementById('calls').innerText === '0/s'")
    clean(page, site)
    site.end(page)


def a_reload_and_a_death():
    site = Page(Bed())
    s = site.server
    with under_load(s, "-c", 4, "-d", 2):
        page = site.open()
        s.succeeds("reload")
        page.until("/Generation 2 serves/.test("
                   "document.getElementById('events').innerText)")
        page.until("/generation 2/.test("
                   "document.getElementById('facts').innerText)")
        page.until("document.getElementById('ready').innerText === "
                   "'2 of 2 workers ready'")
        old = number(page.text("#calls-sub"))
        until(lambda: number(page.text("#calls-sub")) > old, "it goes on")
    victim = min(s.workers().values())
    os.kill(victim, signal.SIGKILL)
    until(lambda: s.status()["deaths"], "an obituary")
    words = s.status()["deaths"][0]["text"]
    until(lambda: words in page.text("#events"), words)
    assert page.text("#events").index("death") < \
        page.text("#events").index("reload")
    s.settle()
    until(lambda: "deaths crashed 1" in page.text("#events-sums"), "a sum")
    assert "reloads 1" in page.text("#events-sums")
    shot(page, "events")
    clean(page, site)
    site.end(page)


def under_a_master():
    """that has the role, reloads and upgrades: nothing is missed"""
    if not os.path.exists(built("thriftfork-admin")):
        raise Skip("built without thriftfork admin")
    s = admin.AdminBed()
    before = s.await_admin()
    url = "http://%s/" % s.admin
    with under_load(s):
        page = opened(url)
        s.succeeds("reload")
        page.until("/generation 2/.test("
                   "document.getElementById('facts').innerText)")
        known = page.value(POINTS)
        s.upgrade()
        s.await_admin(before)
        page.until("/master %d$/.test(document.getElementById('facts')"
                   ".innerText)" % s.pid)
        page.until("%s > %d" % (POINTS, known + 2))
        assert page.text("#contact") == "live"
        assert "upgrades 1" in page.text("#events-sums")
        for pid in s.before[0], s.pid:
            assert "Process %d became the master." % pid in \
                page.text("#events"), pid
    clean_at(page, url)
    page.close()
    s.end()


ROWS = """[...document.querySelectorAll('#%s tbody tr:not(.empty)')].map(
    tr => [...tr.children].map(cell => cell.innerText))"""


def waits_and_lags():
    """of calls, of which one has to wait for another's thread"""
    site = Page(Bed("-o", "threads=1", "-o", "threaded=yes", "-o",
                    "queue-timeout=1h", workers=1))
    held = held_call(site.server)
    waits = Peer(site.server).send("mood")
    page = browser().page(site.url).go()
    page.until("document.getElementById('flight-sub')?.innerText === "
               "'1 wait for a thread'")
    held[1].close()
    assert held[0].reply() is not None and waits.reply() is not None
    titles = page.value("[...document.querySelectorAll('#methods thead th')]"
                        ".map(th => th.innerText)")
    at = titles.index("Wait p99")
    until(lambda: any(row[0].endswith("mood") and row[at] != "–"
                      for row in page.value(ROWS % "methods")), "its wait")
    with under_load(site.server):
        for tile in "wait", "lag":
            page.until("document.getElementById('%s').innerText !== '–'" %
                       tile)
    clean(page, site)
    site.end(page)


def who_waits_outside():
    """while the only worker is held"""
    site = Page(Bed(workers=1))
    held = held_call(site.server)
    outside = Peer(site.server)
    page = browser().page(site.url).go()
    page.until("/ 1 waiting/.test(document.getElementById('conns-sub')"
               "?.innerText)")
    held[1].close()
    assert held[0].reply() is not None and outside.call("mood") is not None
    page.until("/accepted$/.test(document.getElementById('conns-sub')"
               ".innerText)")
    assert page.text("#events-sums") == ""
    clean(page, site)
    site.end(page)


MEASURED = {"lookup": {"unit": "ns", "count": 7, "sum": 9000000,
                       "max": 2500000, "p50": 1500, "p90": 2000000,
                       "p99": 2000000, "p999": 2400000},
            "batch": {"unit": "rows", "count": 1234, "sum": 5000,
                      "max": 40, "p50": 4, "p90": 8, "p99": 30, "p999": 40},
            "never": {"unit": "bytes", "count": 0, "sum": 0, "max": 0,
                      "p50": 0, "p90": 0, "p99": 0, "p999": 0}}


def what_the_service_measures():
    """with its units; without any there is no such table"""
    site = Page(Bed(workers=1))
    page = browser().page(site.url).go()
    page.until("/^listening/.test(document.getElementById('facts')"
               "?.innerText)")
    assert page.value("document.getElementById('own-panel').hidden")
    status = site.json("/status.json")
    status["own_histograms"] = MEASURED
    page.answer({"status.json": json.dumps(status).encode()})
    page.until("!document.getElementById('own-panel').hidden")
    shot(page, "measured")
    rows = [[text.replace("\u00a0", " ") for text in row]
            for row in page.value(ROWS % "own")]
    assert [row[:2] + row[3:] for row in rows] == [
        ["batch", "1,234", "4 rows", "30 rows", "40 rows", "40 rows"],
        ["lookup", "7", "1.50 µs", "2.00 ms", "2.40 ms", "2.50 ms"],
        ["never", "0", "–", "–", "–", "–"]], rows
    clean(page, site)
    site.end(page)


def closed(s):
    """As status has it, by the names that the page uses."""
    has = s.status()["counters"]
    rows = {k[len("closed_"):].replace("_", " "): v for k, v in has.items()
            if k.startswith("closed_")}
    rows["its process died"] = has["connections_lost"]
    return {k: v for k, v in rows.items() if v}


def why_connections_were_closed():
    site = Page(Bed(workers=1))
    s = site.server
    page = browser().page(site.url).go()
    page.until("document.querySelector('#closed tbody')?.innerText === "
               "'None so far.'")
    assert s.answer(b"no message" * 10) == b""
    peer = Peer(s)
    peer.call("mood")
    os.kill(peer.pid(), signal.SIGKILL)
    assert peer.reply() is None
    s.settle()
    with under_load(s):
        pass
    until(lambda: {"by peer", "protocol", "its process died"} <=
          set(closed(s)), "all three")
    until(lambda: {r[0]: number(r[1]) for r in page.value(ROWS % "closed")}
          == closed(s), "the page shows them")
    clean(page, site)
    site.end(page)


def without_contact():
    """it says so, and goes on with what it knew when there is somebody"""
    site = Page(Bed())
    with under_load(site.server, "-c", 2):
        page = site.open()
        page.until(POINTS + " >= 3")
        clean(page, site)
        site.stop()
        page.until("!document.getElementById('lost').hidden")
        assert "No contact since" in page.text("#lost")
        assert page.text("#contact") == "no contact"
        shot(page, "lost")
        before = page.value(POINTS)
        site.start()
        page.until("document.getElementById('lost').hidden")
        page.until("%s > %d" % (POINTS, before + 2))
        assert page.text("#contact") == "live"
    # Whatever the browser says of answers that have not come.
    page.said = [what for what in page.said if what.get("source") != "network"]
    clean(page, site)
    assert site.server.stop() == 0
    page.until("/the master has gone/.test("
               "document.getElementById('lost').innerText)")
    page.close()
    site.stop()


def later(history, ms):
    """as told by a clock that was ahead"""
    history["began_ms"] += ms
    for what in history["points"] + history["events"]:
        what["at_ms"] += ms
    return history


def a_clock_that_was_set_back():
    """and another one who remembers: what it tells counts from then on"""
    site = Page(Bed())
    with under_load(site.server, "-c", 2):
        until(lambda: len(site.json("/history.json")["points"]) > 3, "points")
        page = browser().page(site.url)
        page.answer({"history.json": json.dumps(later(
            site.json("/history.json"), 3600000)).encode()})
        page.go().until("document.getElementById('charts') && " + POINTS +
                        " >= 3")
        assert page.value(FUTURE) > 0
        page.answer({})
        before = page.value(POINTS)
        page.until("%s > %d" % (POINTS, before + 1))
        assert page.value(FUTURE) == 0
    clean(page, site)
    site.end(page)


RATIOS = """(() => {
    const style = getComputedStyle(document.documentElement);
    const light = name => {
        const hex = style.getPropertyValue('--' + name).trim();
        const [r, g, b] = [1, 3, 5].map(at =>
            parseInt(hex.slice(at, at + 2), 16) / 255).map(c =>
            c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const all = {};
    for (const ink of ['ink', 'dim', 'accent', 'warn', 'bad', 'reload', 'wait',
        'lag'])
        for (const paper of ['panel', 'page']) {
            const [a, b] = [light(ink), light(paper)];
            all[ink + ' on ' + paper] = (Math.max(a, b) + .05) /
                (Math.min(a, b) + .05);
        }
    return all; })()"""


def small_and_large_and_dark():
    """nothing is cut off, and all of it can be read"""
    site = Page(Bed())
    papers = set()
    with under_load(site.server):
        for width, height in SIZES:
            for scheme in ("light", "dark"):
                page = site.open(width, height, scheme)
                page.until(INKED)
                name = "%dx%d-%s" % (width, height, scheme)
                shot(page, name)
                wide = page.value("document.documentElement.scrollWidth")
                assert wide <= width, (name, wide)
                papers.add(page.value(
                    "getComputedStyle(document.body).backgroundColor"))
                low = {k: v for k, v in page.value(RATIOS).items()
                       if v < 4.5}
                assert not low, (name, low)
                clean(page, site)
                page.close()
    assert len(papers) == 2, papers
    site.end()


EVIL = "<img src=/evil onerror='window.evil=1'><script>evil=1</script>&amp;\"'"


def hostile(what, key=None):
    """Every text is one that would be markup, every number a large one."""
    if isinstance(what, dict):
        return {k: hostile(v, k) for k, v in what.items()}
    if isinstance(what, list):
        return what if key in ("ends_ns", "times") else \
            [hostile(v) for v in what]
    if isinstance(what, str) and key != "what":
        return EVIL + what + 60 * "x"
    if isinstance(what, int) and not isinstance(what, bool) and \
            re.search("calls|errors|_ns|bytes|connections|in_flight", key):
        return 2 ** 64 - 1
    return what


def texts_that_would_be_markup():
    site = Page(Bed())
    s = site.server
    page = browser().page(site.url, 390, 844)
    with under_load(s):
        until(lambda: site.json("/history.json")["points"],
              "a point")
    os.kill(min(s.workers().values()), signal.SIGKILL)
    until(lambda: s.status()["deaths"], "an obituary")
    history = site.json("/history.json")
    status = site.json("/status.json")
    history["events"] = [{"at_ms": history["points"][0]["at_ms"],
                          "what": EVIL, "pid": EVIL, "generation": EVIL}]
    status["own"] = {EVIL: 1}
    status["own_histograms"] = {EVIL: MEASURED["lookup"]}
    page.answer({"history.json": json.dumps(hostile(history)).encode(),
                 "status.json": json.dumps(hostile(status)).encode()})
    page.go()
    page.until("document.querySelector('#events li') !== null")
    shot(page, "hostile")
    page.value("document.querySelector('details').open = true")
    for place in ("#name", "#facts", "#methods tbody", "#own tbody",
                  "#workers tbody",
                  "#events", "#counters tbody", "#version"):
        shown = page.value("document.querySelector('%s').textContent" % place)
        assert "<script>evil=1</script>" in shown, (place, shown)
    assert page.value("typeof window.evil") == "undefined"
    assert page.value("document.querySelectorAll('img, main script').length") \
        == 0
    wide = page.value("document.documentElement.scrollWidth")
    assert wide <= 390, wide
    clean(page, site)
    assert not [url for url in page.asked if "evil" in url], page.asked
    site.end(page)


FOCUS = "document.activeElement.id || document.activeElement.innerText || " \
    "document.activeElement.value"


def by_keyboard_alone():
    site = Page(Bed())
    with under_load(site.server):
        page = site.open()
        page.until(POINTS + " >= 3")
        seen = []
        for _ in range(4):
            page.key("Tab")
            seen.append(page.value(FOCUS))
        assert seen[0] == "pause" and seen[2] == "charts", seen
        page.key("Home")
        said = "document.getElementById('charts')" \
            ".getAttribute('aria-valuetext')"
        page.value("document.getElementById('charts').focus()")
        page.key("Home")
        first = page.value(said)
        assert re.match(r"\d\d:\d\d:\d\d, [\d,]+ calls/s, ", first), first
        assert not page.value("document.getElementById('tip').hidden")
        page.key("Escape")
        assert page.value("document.getElementById('tip').hidden")
        page.until("%s !== %s" % (said, json.dumps(first)))
        order = "[...document.querySelectorAll('#methods thead th')]" \
            ".map(th => th.getAttribute('aria-sort') || '').join()"
        page.value("document.querySelector('#methods th button').focus()")
        page.key("Enter")
        assert page.value(order).startswith("ascending,"), page.value(order)
        page.key("Enter")
        assert page.value(order).startswith("descending,"), page.value(order)
        assert page.value(FOCUS) == "Method"
        page.value("document.getElementById('pause').focus()")
        page.key("Enter")
        assert page.text("#contact") == "paused"
        page.key("Enter")
        page.until("document.getElementById('contact').innerText === 'live'")
    clean(page, site)
    site.end(page)


def without_motion():
    """it is brought up to date every five seconds"""
    site = Page(Bed())
    page = browser().page(site.url, motion="reduce").go()
    page.until("performance.getEntriesByType('resource').filter(e => "
               "/since=/.test(e.name)).length > 2")
    starts = page.value("performance.getEntriesByType('resource').filter("
                        "e => /since=/.test(e.name)).map(e => e.startTime)")
    assert min(b - a for a, b in zip(starts, starts[1:])) > 4500, starts
    clean(page, site)
    site.end(page)


main([files_as_they_are, it_renders_and_goes_on, a_reload_and_a_death,
      under_a_master, waits_and_lags, who_waits_outside,
      what_the_service_measures, why_connections_were_closed, without_contact,
      a_clock_that_was_set_back, small_and_large_and_dark,
      texts_that_would_be_markup, by_keyboard_alone, without_motion])
