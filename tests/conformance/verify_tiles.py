#!/usr/bin/env python3
"""Verifies an exported ledger: a directory of C2SP tlog-tiles, and the verifier key of the ledger.

    verify_tiles.py DIR VKEY [--schema SCHEMA_DIR]

A second verifier, which shares no code with envledger. It was written from schema/FORMAT.md, the schemas beside it, and
the public standards alone: RFC 6962 (tree), RFC 8032 (Ed25519), c2sp.org/signed-note, /tlog-checkpoint and /tlog-tiles.
Sections named in comments are those of FORMAT.md. It needs the standard library and Debian's python3-flatbuffers.

Checked: every file byte for byte; the root and its signatures; of every entry its number, chain, time, body, revision,
principal links and lifecycle; the ledger's keys. Left to envledger itself: what section 1.1 says of spare bytes and
sharing in buffers, and sections 2.1, 2.3 and 2.4, which judge a producer's words and not the ledger's honesty.

Prints one line, VERIFIED or FAILED with what and where. Exit status 0 or 1; 2 for wrong usage.
"""

import argparse
import base64
import re
import struct
import sys
from pathlib import Path

from schema import Schema
from signed_notes import Failure, Note, ed25519_verifies, key_id, parse_checkpoint, parse_vkey, require, sha256


# --- Tiles, section 6.2 ----------------------------------------------------------------------------------------------


def leaf_hash(entry):
    return sha256(b"\x00" + entry)


def tree_root(hashes):
    """MTH of RFC 6962 section 2.1, over the hashes of complete subtrees of one size."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        pairs = [sha256(b"\x01" + left + right) for left, right in zip(hashes[::2], hashes[1::2])]
        hashes = pairs + hashes[len(hashes) - len(hashes) % 2 :]
    return hashes[0]


def tile_path(level, index, width):
    groups = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        groups = f"x{index % 1000:03}/{groups}"
    return f"tile/{level}/{groups}" + (f".p/{width}" if width < 256 else "")


def parse_tile_path(path):
    """(level or "entries", index, width), or None for what is no tile's path."""
    match = re.fullmatch(r"tile/([0-7]|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?", path, re.ASCII)
    if not match:
        return None
    level = match[1] if match[1] == "entries" else int(match[1])
    tile = level, int(re.sub("[x/]", "", match[2])), int(match[3] or 256)
    return tile if 0 < tile[2] <= 256 and tile[1] < 2**64 and tile_path(*tile) == path else None


def split_bundle(data, path, width):
    """The entries of a bundle, and where each ends."""
    entries, ends, at = [], [], 0
    for number in range(width):
        require(at + 2 <= len(data), f"{path}: entry {number} of {width} is missing")
        (size,) = struct.unpack_from(">H", data, at)
        at += 2 + size
        require(at <= len(data), f"{path}: entry {number} of {width} is cut off")
        entries.append(data[at - size : at])
        ends.append(at)
    require(at == len(data), f"{path}: bytes behind the last entry, at {at}")
    return entries, ends


