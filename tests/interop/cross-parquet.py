#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Footers of Parquet files that others wrote: what is read is what
python3-thrift read, what is written are the bytes that came, and a footer
that is cut short is an error.  The files are in $TF_CORPUS/parquet."""

import base64
import glob
import json
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from harness import Skip, built, main, source, tempdir

CORPUS = os.environ.get("TF_CORPUS", "")
IDL = source("tests/examples/parquet/parquet.thrift")


def corpus(pattern):
    """The files of a kind; without a corpus there is no test."""
    if not CORPUS:
        raise Skip("TF_CORPUS is not set")
    files = sorted(glob.glob(os.path.join(CORPUS, "parquet", pattern)))
    assert files, "no %s in %s" % (pattern, CORPUS)
    return files


def read(path):
    with open(path, "rb") as f:
        return f.read()


def run(*args):
    return subprocess.run([built("footer"), *args], capture_output=True,
                          text=True)


def refused(path, *options):
    """Exit 1, nothing on standard output, one line that names the file."""
    done = run(*options, path)
    assert done.returncode == 1, (path, done)
    assert done.stdout == "" and done.stderr.count("\n") == 1, (path, done)
    assert path + ": " in done.stderr, (path, done)
    return done.stderr


def enum_fields():
    """Field name -> {constant: number}, as the IDL file says it."""
    with open(IDL) as f:
        idl = re.sub(r"/\*.*?\*/|//[^\n]*|#[^\n]*", "", f.read(), flags=re.S)
    enums = {name: {c: int(v) for c, v in re.findall(r"(\w+) = (-?\d+)", body)}
             for name, body in re.findall(r"enum (\w+) \{(.*?)\}", idl, re.S)}
    fields = {}
    for kind, name in re.findall(r"\d+: (?:required|optional) (?:list<)?"
                                 r"(\w+)>? (\w+)", idl):
        if kind in enums:
            assert fields.get(name, enums[kind]) is enums[kind], name
            fields[name] = enums[kind]
    assert fields["type"]["BYTE_ARRAY"] == 6 and len(fields) == 8, fields
    return fields


def same(ours, theirs, enums, where=""):
    """Raises unless the two agree: {"b64": ...} is a string of ours, a number
    may be the name of an enum's constant."""
    key = re.sub(r"\[\d+\]$", "", where).rsplit(".", 1)[-1]
    if isinstance(theirs, dict) and list(theirs) == ["b64"]:
        assert isinstance(ours, str), (where, ours, theirs)
        assert base64.b64decode(ours, validate=True) == \
            base64.b64decode(theirs["b64"]), (where, ours, theirs)
    elif isinstance(theirs, dict):
        assert isinstance(ours, dict), (where, ours, theirs)
        assert set(ours) == set(theirs), (where, set(ours) ^ set(theirs))
        for name in theirs:
            same(ours[name], theirs[name], enums, where + "." + name)
    elif isinstance(theirs, list):
        assert isinstance(ours, list) and len(ours) == len(theirs), where
        for i, (a, b) in enumerate(zip(ours, theirs)):
            same(a, b, enums, "%s[%d]" % (where, i))
    else:
        if isinstance(ours, str) and isinstance(theirs, int):
            ours = enums[key][ours]
        assert type(ours) is type(theirs), (where, ours, theirs)
        assert ours == theirs, (where, ours, theirs)


def values():
    """each footer decodes to what python3-thrift makes of it"""
    enums = enum_fields()
    files = corpus("*.tcompact")
    for path in files:
        done = run("--json", "--thrift", path)
        assert done.returncode == 0 and not done.stderr, (path, done)
        expected = path[:-len("tcompact")] + "expected.json"
        same(json.loads(done.stdout), json.loads(read(expected)), enums)
    assert len(files) >= 12, files


def same_bytes():
    """each footer is encoded to the bytes it came in"""
    for path in corpus("*.tcompact"):
        done = run("--check", "--thrift", path)
        want = "%s: %d bytes, encoded again the same\n" % (
            path, os.path.getsize(path))
        assert done.returncode == 0 and done.stdout == want, (path, done)


def dump():
    """each footer can be shown to people"""
    for path in corpus("*.tcompact"):
        done = run("--thrift", path)
        assert done.returncode == 0 and not done.stderr, (path, done)
        assert done.stdout.startswith("FileMetaData {\n\tversion = ")
        assert done.stdout.endswith("\n}\n"), path


def prefixes():
    """each proper prefix of each footer is an error, in every protocol"""
    for path in corpus("*.tcompact"):
        done = subprocess.run([built("cross_prefixes"), path],
                              capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, (path, done)
        assert "compact: %d prefixes\n" % os.path.getsize(path) in \
            done.stdout, (path, done)


def broken_files():
    """whole files with broken footers are refused in one line"""
    for path in corpus("*.parquet"):
        refused(path)
        refused(path, "--json", "--check")


# Three required integers and lists of FileMetaData, as small as they get.
TINY = bytes([0x15, 2, 0x19, 0x0c, 0x16, 6, 0x19, 0x0c, 0])


def whole(footer, length=None, head=b"PAR1", tail=b"PAR1"):
    path = os.path.join(tempdir(), "x.parquet")
    with open(path, "wb") as f:
        f.write(head + b"pages" + footer +
                struct.pack("<I", len(footer) if length is None else length) +
                tail)
    return path


def whole_file():
    """a whole file: the footer is found from its end"""
    done = run("--json", whole(TINY))
    assert json.loads(done.stdout) == {
        "version": 1, "schema": [], "num_rows": 3, "row_groups": []}, done
    if CORPUS:
        for path in corpus("*.tcompact"):
            assert run("--json", whole(read(path))).stdout == \
                run("--json", "--thrift", path).stdout, path


def damaged_files():
    """what is no Parquet file, or a damaged one, is refused"""
    n = len(TINY)
    for path, why in [
            (whole(TINY, head=b"RIFF"), "not a Parquet file"),
            (whole(TINY, tail=b"PAR2"), "not a Parquet file"),
            (whole(TINY, tail=b"PARE"), "encrypted"),
            (whole(TINY, length=n + 6), "%d bytes" % (n + 6)),
            (whole(TINY, length=0xffffffff), "4294967295 bytes"),
            (whole(TINY, length=n - 1), "broken"),
            (whole(TINY, length=n + 5), "broken"),
            (whole(TINY + b"\0"), "1 bytes too many"),
            (whole(b""), "broken")]:
        assert why in refused(path), (path, why)
    short = os.path.join(tempdir(), "short")
    for size in range(0, 12):
        with open(short, "wb") as f:
            f.write((b"PAR1" * 3)[:size])
        refused(short)
    refused(os.path.join(tempdir(), "no such file"))
    refused(tempdir())


def signature():
    """a signature after the footer of an encrypted file is no damage"""
    # ... 8: {1: AesGcmV1 {}}
    signed = TINY[:-1] + bytes([0x4c, 0x1c, 0, 0, 0]) + bytes(range(28))
    done = run("--json", whole(signed))
    assert json.loads(done.stdout)["encryption_algorithm"] == {
        "AES_GCM_V1": {}}, done
    refused(whole(signed + b"\0"))


main([values, same_bytes, dump, prefixes, broken_files, whole_file,
      damaged_files, signature])
