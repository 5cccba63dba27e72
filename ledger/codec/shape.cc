// The FlatBuffers verifier makes a buffer safe to read, and no more. It accepts unknown enum values, bytes after the
// data and fields of other schemas, and the work it does is not bounded by the buffer's size (ten thousand tables may
// share one list of ten thousand strings). The pass here checks what the verifier leaves out, and bounds the work: it
// walks the buffer by the schema, which flatc generates as type tables, and charges every reference to an object
// against a budget.
//
// The type tables are compiled once into Table and Field below, so that the walk is a loop over small flat records. The
// walk checks its own bounds and trusts nothing. The verifier runs afterwards too, because the generated accessors
// require it.
#include "ledger/codec/shape.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "flatbuffers/flatbuffers.h"
#include "ledger/base/bytes.h"
#include "ledger/codec/secrets.h"

namespace envledger {
namespace {

enum class Kind : uint8_t {
  kScalar,
  kBool,
  kEnum,
  kMask,
  kStruct,
  kString,
  kTable,
  kUnionType,
  kUnion,
  kScalarList,
  kEnumList,
  kStringList,
  kTableList
};

// Data may be referred to more than once (a string that many items share). With every reference expanded, a buffer may
// be this many times its size, or this many times 64 KiB.
constexpr uint64_t kMaxExpansion = 16;
constexpr uint64_t kSmallBuffer = 64 * 1024;

constexpr size_t kHeaderBytes = 8;  // the root's offset and the identifier

template <typename T>
T Load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return flatbuffers::EndianScalar(value);
}

uint8_t SizeOf(flatbuffers::ElementaryType type) {
  switch (type) {
    case flatbuffers::ET_UTYPE:
    case flatbuffers::ET_BOOL:
    case flatbuffers::ET_CHAR:
    case flatbuffers::ET_UCHAR:
      return 1;
    case flatbuffers::ET_SHORT:
    case flatbuffers::ET_USHORT:
      return 2;
    case flatbuffers::ET_LONG:
    case flatbuffers::ET_ULONG:
    case flatbuffers::ET_DOUBLE:
      return 8;
    default:
      return 4;
  }
}

struct Field {
  std::string_view name;
  Kind kind = Kind::kScalar;
  uint8_t width = 0;  // in the table
  uint8_t align = 0;
  uint8_t item_width = 0;               // of lists of scalars and enums
  uint8_t max = 0;                      // of enums and union types; of masks, all bits
  const Shape::Table* table = nullptr;  // of a table or the items of a list
  std::vector<std::pair<std::string_view, const Shape::Table*>> members;  // of a union, by type; [0] means no type
};

}  // namespace

struct Shape::Table {
  std::vector<Field> fields;  // by id
};

struct Shape::Tables {
  const Table* root = nullptr;
  std::map<const flatbuffers::TypeTable*, Table> compiled;

  const Table* Compile(const flatbuffers::TypeTable* type);

 private:
  Field CompileField(const flatbuffers::TypeTable* type, size_t id);
};

const Shape::Table* Shape::Tables::Compile(const flatbuffers::TypeTable* type) {
  const auto [place, is_new] = compiled.try_emplace(type);
  if (is_new) {
    for (size_t id = 0; id < type->num_elems; ++id) place->second.fields.push_back(CompileField(type, id));
  }
  return &place->second;
}

