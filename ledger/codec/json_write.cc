// Writing the JSON form: appends to one string, driven by the tables of json_fields.h.
#include <type_traits>

#include "ledger/base/bytes.h"
#include "ledger/codec/json.h"
#include "ledger/codec/json_fields.h"
#include "ledger/codec/quantity.h"
#include "ledger/json/writer.h"

namespace envledger {

// The ledger's own events are written but never read. An empty text or list is left out, a number never.
namespace json {

template <>
struct Fields<Genesis> {
  static constexpr std::tuple kList{
      Field{"origin", &Genesis::origin}, Field{"public_key", &Genesis::public_key, Form::kBase64},
      Field{"format_version", &Genesis::format_version}, Field{"created_at", &Genesis::created_at}};
};
template <>
struct Fields<Opened> {
  static constexpr std::tuple kList{
      Field{"version", &Opened::version},     Field{"entries", &Opened::entries},
      Field{"clean", &Opened::clean},         Field{"dropped_bytes", &Opened::dropped_bytes},
      Field{"lost_from", &Opened::lost_from}, Field{"lost_until", &Opened::lost_until}};
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

}  // namespace json

namespace {

using json::Described;
using json::Fields;
using json::Form;

bool IsShort(const Resource& resource) {
  return resource.amount.has_value() && !resource.min.has_value() && !resource.max.has_value() &&
         resource.per == Per::kTotal && resource.unit_of.empty() && resource.origin == Origin::kUnspecified &&
         resource.selector.empty();
}

// The overloads are members so that they can all call each other.
class Writer {
 public:
  std::string Take() { return std::move(out_); }
  void Reserve(size_t size) { out_.reserve(size); }

  void Put(const std::string& value, Form form) {
    form == Form::kBase64 ? AppendJsonString(out_, Base64(value)) : AppendJsonString(out_, value);
  }
  void Put(bool value, Form) { out_ += value ? "true" : "false"; }
  void Put(uint64_t value, Form) { out_ += std::to_string(value); }
  void Put(uint32_t value, Form) { out_ += std::to_string(value); }
  void Put(int32_t value, Form) { out_ += std::to_string(value); }
  void Put(int64_t value, Form form) {
    AppendJsonString(out_, form == Form::kQuantity ? FormatQuantity(value) : FormatTime(value));
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void Put(Enum value, Form) { AppendJsonString(out_, Name(value)); }
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
    AppendJsonString(out_, EventName(event));
    std::visit([this](const auto& body) { Members(body); }, event);
    out_ += '}';
  }

 private:
  // Adds a comma, unless an object or list has just begun. No value ends in an opening bracket: strings end in a quote.
  void Separate() {
    if (out_.back() != '{' && out_.back() != '[') out_ += ',';
  }
  void Key(std::string_view key) {
    Separate();
    AppendJsonString(out_, key);
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

}  // namespace envledger
