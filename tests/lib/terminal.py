# SPDX-License-Identifier: Apache-2.0
"""A program in a terminal of its own: what it draws, as one would see it."""

import atexit
import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time

from harness import DEADLINE, Skip

SEQUENCE = re.compile(
    rb"\x1b\[(?P<args>[0-9;?>]*)(?P<csi>[@-~])|\x1b[()][A-Z0-9]|"
    rb"\x1b(?P<esc>[=>78cDEHMZ])|(?P<control>[\x00-\x1a\x1c-\x1f])|"
    rb"(?P<text>[^\x00-\x1f]+)")


class Grid:
    """What TERM=xterm makes of bytes, as far as curses uses it; a sequence
    that is not known is a failure."""

    def __init__(self, columns, lines):
        self.x = self.y = 0
        self.last = " "
        self.resize(columns, lines)

    def resize(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.rows = [[" "] * columns for _ in range(lines)]
        self.top, self.bottom = 0, lines - 1
        self.x, self.y = min(self.x, columns - 1), min(self.y, lines - 1)

    def text(self):
        return ["".join(row).rstrip() for row in self.rows]

    def put(self, text):
        for c in text:
            if self.x >= self.columns:
                self.x = 0
                self.feed_line()
            self.rows[self.y][self.x] = self.last = c
            self.x += 1

    def scroll(self, n):
        """Up by n lines, down if n is negative, within the region."""
        for _ in range(abs(n)):
            old, new = (self.top, self.bottom) if n > 0 else \
                (self.bottom, self.top)
            del self.rows[old]
            self.rows.insert(new, [" "] * self.columns)

    def feed_line(self):
        if self.y == self.bottom:
            self.scroll(1)
        else:
            self.y = min(self.y + 1, self.lines - 1)

    def control(self, c):
        if c == "\n":
            self.feed_line()
        elif c == "\r":
            self.x = 0
        elif c == "\b":
            self.x = max(self.x - 1, 0)
        elif c == "\t":
            self.x = min(self.x // 8 * 8 + 8, self.columns - 1)
        else:
            assert c == "\x07" or c == "\x0f", repr(c)

    def erase(self, y, first, end):
        self.rows[y][first:end] = [" "] * (end - first)

    def erase_lines(self, how):
        whole = {0: range(self.y + 1, self.lines), 1: range(self.y),
                 2: range(self.lines)}[how]
        for y in whole:
            self.erase(y, 0, self.columns)
        if how < 2:
            self.erase_line(how)

    def erase_line(self, how):
        x = min(self.x, self.columns - 1)
        self.erase(self.y, *{0: (x, self.columns), 1: (0, x + 1),
                             2: (0, self.columns)}[how])

    def in_region(self, n):
        """Lines come (n > 0) or go at the cursor."""
        top, self.top = self.top, self.y
        self.scroll(-n)
        self.top = top

    def in_line(self, n):
        """The same of characters."""
        row = self.rows[self.y]
        for _ in range(abs(n)):
            if n > 0:
                row.insert(self.x, " ")
                row.pop()
            else:
                del row[self.x]
                row.append(" ")

    def move(self, x, y):
        self.x = max(0, min(x, self.columns - 1))
        self.y = max(0, min(y, self.lines - 1))

    def sequence(self, final, args):
        numbers = [int(a) if a else 0 for a in args.split(";")]
        first = numbers[0]
        n = max(first, 1)
        more = max(numbers[1], 1) if len(numbers) > 1 else 1
        if final == "r":
            self.top = n - 1
            self.bottom = (numbers[1] if len(numbers) > 1 else
                           self.lines) - 1
            self.move(0, 0)
            return
        {"H": lambda: self.move(more - 1, n - 1),
         "A": lambda: self.move(self.x, self.y - n),
         "B": lambda: self.move(self.x, self.y + n),
         "C": lambda: self.move(self.x + n, self.y),
         "D": lambda: self.move(self.x - n, self.y),
         "G": lambda: self.move(n - 1, self.y),
         "d": lambda: self.move(self.x, n - 1),
         "J": lambda: self.erase_lines(first),
         "K": lambda: self.erase_line(first),
         "X": lambda: self.erase(self.y, self.x,
                                 min(self.x + n, self.columns)),
         "L": lambda: self.in_region(n),
         "M": lambda: self.in_region(-n),
         "@": lambda: self.in_line(n),
         "P": lambda: self.in_line(-n),
         "S": lambda: self.scroll(n),
         "T": lambda: self.scroll(-n),
         "b": lambda: self.put(self.last * n),
         "l": lambda: None, "h": lambda: None,    # modes of the ANSI kind
         "m": lambda: None, "t": lambda: None}[final]()

    def feed(self, data):
        """What is left is the beginning of a sequence."""
        while data:
            m = SEQUENCE.match(data)
            if m is None:
                assert data[:1] == b"\x1b" and len(data) < 40, data
                return data
            if m["text"]:
                self.put(m["text"].decode("ascii"))
            elif m["control"]:
                self.control(m["control"].decode())
            elif m["esc"] == b"M":
                self.scroll(-1) if self.y == self.top else \
                    self.move(self.x, self.y - 1)
            elif m["csi"] and m["args"][:1] not in (b"?", b">"):
                self.sequence(m["csi"].decode(), m["args"].decode())
            data = data[m.end():]
        return data


class Terminal:
    """A program in a terminal of this size."""

    def __init__(self, args, columns, lines, term="xterm"):
        try:
            self.master, self.slave = os.openpty()
        except OSError as e:
            raise Skip("no terminal: %s (is there a /dev/pts?)" % e) from None
        self.grid = Grid(columns, lines)
        self.set_size(columns, lines)
        self.before = termios.tcgetattr(self.slave)
        self.raw = self.rest = b""
        env = dict(os.environ, TERM=term)
        for name in ("LINES", "COLUMNS"):
            env.pop(name, None)
        self.process = subprocess.Popen(
            args, stdin=self.slave, stdout=self.slave, stderr=self.slave,
            env=env, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        atexit.register(self.process.kill)

    def set_size(self, columns, lines):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns, lines):
        self.grid.resize(columns, lines)
        self.set_size(columns, lines)

    def send(self, keys):
        os.write(self.master, keys.encode())

    def read(self, seconds):
        """Whether anything has come."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        data = os.read(self.master, 65536)
        self.raw += data
        self.rest = self.grid.feed(self.rest + data)
        return True

    def screen(self):
        return "\n".join(self.grid.text())

    def until(self, condition, what):
        """The screen, once it is as it should be."""
        end = time.monotonic() + DEADLINE
        while not condition(self.screen()):
            assert time.monotonic() < end, \
                "not on the screen: %s\n%s" % (what, self.screen())
            ended = self.process.poll() is not None
            assert self.read(0.5) or not ended, \
                "it has ended: %s\n%s" % (what, self.screen())
        return self.screen()

    def shows(self, pattern):
        """The match, once there is one."""
        found = re.compile(pattern, re.M)
        return found.search(self.until(found.search, pattern))

    def hides(self, pattern):
        found = re.compile(pattern, re.M)
        self.until(lambda s: not found.search(s), "no " + pattern)

    def end(self):
        """The exit status; the terminal is as it was before."""
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.screen()
            self.read(0.05)
        while self.read(0.1):
            pass
        after = termios.tcgetattr(self.slave)
        assert after == self.before, (self.before, after)
        for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"),
                        (b"\x1b[?25l", b"\x1b[?25h"),
                        (b"\x1b[?1h", b"\x1b[?1l")):
            assert self.raw.rfind(on) < self.raw.rfind(off), (on, off)
        return self.process.returncode

    def close(self):
        os.close(self.master)
        os.close(self.slave)