Field Shape::Tables::CompileField(const flatbuffers::TypeTable* type, size_t id) {
  const flatbuffers::TypeCode code = type->type_codes[id];
  const auto base = static_cast<flatbuffers::ElementaryType>(code.base_type);
  const bool list = code.is_repeating != 0;
  const flatbuffers::TypeTable* refers = code.sequence_ref >= 0 ? type->type_refs[code.sequence_ref]() : nullptr;
  Field field;
  field.name = type->names[id];
  field.width = field.align = list ? 4 : SizeOf(base);
  field.item_width = SizeOf(base);
  if (base == flatbuffers::ET_STRING) {
    field.kind = list ? Kind::kStringList : Kind::kString;
  } else if (base == flatbuffers::ET_UTYPE) {
    field.kind = Kind::kUnionType;
    field.max = static_cast<uint8_t>(refers->num_elems - 1);
  } else if (base == flatbuffers::ET_SEQUENCE && refers->st == flatbuffers::ST_UNION) {
    field.kind = Kind::kUnion;
    field.members.emplace_back("", nullptr);
    for (size_t member = 1; member < refers->num_elems; ++member) {
      const auto* table = refers->type_refs[refers->type_codes[member].sequence_ref]();
      field.members.emplace_back(refers->names[member], Compile(table));
    }
  } else if (base == flatbuffers::ET_SEQUENCE && refers->st == flatbuffers::ST_STRUCT) {
    field.kind = Kind::kStruct;  // structs of bytes: no alignment
    field.width = static_cast<uint8_t>(refers->values[refers->num_elems]);
    field.align = 1;
  } else if (base == flatbuffers::ET_SEQUENCE) {
    field.kind = list ? Kind::kTableList : Kind::kTable;
    field.table = Compile(refers);
  } else if (refers != nullptr && refers->values != nullptr) {  // an enum with values other than 0, 1, 2...: bit flags
    field.kind = Kind::kMask;
    for (size_t bit = 0; bit < refers->num_elems; ++bit) field.max |= static_cast<uint8_t>(refers->values[bit]);
  } else if (refers != nullptr) {
    field.kind = list ? Kind::kEnumList : Kind::kEnum;
    field.max = static_cast<uint8_t>(refers->num_elems - 1);
  } else if (base == flatbuffers::ET_BOOL && !list) {
    field.kind = Kind::kBool;
    field.max = 1;
  } else {
    field.kind = list ? Kind::kScalarList : Kind::kScalar;
  }
  return field;
}

namespace {

class Walk {
 public:
  Walk(const ShapeLimits& limits, const uint8_t* data, size_t size, Fault& fault)
      : limits_(limits),
        data_(data),
        size_(size),
        fault_(fault),
        budget_(static_cast<int64_t>(kMaxExpansion * std::max<uint64_t>(size, kSmallBuffer))) {}

  bool Run(const Shape::Table& root) {
    size_t at = 0;
    return Follow(0, &at) && Table(at, root) && Tail();
  }

 private:
  bool Broken(const char* what) { return fault_.Set("", std::string("is not a well-formed buffer: ") + what); }

  // Charges one reference to the object at [at, at + size). REQUIRES: it lies in the buffer.
  bool Pay(size_t at, size_t size, bool is_bytes = false) {
    if (at + size > end_) {
      end_ = at + size;
      ends_in_bytes_ = is_bytes;
    }
    budget_ -= static_cast<int64_t>(size);
    return budget_ >= 0 || fault_.Set("", "refers to the same data so often that it would be too large written out");
  }

  // Follows the offset at `at`.
  bool Follow(size_t at, size_t* target) {
    const auto offset = Load<uint32_t>(data_ + at);
    if (offset == 0 || offset > size_ - at) return Broken("an offset points outside it");
    *target = at + offset;
    return true;
  }

