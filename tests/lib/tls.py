# SPDX-License-Identifier: Apache-2.0
"""Certificates of an authority of one's own, made anew by openssl(1), and
clients of the test bed over TLS, by Python's ssl."""

import os
import socket
import ssl
import subprocess

from bed import Peer
from daemon import written
from harness import DEADLINE, Skip, tempdir

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, timeout=DEADLINE,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def request(to, name, *more):
    """A certificate and its key; nothing comes from the system's own form."""
    form = written(tempdir(), "form", "[req]\ndistinguished_name = dn\n[dn]\n")
    openssl("req", "-x509", "-config", form, "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=" + name, "-keyout", to + ".key", "-out", to + ".crt", *more)


class Authority:
    """A directory with ca.crt, and certificates that it has signed."""

    def __init__(self, directory=None):
        self.dir = directory or tempdir()
        os.chmod(self.dir, 0o755)
        self.ca = self.path("ca.crt")
        request(self.path("ca"), "the authority", "-addext",
                "basicConstraints=critical,CA:TRUE")

    def path(self, name):
        return os.path.join(self.dir, name)

    def issue(self, name, to=None, names=NAMES):
        """NAME.crt and NAME.key, which replace what was there in one step."""
        to = self.path(to or name)
        request(to + "~", name, "-CA", self.ca, "-CAkey", self.path("ca.key"),
                "-addext", names)
        os.chmod(to + "~.key", 0o600)
        os.rename(to + "~.key", to + ".key")
        os.rename(to + "~.crt", to + ".crt")
        return to + ".crt", to + ".key"

    def context(self, own=None, version=None):
        """A client's: it believes the authority, and shows what it has."""
        c = ssl.create_default_context(cafile=self.ca)
        if own is not None:
            c.load_cert_chain(*own)
        if version is not None:
            c.minimum_version = c.maximum_version = version
        return c


def settings(ca, own=None, **more):
    """Of a server with a certificate."""
    crt, key = own or ca.issue("server")
    given = {"tls-certificate": crt, "tls-key": key}
    given.update((k.replace("_", "-"), v) for k, v in more.items())
    return "".join("%s %s\n" % pair for pair in given.items())


def need_localhost():
    """What connects by that name can only do so where it has an address, which
    a root without /etc/hosts has not."""
    try:
        socket.getaddrinfo("localhost", None)
    except socket.gaierror:
        raise Skip("localhost has no address: no /etc/hosts?") from None


class TlsPeer(Peer):
    """A connection that calls the test bed by hand, over TLS."""

    def __init__(self, server, context, session=None, name="localhost"):
        plain = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
        # An end without close_notify is an error.
        self.socket = context.wrap_socket(plain, server_hostname=name,
                                          session=session,
                                          suppress_ragged_eofs=False)
        self.file = self.socket.makefile("rb")

    def serial(self):
        return self.socket.getpeercert()["serialNumber"]

    def ends(self):
        """The server has nothing more to say, and says so."""
        return self.socket.recv(1) == b""

    def text(self, method):
        """What a method without arguments returns."""
        return self.call(method).split(method.encode(), 1)[1][3:-1].decode()
