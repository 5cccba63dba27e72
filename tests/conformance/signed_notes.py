"""A part of verify_tiles.py: signed notes and checkpoints (section 6), and the Ed25519 that signs them."""

import base64
import binascii
import hashlib
import re


class Failure(Exception):
    """What is wrong, and where."""


def require(condition, message):
    if not condition:
        raise Failure(message)


def sha256(data):
    return hashlib.sha256(data).digest()


# --- Ed25519, RFC 8032 section 5.1 -----------------------------------------------------------------------------------
# Points are in extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z (section 5.1.4).

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def point_decode(data):
    """The point, or None when the bytes encode none (section 5.1.3)."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x_squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if (x * x - x_squared) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x_squared) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verifies(public_key, message, signature):
    """Section 5.1.7, without the cofactor: S*B - k*A must be encoded as R is."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, s = point_decode(public_key), int.from_bytes(signature[32:], "little")
    if a is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    minus_a = (P - a[0], a[1], 1, P - a[3])
    return point_encode(point_add(point_multiply(s, BASE), point_multiply(k, minus_a))) == signature[:32]


# --- Signed notes and checkpoints, section 6 -------------------------------------------------------------------------


def strict_base64(text, what):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Failure(f"{what} is not base64") from None
    require(base64.b64encode(data).decode() == text, f"{what} is not canonical base64")
    return data


def key_id(name, public_key):
    return sha256(name.encode() + b"\n\x01" + public_key)[:4]


def parse_vkey(text):
    """The name and the public key of "<name>+<id>+<base64 of 0x01 and the key>"."""
    parts = text.strip().split("+", 2)
    require(len(parts) == 3, "VKEY is no verifier key")
    name, identifier, data = parts[0], parts[1], strict_base64(parts[2], "VKEY")
    require(len(data) == 33 and data[0] == 1, "VKEY is not an Ed25519 key")
    require(identifier == key_id(name, data[1:]).hex(), "VKEY has another key id than its key")
    return name, data[1:]


class Note:
    """A signed note: its text, and (name, key id, signature) of each line."""

    def __init__(self, data):
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise Failure("not UTF-8") from None
        require(all(c == "\n" or ord(c) >= 32 for c in whole), "a control character")
        split = whole.rfind("\n\n")
        require(split >= 0 and whole.endswith("\n"), "not a signed note")
        self.text = whole[: split + 1]
        self.signatures = []
        for line in whole[split + 2 :].splitlines():
            parts = line.split(" ")
            require(len(parts) == 3 and parts[0] == "\u2014" and parts[1], "a malformed signature line")
            data = strict_base64(parts[2], "a signature")
            require(len(data) > 4, "a signature is too short")
            self.signatures.append((parts[1], data[:4], data[4:]))
        require(self.signatures, "no signature")

    def signed_by(self, name, public_key):
        """Whether there is a line by the key. A line that names it and does not verify is a failure."""
        found = False
        for line_name, identifier, signature in self.signatures:
            if (line_name, identifier) == (name, key_id(name, public_key)):
                require(ed25519_verifies(public_key, self.text.encode(), signature), "a signature does not verify")
                found = True
        return found


def parse_checkpoint(text):
    lines = text.split("\n")
    require(len(lines) >= 4 and lines[0] and all(lines[:-1]), "not a checkpoint")
    require(re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII) and int(lines[1]) < 2**64, "the size is not a number")
    root = strict_base64(lines[2], "the root")
    require(len(root) == 32, "the root is not a hash")
    return lines[0], int(lines[1]), root