  bool Table(size_t at, const Shape::Table& shape) {
    if (at % 4 != 0 || at < kHeaderBytes || size_ - at < 4) return Broken("a table is misplaced");
    const auto back = static_cast<int64_t>(Load<int32_t>(data_ + at));
    const int64_t vtable_at = static_cast<int64_t>(at) - back;
    if (vtable_at < static_cast<int64_t>(kHeaderBytes) || vtable_at % 2 != 0 ||
        vtable_at + 4 > static_cast<int64_t>(size_)) {
      return Broken("a table's layout is misplaced");
    }
    const uint8_t* vtable = data_ + vtable_at;
    const size_t vtable_size = Load<uint16_t>(vtable);
    const size_t table_size = Load<uint16_t>(vtable + 2);
    if (vtable_size < 4 || vtable_size % 2 != 0 || vtable_size > size_ - static_cast<size_t>(vtable_at) ||
        table_size < 4 || table_size > size_ - at) {
      return Broken("a table does not fit");
    }
    if (!Pay(at, table_size) || !Pay(static_cast<size_t>(vtable_at), vtable_size)) return false;
    const size_t stated = (vtable_size - 4) / 2;
    const size_t known = std::min(stated, shape.fields.size());
    for (size_t id = 0; id < known; ++id) {
      const size_t offset = Load<uint16_t>(vtable + 4 + 2 * id);
      const Field& field = shape.fields[id];
      if (offset == 0) continue;
      if (offset < 4 || offset + field.width > table_size || (at + offset) % field.align != 0) {
        return Broken("a field is misplaced") || fault_.In(field.name);
      }
      eight_ = eight_ || field.align == 8;
      const bool has_next = id + 1 < stated && Load<uint16_t>(vtable + 4 + 2 * (id + 1)) != 0;
      if (field.kind == Kind::kUnionType && data_[at + offset] != 0 && !has_next) {
        return fault_.Set(shape.fields[id + 1].name, "is missing");
      }
      const uint8_t type = field.kind == Kind::kUnion ? TypeOfUnion(at, vtable, id) : 0;
      if (!Value(at + offset, field, type)) return fault_.In(field.name);
    }
    for (size_t id = known; id < stated; ++id) {
      if (Load<uint16_t>(vtable + 4 + 2 * id) == 0) continue;
      return fault_.Set("", "has a field (id " + std::to_string(id) + ") that the schema does not know");
    }
    return true;
  }

  // The type of the union with this id. Its type field is the one before it, and was checked before.
  uint8_t TypeOfUnion(size_t table_at, const uint8_t* vtable, size_t id) const {
    const size_t offset = Load<uint16_t>(vtable + 4 + 2 * (id - 1));
    return offset == 0 ? 0 : data_[table_at + offset];
  }

  bool Value(size_t at, const Field& field, uint8_t union_type) {
    switch (field.kind) {
      case Kind::kScalar:
      case Kind::kStruct:
        return true;
      case Kind::kBool:
      case Kind::kEnum:
      case Kind::kUnionType:
        return data_[at] <= field.max || Unknown(data_[at]);
      case Kind::kMask:
        return (data_[at] & ~field.max) == 0 || Unknown(data_[at]);
      default:
        break;
    }
    size_t target = 0;
    if (!Follow(at, &target)) return false;
    switch (field.kind) {
      case Kind::kString:
        return String(target);
      case Kind::kTable:
        return Table(target, *field.table);
      case Kind::kUnion:
        if (union_type == 0) return fault_.Set("", "has no type");
        return Table(target, *field.members[union_type].second) || fault_.In(field.members[union_type].first);
      default:
        return List(target, field);
    }
  }

  bool Unknown(uint8_t value) { return fault_.Set("", "has the unknown value " + std::to_string(value)); }

  bool List(size_t at, const Field& field) {
    if (at % 4 != 0 || size_ - at < 4) return Broken("a list is misplaced");
    const size_t count = Load<uint32_t>(data_ + at);
    const size_t width = field.kind == Kind::kScalarList || field.kind == Kind::kEnumList ? field.item_width : 4;
    if (count > (size_ - at - 4) / width || (count != 0 && (at + 4) % width != 0)) return Broken("a list does not fit");
    if (count > limits_.max_list_items && width != 1) {
      return fault_.Set(
          "", "has " + std::to_string(count) + " items; the limit is " + std::to_string(limits_.max_list_items));
    }
    if (!Pay(at, 4 + count * width, width == 1)) return false;
    if (field.kind == Kind::kScalarList) return true;
    for (size_t i = 0; i < count; ++i) {
      if (!Item(at + 4 + i * width, field)) return fault_.InItem(i);
    }
    return true;
  }

  bool Item(size_t at, const Field& field) {
    if (field.kind == Kind::kEnumList) return data_[at] <= field.max || Unknown(data_[at]);
    size_t target = 0;
    if (!Follow(at, &target)) return false;
    return field.kind == Kind::kStringList ? String(target) : Table(target, *field.table);
  }

