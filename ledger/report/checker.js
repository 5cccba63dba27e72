"use strict";
// Checks the evidence embedded in a report, in the browser that shows it: the signature of its checkpoint, and that its
// entries lead to the checkpoint's root. It follows the rules of ledger/evidence/proof_checker.h for a single key.
// tests/report/checker_test.cc compares the two checkers: each refuses what the other refuses.
//
// No function here uses the page. Hashes and bytes are Uint8Array, sizes and entry numbers BigInt, and text is Unicode.
// A failed check throws an Error whose message says why; a browser without Ed25519 throws a NotSupportedError.
const reportChecker = (() => {
  const refuse = why => { throw new Error(why); };

  const utf8 = text => new TextEncoder().encode(text);

  const concat = parts => {
    const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };

  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", concat(parts)));

  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

  const hex = bytes => [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");

  // Canonical base64: padded, without white space or spare bits.
  const fromBase64 = (text, what) => {
    const last = text.slice(-4);
    if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || btoa(atob(last)) !== last) {
      refuse(what + " is not base64");
    }
    return Uint8Array.from(atob(text), c => c.charCodeAt(0));
  };

  const hashFrom = (text, what) => {
    const bytes = fromBase64(text, what);
    return bytes.length === 32 ? bytes : refuse(what + " is not a hash of 32 bytes");
  };

  const isNumber = number => number < 1n << 64n;

  const isKeyName = name => name !== "" && !/[\u0000-\u001f+\p{White_Space}]/u.test(name);

  // "<name>+<key id in 8 hex digits>+<base64 of 0x01 and the 32 bytes of an Ed25519 key>".
  const readKey = async vkey => {
    const parts = /^([^+]*)\+([0-9A-Fa-f]{8})\+(.*)$/s.exec(vkey) || refuse("the verifier key is malformed");
    const name = parts[1], typed = fromBase64(parts[3], "the verifier key");
    if (!isKeyName(name)) refuse("the verifier key has no name");
    if (typed.length !== 33 || typed[0] !== 1) refuse("the verifier key is not an Ed25519 key");
    const id = hex((await sha256(utf8(name + "\n"), typed)).slice(0, 4));
    if (id !== parts[2].toLowerCase()) refuse("the key id of the verifier key does not match its name and key");
    return {name, id, bytes: typed.slice(1), text: name + "+" + id + "+" + parts[3]};
  };

  const readSignature = line => {
    const parts = /^\u2014 ([^ ]*) (.*)$/s.exec(line) || refuse("the note has a line that is not a signature");
    const name = parts[1], value = fromBase64(parts[2], "a signature");
    if (!isKeyName(name) || value.length <= 4) refuse("the note has a malformed signature");
    return {name, id: hex(value.slice(0, 4)), bytes: value.slice(4)};
  };

  // The text of a C2SP signed note, with its last newline, and the signatures under it.
  const readNote = note => {
    if (utf8(note).length > 1000000) refuse("the note is too long");
    if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) refuse("the note has control characters");
    const end = note.lastIndexOf("\n\n");
    if (end < 0 || !note.endsWith("\n")) refuse("the note has no signatures after a blank line");
    const lines = note.slice(end + 2).split("\n").slice(0, -1);
    if (lines.length === 0 || lines.length > 16) refuse("the note does not have 1 to 16 signatures");
    return {text: note.slice(0, end + 1), signatures: lines.map(readSignature)};
  };

  // Every signature that names the key must verify, and there must be at least one.
  const verifyNote = async (note, key) => {
    const own = note.signatures.filter(one => one.name === key.name && one.id === key.id);
    if (own.length === 0) refuse("the checkpoint is not signed by " + key.text);
    const ed25519 = await crypto.subtle.importKey("raw", key.bytes, {name: "Ed25519"}, false, ["verify"]);
    for (const signature of own) {
      const verifies = await crypto.subtle.verify("Ed25519", ed25519, signature.bytes, utf8(note.text));
      if (!verifies) refuse("the signature of " + key.text + " does not verify");
    }
  };

  // The three lines of a checkpoint; further lines are ignored.
  const readCheckpoint = text => {
    const lines = text.split("\n");
    if (!text.endsWith("\n") || lines.length < 4 || lines.slice(0, -1).includes("")) {
      refuse("the signed text is not a checkpoint");
    }
    if (!/^(0|[1-9][0-9]{0,19})$/.test(lines[1]) || !isNumber(BigInt(lines[1]))) {
      refuse("the checkpoint's size is not a number");
    }
    return {origin: lines[0], size: BigInt(lines[1]), root: hashFrom(lines[2], "the checkpoint's root")};
  };

  // The checkpoint of a note signed by `key`. An empty tree has a root too.
  const openCheckpoint = async (text, key) => {
    const note = readNote(text);
    await verifyNote(note, key);
    const checkpoint = readCheckpoint(note.text);
    const {origin, size, root} = checkpoint;
    if (origin !== key.name) refuse("the checkpoint belongs to " + origin + ", not to " + key.name);
    if (size === 0n && !same(root, await sha256())) refuse("the checkpoint has another root than an empty tree");
    return checkpoint;
  };

  const leafHash = entry => sha256(new Uint8Array([0]), entry);

  // The root of the tree of `size` leaves, computed from `leaves` ([number, leaf hash], in order) and the hashes of the
  // largest subtrees without any of them, from left to right.
  const subsetRoot = async (leaves, size, nodes) => {
    if (leaves.length === 0) refuse("there are no entries to prove");
    leaves.forEach(([number], i) => {
      if (number >= size || (i > 0 && number <= leaves[i - 1][0])) refuse("entry " + number + " is out of order");
    });
    let leaf = 0, node = 0;
    const fold = async (low, count) => {
      if (leaf === leaves.length || leaves[leaf][0] >= low + count) {
        return node < nodes.length ? nodes[node++] : refuse("the proof has too few nodes");
      }
      if (count === 1n) return leaves[leaf++][1];
      let half = 1n;
      while (half * 2n < count) half *= 2n;
      const left = await fold(low, half);
      const right = await fold(low + half, count - half);
      return sha256(new Uint8Array([1]), left, right);
    };
    const root = await fold(0n, size);
    return node === nodes.length ? root : refuse("the proof has too many nodes");
  };

  const isText = value => typeof value === "string";
  const isCount = value => Number.isSafeInteger(value) && value >= 0;

  // The members with these names, in this order, and no others.
  const pick = (from, ...names) => Object.fromEntries(
    names.map(name => [name, from[name] === undefined ? refuse("the evidence has no " + name) : from[name]]));

  // The canonical spelling of evidence. Different readers could disagree about numbers and text that are written in
  // another way, and about repeated members.
  const spell = data => {
    const whole = pick(data, "format", "version", "generated_at", "filters", "principals", "answer", "envelopes",
                       "vkey", "checkpoint", "nodes", "entries");
    whole.answer = pick(data.answer, "tree_size", "root", "complete", "problem", "more");
    whole.entries = data.entries.map(([number, bytes]) => [number, bytes]);
    return JSON.stringify(whole).replace(/[<\u007f-\u009f]/g, c => "\\u00" + c.charCodeAt(0).toString(16));
  };

  // Reads the evidence of a report (schema/FORMAT.md), as far as it is checked here.
  const readEvidence = json => {
    const data = JSON.parse(json, (name, value) => {
      if (isText(value) && /\p{Surrogate}/u.test(value)) refuse("the evidence has text that is not Unicode");
      return value;
    });
    if (data === null || data.format !== "envledger-report/1") refuse("the evidence has an unknown format");
    const {entries, nodes, checkpoint, vkey, answer} = data;
    const isEntry = row => Array.isArray(row) && isCount(row[0]) && isText(row[1]);
    if (!Array.isArray(entries) || !entries.every(isEntry)) refuse("the evidence has no list of entries");
    if (!Array.isArray(nodes) || !nodes.every(isText)) refuse("the evidence has no list of nodes");
    if (!isText(checkpoint) || !isText(vkey)) refuse("the evidence has no checkpoint or no key");
    if (!answer || !isCount(answer.tree_size) || !isText(answer.root)) refuse("the evidence has no answer");
    if (spell(data) !== json) refuse("the evidence is not in canonical form");
    return {
      entries: entries.map(([number, bytes]) => [BigInt(number), fromBase64(bytes, "entry " + number)]),
      nodes: nodes.map(node => hashFrom(node, "a node")),
      checkpoint,
      vkey,
      answeredSize: BigInt(answer.tree_size),
      answeredRoot: hashFrom(answer.root, "the root of the answer"),
    };
  };

  // Checks evidence, which is one line of JSON. Returns the checkpoint that vouches for it and the number of entries.
  const check = async json => {
    const evidence = readEvidence(json);
    const key = await readKey(evidence.vkey);
    if (key.text !== evidence.vkey) refuse("the verifier key is not in canonical form");
    const checkpoint = await openCheckpoint(evidence.checkpoint, key);
    const {origin, size, root} = checkpoint;
    if (evidence.entries.length > 0) {
      const leaves = [];
      for (const [number, entry] of evidence.entries) leaves.push([number, await leafHash(entry)]);
      const reached = await subsetRoot(leaves, size, evidence.nodes);
      if (!same(reached, root)) refuse("the entries do not lead to the root of the checkpoint");
      if (evidence.answeredSize === size && !same(evidence.answeredRoot, root)) {
        refuse("the answer has another root than the checkpoint of the same size");
      }
    }
    return {origin, size, entries: evidence.entries.length};
  };

  return {readKey, readNote, verifyNote, readCheckpoint, openCheckpoint, subsetRoot, check, fromBase64, hashFrom, hex};
})();