class Export:
    """The files of a directory. Each that is taken must be there; what it must be is compared by the caller."""

    def __init__(self, directory):
        self.directory = directory
        self.narrower = {}  # (level, index) -> widths that are there
        for path in sorted((directory / "tile").rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            name = str(path.relative_to(directory))
            tile = parse_tile_path(name) if path.is_file() and not path.is_symlink() else None
            require(tile, f"{name}: no file of an export")
            self.narrower.setdefault(tile[:2], []).append(tile[2])

    def read(self, level, index, width):
        path = tile_path(level, index, width)
        try:
            return (self.directory / path).read_bytes(), path
        except FileNotFoundError:
            raise Failure(f"{path}: missing") from None

    def compare_narrower(self, level, index, width, prefix):
        """Tiles of smaller trees are the beginning of the present one; `prefix` gives it by width."""
        for narrow in self.narrower.get((level, index), []):
            if narrow < width:
                data, path = self.read(level, index, narrow)
                require(data == prefix(narrow), f"{path}: not the beginning of {tile_path(level, index, width)}")

    def entries(self, size):
        """Every entry with its place, in order."""
        for index, start in enumerate(range(0, size, 256)):
            width = min(256, size - start)
            data, path = self.read("entries", index, width)
            entries, ends = split_bundle(data, path, width)
            self.compare_narrower("entries", index, width, lambda n: data[: ends[n - 1]])
            for number, entry in enumerate(entries):
                yield f"{path}, entry {number} (seq {start + number})", entry

    def compare_hashes(self, hashes):
        """Every hash tile of the tree over these leaves. Returns the root."""
        root, level = tree_root(hashes), 0
        while hashes:
            for index, start in enumerate(range(0, len(hashes), 256)):
                row = hashes[start : start + 256]
                data, path = self.read(level, index, len(row))
                require(len(data) == 32 * len(row), f"{path}: {len(data)} bytes, not {32 * len(row)}")
                for number, due in enumerate(row):
                    found = data[32 * number : 32 * number + 32]
                    require(found == due, f"{path}: hash {number} is not that of the tree")
                self.compare_narrower(level, index, len(row), lambda n: data[: 32 * n])
            hashes = [tree_root(hashes[i : i + 256]) for i in range(0, len(hashes) - 255, 256)]
            level += 1
        return root


# --- Entries, sections 3 and 5 ---------------------------------------------------------------------------------------

# Section 3.1: from -> to, by initials as in the table's columns.
COLUMNS = "deferred admitted denied rejected granted started suspended completed failed cancelled revoked expired lost"
LEGAL_MOVES = {
    "requested": "Y Y Y Y Y - - - Y Y - Y Y",
    "deferred": "Y Y Y Y Y - - - Y Y Y Y Y",
    "admitted": "Y Y Y Y Y - - - Y Y Y Y Y",
    "granted": "Y - - Y Y Y Y Y Y Y Y Y Y",
    "started": "- - - - Y Y Y Y Y Y Y Y Y",
    "suspended": "Y - - - Y Y - - Y Y Y Y Y",
}
LEGAL_MOVES = {start: {to for to, legal in zip(COLUMNS.split(), row.split()) if legal == "Y"}
               for start, row in LEGAL_MOVES.items()}
# Section 2.2: the mandatory families of each stage, and those that it may also have.
FAMILIES = {
    "requested": ("identity execution scope requested", "correlation"),
    "deferred": ("reason", "decision"), "admitted": ("decision", ""), "denied": ("decision", ""),
    "rejected": ("outcome", ""), "granted": ("granted", "decision routing"), "started": ("", "routing"),
    "suspended": ("reason", "decision"), "completed": ("", "outcome"), "failed": ("outcome", ""),
    "cancelled": ("decision", "outcome"), "revoked": ("decision reason", ""), "expired": ("", "outcome"),
    "lost": ("reason", ""), "annotated": ("note", "outcome"),
}
ROLES = {"requester": 1, "subject": 2, "delegate": 4, "decider": 8}


class Envelope:
    def __init__(self):
        self.stage, self.revisions, self.last_seq = None, 0, None
        self.allowed = self.binding_failed = False
        self.held = {}  # principal -> roles


class Ledger:
    """Takes the entries in order and holds each against those before it."""

    def __init__(self, schema):
        self.schema = schema
        self.stages, self.effects, self.bindings, self.hop_bindings = (
            schema.enums[name][0] for name in ("Stage", "Effect", "ScopeBinding", "HopBinding"))
        self.hashes, self.recorded_at = [], 0
        self.origin, self.keys = None, []  # keys: (seq of the entry that put it in force, raw key)
        self.envelopes, self.principals = {}, {}  # principals: (links so far, seq of the last)
        self.last_event = None

    def add(self, data):
        seq = len(self.hashes)
        entry = self.schema.read(data, "Entry", b"ENVL")
        require(entry["seq"] == seq, f"it says that it is entry {entry['seq']}")
        require(entry["previous"] == (self.hashes[-1] if seq else bytes(32)), "it was sealed upon another entry")
        require(entry["recorded_at"] >= self.recorded_at, "it was recorded before the entry before it")
        require(entry["recorder"] is not None, "it has no recorder")
        require((entry["transition"] is None) != (entry["event"] is None), "not one of transition and event")
        self.recorded_at = entry["recorded_at"]
        if entry["event"]:
            links = (entry["envelope_revision"], entry["envelope_previous"], entry["principal_links"] or None)
            require(links == (None, None, None), "an event with the links of a transition")
            self.add_event(seq, *entry["event"])
        else:
            self.add_transition(seq, entry)
        self.last_event = entry["event"] and entry["event"][0]
        self.hashes.append(leaf_hash(data))

    def add_event(self, seq, name, event):
        require((name == "genesis") == (seq == 0), "entry 0, and no other, must be the genesis")
        if name == "genesis":
            require(len(event["public_key"] or b"") == 32 and event["origin"], "the genesis has no origin or key")
            require(event["format_version"] == 1, f"format version {event['format_version']} is unknown")
            self.origin, self.keys = event["origin"], [(0, event["public_key"])]
        elif name == "opened":
            require(event["entries"] == seq, "it was opened with another number of entries")
            require(bool(event["clean"]) == (self.last_event in ("closed", "genesis")), "clean, or not, wrongly")
        elif name == "key_rotated":
            self.add_rotation(seq, event)

    def add_rotation(self, seq, event):
        """Section 5.3: the key in force hands over to the next, and both have signed that."""
        old, new = event["old_key"] or b"", event["new_key"] or b""
        require(old == self.keys[-1][1], "the old key of the rotation was not in force")
        identifiers = [key_id(self.origin, key) for _, key in self.keys]
        require(len(new) == 32 and key_id(self.origin, new) not in identifiers, "the new key is no new key")
        old_text, new_text = (base64.b64encode(key).decode() for key in (old, new))
        text = f"envledger key rotation v1\n{self.origin}\n{old_text}\n{new_text}\n".encode()
        require(ed25519_verifies(old, text, event["signature"] or b""), "the old key did not sign the rotation")
        if "acceptance" in event:
            require(ed25519_verifies(new, text, event["acceptance"] or b""), "the new key did not sign the rotation")
        self.keys.append((seq, new))

    def add_transition(self, seq, entry):
        require(seq > 0, "entry 0 must be the genesis")
        transition = self.schema.read(entry["transition"], "Transition", b"ENVT")
        require(transition["envelope_id"] and transition["occurred_at"] is not None, "no envelope id or no time")
        envelope = self.envelopes.setdefault(transition["envelope_id"], Envelope())
        stage = self.stages[transition["stage"]]
        self.check_families(stage, transition)
        self.check_move(envelope, stage, transition)
        require(entry["envelope_revision"] == envelope.revisions, f"its revision is not {envelope.revisions}")
        require(entry["envelope_previous"] == envelope.last_seq, f"its envelope's last is {envelope.last_seq}")
        due = self.links_due(seq, envelope, transition)
        links = [tuple(link[field] for field in ("roles", "held", "ordinal", "previous"))
                 for link in entry["principal_links"] or []]
        require(links == due, f"its principal links are {links}, due are {due}")
        envelope.revisions, envelope.last_seq = envelope.revisions + 1, seq

    @staticmethod
    def check_families(stage, transition):
        """Section 2.2."""
        require(stage in FAMILIES, "no stage")
        mandatory, allowed = (set(names.split()) for names in FAMILIES[stage])
        present = {name for name, value in transition.items() if value is not None}
        present -= {"envelope_id", "stage", "occurred_at"}
        require(mandatory <= present, f"{stage} without {', '.join(sorted(mandatory - present))}")
        # Section 2.2 allows a correlation for `requested` alone.
        require(present <= mandatory | allowed, f"{stage} with {', '.join(sorted(present - mandatory - allowed))}")

    def check_move(self, envelope, stage, transition):
        """Section 3.2."""
        if envelope.stage is None:
            require(stage == "requested", f"the envelope's first record is {stage}")
        elif stage != "annotated":
            legal = LEGAL_MOVES.get(envelope.stage, set())
            require(stage in legal, f"{stage} cannot follow {envelope.stage}")
        if stage == "requested":
            hops = transition["identity"]["delegation"] or []
            envelope.binding_failed = (self.bindings[transition["scope"]["binding"]] == "failed"
                                       or any(self.hop_bindings[hop["binding"]] == "failed" for hop in hops))
        if stage in ("admitted", "granted"):
            require(not envelope.binding_failed, f"{stage}, although the binding has failed")
        if stage == "granted" and not envelope.allowed:
            decision = transition["decision"]
            effect = self.effects[decision["effect"]] if decision else None
            require(effect in ("allow", "narrow"), "granted, although nothing allows it")
        envelope.allowed = envelope.allowed or stage in ("admitted", "granted")
        if stage != "annotated":
            envelope.stage = stage

    def links_due(self, seq, envelope, transition):
        """Section 5.2: (roles, held, ordinal, previous) for each principal with a role that is new to it here."""
        identity, decision = transition["identity"] or {}, transition["decision"] or {}
        involved = {}  # in the order of first appearance
        actors = [("delegate", hop["actor"]) for hop in identity.get("delegation") or []]
        for role, who in [("requester", identity.get("requester")), ("subject", identity.get("subject")),
                          *actors, ("decider", decision.get("decider"))]:
            if who is not None:
                principal = who["kind"], who["issuer"], who["id"]
                involved[principal] = involved.get(principal, 0) | ROLES[role]
        due = []
        for principal, roles in involved.items():
            held = envelope.held.get(principal, 0)
            if roles & ~held:
                links, previous = self.principals.get(principal, (0, None))
                due.append((roles & ~held, held, links + 1, previous))
                self.principals[principal] = links + 1, seq
                envelope.held[principal] = held | roles
        return due


# --- The whole -------------------------------------------------------------------------------------------------------


def verify(directory, vkey, schema):
    name, given_key = parse_vkey(vkey)
    try:
        note = Note((directory / "checkpoint").read_bytes())
        origin, size, root = parse_checkpoint(note.text)
    except FileNotFoundError:
        raise Failure("checkpoint: missing") from None
    except Failure as failure:
        raise Failure(f"checkpoint: {failure}") from None
    require(origin == name, f"checkpoint: of the origin {origin!r}, not {name!r}")
    export, ledger = Export(directory), Ledger(schema)
    for where, entry in export.entries(size):
        try:
            ledger.add(entry)
        except Failure as failure:
            raise Failure(f"{where}: {failure}") from None
    require(size > 0, "checkpoint: a ledger has a genesis")
    require(export.compare_hashes(ledger.hashes) == root, "checkpoint: the entries have another root")
    require(ledger.origin == origin, f"tile/entries: the genesis is of the origin {ledger.origin!r}")
    require(given_key in [key for _, key in ledger.keys], "VKEY is none of the ledger's keys")
    in_force = [key for seq, key in ledger.keys if seq < size][-1]
    try:
        signers = [key for _, key in ledger.keys if note.signed_by(origin, key)]
    except Failure as failure:
        raise Failure(f"checkpoint: {failure}") from None
    require(in_force in signers, "checkpoint: not signed by the key in force at its size")
    return f"{origin}, {size} entries, {len(ledger.envelopes)} envelopes, root {root.hex()}"


def main():
    parser = argparse.ArgumentParser(description="Verifies an exported ledger.")
    parser.add_argument("directory", metavar="DIR", type=Path)
    parser.add_argument("vkey", metavar="VKEY", help="the verifier key itself")
    parser.add_argument("--schema", type=Path, default=Path(__file__).resolve().parents[2] / "schema")
    options = parser.parse_args()
    try:
        print("VERIFIED ", verify(options.directory, options.vkey, Schema(options.schema)))
        return 0
    except Failure as failure:
        print("FAILED ", failure)
        return 1


if __name__ == "__main__":
    sys.exit(main())