  bool String(size_t at) {
    if (at % 4 != 0 || size_ - at < 5) return Broken("a string is misplaced");
    const size_t length = Load<uint32_t>(data_ + at);
    if (length > size_ - at - 5 || data_[at + 4 + length] != 0) return Broken("a string does not fit");
    if (length > limits_.max_string_bytes) {
      return fault_.Set(
          "", "has " + std::to_string(length) + " bytes; the limit is " + std::to_string(limits_.max_string_bytes));
    }
    if (!Pay(at, 4 + length + 1)) return false;
    const std::string_view text(reinterpret_cast<const char*>(data_ + at + 4), length);
    const TextTraits traits = ScanText(text);
    if (!traits.ascii && !IsUtf8(text)) return fault_.Set("", "is not UTF-8");
    if (!limits_.strict_text) return true;
    if (length == 0) return fault_.Set("", "is empty; leave it out");
    if (traits.has_nul) return fault_.Set("", "has the character U+0000");
    if (!traits.maybe_secret) return true;
    const std::string_view secret = SecretIn(text);
    return secret.empty() || fault_.Set("", "holds what looks like " + std::string(secret), "no-secrets");
  }

  // Nothing may follow the last object but the zeros that alignment needs. Buffers are written from their end, so that
  // is padded to the alignment of the last object, and the whole to the largest alignment in the buffer: eight when
  // there is an integer of eight bytes, optionally also when the last object is bytes (nested buffers are aligned to
  // eight), otherwise four.
  bool Tail() {
    if (eight_ && size_ % 8 != 0) return fault_.Set("", "is not a whole number of 8-byte words");
    const bool eight = eight_ || limits_.whole_words || (ends_in_bytes_ && size_ % 8 == 0);
    const bool padded = size_ - end_ < (eight ? 8 : 4);
    const bool zero = std::all_of(data_ + end_, data_ + size_, [](uint8_t byte) { return byte == 0; });
    return (padded && zero) || fault_.Set("", "has bytes after its end");
  }

  const ShapeLimits& limits_;
  const uint8_t* const data_;
  const size_t size_;
  Fault& fault_;
  int64_t budget_;
  size_t end_ = kHeaderBytes;   // of the object that reaches furthest
  bool ends_in_bytes_ = false;  // that object is a list of bytes
  bool eight_ = false;          // there is an integer of eight bytes
};

}  // namespace

Shape::Shape(const flatbuffers::TypeTable* root, const ShapeLimits& limits)
    : limits_(limits), tables_(std::make_unique<Tables>()) {
  tables_->root = tables_->Compile(root);
}

Shape::~Shape() = default;

bool Shape::Check(const uint8_t* data, size_t size, Fault& fault) const {
  if (size > limits_.max_bytes) {
    return fault.Set("", "has " + std::to_string(size) + " bytes; the limit is " + std::to_string(limits_.max_bytes));
  }
  const size_t word = limits_.whole_words ? 8 : 4;
  if (size < kHeaderBytes + 4 || size % word != 0) {
    return fault.Set("", "has " + std::to_string(size) + " bytes, which is not the size of a whole buffer");
  }
  if (std::memcmp(data + 4, limits_.identifier.data(), 4) != 0) {
    return fault.Set("", "does not have the identifier " + std::string(limits_.identifier));
  }
  return Walk(limits_, data, size, fault).Run(*tables_->root);
}

bool Fault::Set(std::string_view field, std::string what, std::string_view rule_name) {
  rule = rule_name;
  path = field;
  problem = std::move(what);
  return false;
}

bool Fault::In(std::string_view field) {
  const bool joined = path.empty() || path.front() == '[';
  path.insert(0, std::string(field) + (joined ? "" : "."));
  return false;
}

bool Fault::InItem(size_t index) {
  path.insert(0, "[" + std::to_string(index) + (path.empty() ? "]" : "]."));
  return false;
}

Status Fault::ToStatus(Code code, std::string_view whole) const {
  const std::string field = path.empty() ? std::string(whole) : path;
  return {code, field, (rule.empty() ? "" : rule + ": ") + field + " " + problem};
}

}  // namespace envledger
