// Writing the JSON form: appends to one string, driven by the tables of json_fields.h.
#include <type_traits>

#include "ledger/base/bytes.h"
#include "ledger/codec/json.h"
#include "ledger/codec/json_fields.h"
#include "ledger/codec/quantity.h"

namespace envledger {

// The ledger's own events are only ever written. An empty text or list is left out, a number never.
namespace json {

template <>
struct Fields<Genesis> {
  static constexpr std::tuple kList{
      Field{"origin", &Genesis::origin}, Field{"public_key", &Genesis::public_key, Form::kBase64},
      Field{"format_version", &Genesis::format_version}, Field{"created_at", &Genesis::created_at}};
};
template <>
struct Fields<Opened> {
  static constexpr std::tuple kList{Field{"version", &Opened::version}, Field{"entries", &Opened::entries},
                                    Field{"clean", &Opened::clean}};
};
template <>
struct Fields<Closed> {
  static constexpr std::tuple kList{Field{"reason", &Closed::reason}};
};
template <>
struct Fields<KeyRotated> {
  static constexpr std::tuple kList{Field{"old_key", &KeyRotated::old_key, Form::kBase64},
                                    Field{"new_key", &KeyRotated::new_key, Form::kBase64},
                                    Field{"signature", &KeyRotated::signature, Form::kBase64},
                                    Field{"acceptance", &KeyRotated::acceptance, Form::kBase64}};
};
template <>
struct Fields<ConfigurationChanged> {
  static constexpr std::tuple kList{Field{"settings", &ConfigurationChanged::settings}};
};
template <>
struct Fields<ClockStepped> {
  static constexpr std::tuple kList{Field{"from", &ClockStepped::from}, Field{"to", &ClockStepped::to}};
};
template <>
struct Fields<RefusalCount> {
  static constexpr std::tuple kList{Field{"producer", &RefusalCount::producer}, Field{"uid", &RefusalCount::uid},
                                    Field{"rule", &RefusalCount::rule}, Field{"count", &RefusalCount::count}};
};
template <>
struct Fields<AppendsRefused> {
  static constexpr std::tuple kList{Field{"since", &AppendsRefused::since},
                                    Field{"refusals", &AppendsRefused::refusals}};
};
template <>
struct Fields<QueryServed> {
  static constexpr std::tuple kList{Field{"uid", &QueryServed::uid},         Field{"gid", &QueryServed::gid},
                                    Field{"pid", &QueryServed::pid},         Field{"request", &QueryServed::request},
                                    Field{"filters", &QueryServed::filters}, Field{"results", &QueryServed::results}};
};
template <>
struct Fields<Exported> {
  static constexpr std::tuple kList{Field{"uid", &Exported::uid}, Field{"tree_size", &Exported::tree_size},
                                    Field{"form", &Exported::form}};
};

}  // namespace json

namespace {

using json::Described;
using json::Fields;
using json::Form;

// Appends `text` in quotes. Besides what RFC 8259 demands, DEL and U+0080 to U+009F are escaped: a stored text must not
// steer the terminal on which it is printed.
void AppendString(std::string& out, std::string_view text) {
  static constexpr std::string_view kShort = "btn?fr";  // for 0x08 to 0x0D; 0x0B has none
  out += '"';
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F && c != 0xC2) continue;
    size_t size = 1;
    if (c == 0xC2) {
      if (i + 1 == text.size() || static_cast<unsigned char>(text[i + 1]) > 0x9F) continue;
      c = static_cast<unsigned char>(text[i + 1]);
      size = 2;
    }
    out += text.substr(copied, i - copied);
    if (size == 1 && (c == '"' || c == '\\')) {
      out += {'\\', static_cast<char>(c)};
    } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
      out += {'\\', kShort[c - 0x08u]};
    } else {
      out += "\\u00" + Hex({reinterpret_cast<const char*>(&c), 1});
    }
    i += size - 1;
    copied = i + 1;
  }
  out += text.substr(copied);
  out += '"';
}

