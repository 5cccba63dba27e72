"""A part of verify_tiles.py: buffers, read as the schemas say."""

import re
import struct

import flatbuffers.table
from flatbuffers import number_types

from signed_notes import Failure, require

SCALARS = {
    "bool": number_types.BoolFlags, "ubyte": number_types.Uint8Flags, "uint": number_types.Uint32Flags,
    "int": number_types.Int32Flags, "ulong": number_types.Uint64Flags, "long": number_types.Int64Flags,
}


class Schema:
    """Tables, enums and the union of .fbs files; reads buffers into dictionaries by field name."""

    def __init__(self, directory):
        text = "".join((directory / name).read_text() for name in ("transition.fbs", "entry.fbs"))
        text = re.sub("//.*", "", text)
        self.enums = {}  # name -> {value: name of it}
        for name, flags, body in re.findall(r"enum (\w+) : ubyte( \(bit_flags\))? \{(.*?)\}", text, re.S):
            names = [item.split("=")[0].strip() for item in body.split(",")]
            numbers = [int(n) for n in re.findall(r"= (\d+)", body)] or [1 << bit for bit in range(len(names))]
            self.enums[name] = (dict(zip(numbers, names)), bool(flags))
        self.tables = {}  # name -> [(field, type, id, has a null default)]
        for name, body in re.findall(r"table (\w+) \{(.*?)\}", text, re.S):
            fields = re.findall(r"(\w+): (\[?\w+\]?)( = \w+)? \(id: (\d+)", body)
            self.tables[name] = [(field, kind, int(at), default == " = null") for field, kind, default, at in fields]
        (body,) = re.findall(r"union LedgerEvent \{(.*?)\}", text, re.S)
        self.events = {number: pair for number, pair in enumerate(re.findall(r"(\w+): (\w+)", body), start=1)}

    def read(self, data, root, identifier):
        require(len(data) >= 8 and data[4:8] == identifier and len(data) % 8 == 0, "not such a buffer")
        try:
            return self.table(root, data, struct.unpack_from("<I", data)[0])
        except (struct.error, IndexError, TypeError, ValueError) as error:
            raise Failure(f"not a well-formed buffer: {error}") from None

    def table(self, name, data, position):
        vtable = position - struct.unpack_from("<i", data, position)[0]
        known = {at for _, _, at, _ in self.tables[name]}
        if name == "Entry":
            known.add(8)  # the type of the union with id 9 (a union takes the id before it, too)
        for at in range((struct.unpack_from("<H", data, vtable)[0] - 4) // 2):
            require(at in known or struct.unpack_from("<H", data, vtable + 4 + 2 * at)[0] == 0,
                    f"{name} has a field that the schema does not have")
        table = flatbuffers.table.Table(data, position)
        return {field: self.field(table, kind, at, nullable) for field, kind, at, nullable in self.tables[name]}

    def field(self, table, kind, at, nullable):
        offset = table.Offset(4 + 2 * at)
        if kind == "LedgerEvent":
            type_offset = table.Offset(4 + 2 * (at - 1))
            require((offset == 0) == (type_offset == 0), "a union without its type or value")
            if offset == 0:
                return None
            number = table.Get(number_types.Uint8Flags, table.Pos + type_offset)
            require(number in self.events, f"an event of unknown type {number}")
            event, name = self.events[number]
            return event, self.table(name, table.Bytes, table.Indirect(table.Pos + offset))
        if kind in SCALARS or kind in self.enums:
            absent = None if nullable else 0
            return self.scalar(table, kind, table.Pos + offset) if offset else absent
        if offset == 0:
            return None
        if kind == "Hash32":
            return self.slice(table.Bytes, table.Pos + offset, 32)
        if kind.startswith("["):
            return self.vector(table, kind[1:-1], offset)
        return self.value(table, kind, table.Pos + offset)

    def scalar(self, table, kind, position):
        value = table.Get(SCALARS.get(kind, number_types.Uint8Flags), position)
        if kind in self.enums:
            known, flags = self.enums[kind]
            require(value in known or (flags and value < 2 * max(known)), f"{kind} has no value {value}")
        return value

    def vector(self, table, kind, offset):
        start, count = table.Vector(offset), table.VectorLen(offset)
        if kind == "ubyte":
            return self.slice(table.Bytes, start, count)
        self.slice(table.Bytes, start, 4 * count)
        return [self.value(table, kind, start + 4 * i) for i in range(count)]

    def value(self, table, kind, position):
        """What an offset at `position` leads to."""
        target = table.Indirect(position)
        if kind == "string":
            size = struct.unpack_from("<I", table.Bytes, target)[0]
            return self.slice(table.Bytes, target + 4, size).decode()
        return self.table(kind, table.Bytes, target)

    @staticmethod
    def slice(data, start, size):
        require(start + size <= len(data), "a list reaches beyond the buffer")
        return bytes(data[start : start + size])