bool IsShort(const Resource& resource) {
  return resource.amount.has_value() && !resource.min.has_value() && !resource.max.has_value() &&
         resource.per == Per::kTotal && resource.unit_of.empty() && resource.origin == Origin::kUnspecified &&
         resource.selector.empty();
}

// The overloads are members so that all of them see each other.
class Writer {
 public:
  std::string Take() { return std::move(out_); }
  void Reserve(size_t size) { out_.reserve(size); }

  void Put(const std::string& value, Form form) {
    form == Form::kBase64 ? AppendString(out_, Base64(value)) : AppendString(out_, value);
  }
  void Put(bool value, Form) { out_ += value ? "true" : "false"; }
  void Put(uint64_t value, Form) { out_ += std::to_string(value); }
  void Put(uint32_t value, Form) { out_ += std::to_string(value); }
  void Put(int32_t value, Form) { out_ += std::to_string(value); }
  void Put(int64_t value, Form form) {
    AppendString(out_, form == Form::kQuantity ? FormatQuantity(value) : FormatTime(value));
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Put(Enum value, Form) { AppendString(out_, Name(value)); }
  template <typename T>
  void Put(const std::optional<T>& value, Form form) {
    Put(*value, form);
  }
  void Put(const std::vector<KeyValue>& map, Form) {
    out_ += '{';
    for (const KeyValue& pair : map) {
      Key(pair.key);
      Put(pair.value, Form::kPlain);
    }
    out_ += '}';
  }
  void Put(const ResourceMap& map, Form) {
    out_ += '{';
    for (const Resource& resource : map) {
      Key(resource.name);
      IsShort(resource) ? Put(*resource.amount, Form::kQuantity) : Put(resource, Form::kPlain);
    }
    out_ += '}';
  }
  template <typename T>
  void Put(const std::vector<T>& list, Form) {
    out_ += '[';
    for (const T& item : list) {
      Separate();
      Put(item, Form::kPlain);
    }
    out_ += ']';
  }
  template <Described T>
  void Put(const T& object, Form) {
    out_ += '{';
    Members(object);
    out_ += '}';
  }
  void PutEvent(const LedgerEvent& event) {
    out_ += '{';
    Key("event");
    AppendString(out_, EventName(event));
    std::visit([this](const auto& body) { Members(body); }, event);
    out_ += '}';
  }

 private:
  // A comma, unless an object or list has just begun. No value ends in an opening bracket: strings end in a quote.
  void Separate() {
    if (out_.back() != '{' && out_.back() != '[') out_ += ',';
  }
  void Key(std::string_view key) {
    Separate();
    AppendString(out_, key);
    out_ += ':';
  }
  template <typename T>
  void Members(const T& object) {
    const auto put = [&](const auto& field) {
      const auto& value = object.*(field.member);
      if (field.form != Form::kMandatory && IsAbsent(value)) return;
      Key(field.name);
      Put(value, field.form);
    };
    std::apply([&](const auto&... field) { (put(field), ...); }, Fields<T>::kList);
  }

  template <typename T>
  static bool IsAbsent(const T& value) {
    if constexpr (requires { value.has_value(); }) {
      return !value.has_value();
    } else if constexpr (requires { value.empty(); }) {
      return value.empty();
    } else if constexpr (std::is_enum_v<T>) {
      return value == T{};
    } else {
      return false;
    }
  }

  std::string out_;
};

template <typename T>
std::string Written(const T& value) {
  Writer writer;
  writer.Put(value, Form::kPlain);
  return writer.Take();
}

}  // namespace

std::string TransitionJson(const Transition& transition) {
  Writer writer;
  writer.Reserve(512);
  writer.Put(transition, Form::kPlain);
  return writer.Take();
}

std::string LedgerEventJson(const LedgerEvent& event) {
  Writer writer;
  writer.PutEvent(event);
  return writer.Take();
}

std::string ResourcesJson(const ResourceMap& resources) { return Written(resources); }

std::string PrincipalJson(const Principal& principal) { return Written(principal); }

std::string JsonString(std::string_view text) {
  std::string out;
  AppendString(out, text);
  return out;
}

}  // namespace envledger
