// The JSON is read strictly, into values of known types, and a report is checked by rendering those values again. A
// change of the JSON that this reader ignores therefore changes the page, and is found there.
//
// The file can come from anybody, and is read before a signature can be checked. So the reader nests no deeper than the
// format does, and anything that would take more memory than a report of this size is refused as soon as it is read.
#include "ledger/report/data.h"

#include <algorithm>
#include <functional>

#include "ledger/codec/entry.h"
#include "ledger/json/reader.h"
#include "ledger/json/writer.h"

namespace envledger {
namespace {

constexpr std::string_view kFormat = "envledger-report/1";

// Every value in a list takes more text than this, except for a few (kMinValues); the entry of a record takes 200
// bytes.
constexpr size_t kBytesPerValue = 16;
constexpr size_t kMinValues = 1024;

// A script element must not contain "<", whatever it belongs to.
std::string ForScript(const std::string& text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string HashText(const Hash& hash) { return Base64(View(hash)); }

std::string EnvelopesJson(const std::vector<ReportEnvelope>& envelopes) {
  std::string text = "[";
  for (const ReportEnvelope& envelope : envelopes) {
    text += text.size() == 1 ? "[" : ",[";
    text += JsonString(envelope.id) + "," + std::to_string(envelope.roles);
    for (const uint64_t seq : envelope.seqs) text += "," + std::to_string(seq);
    text += "]";
  }
  return text + "]";
}

class EvidenceReader {
 public:
  explicit EvidenceReader(std::string_view text) : in_(text), values_left_(kMinValues + text.size() / kBytesPerValue) {}

  Result<ReportData> Read() {
    if (!ReadWhole() || !in_.End()) return in_.status();
    return std::move(data_);
  }

 private:
  bool ReadWhole();
  bool ReadKey();
  bool ReadAnswer();
  bool ReadPrincipal();
  bool ReadEnvelope();
  bool ReadEntry();

  struct Field {
    std::string_view name;
    std::function<bool()> read;
  };
  // Reads an object with exactly these fields, each once.
  bool Fields(const std::vector<Field>& fields);
  // Reads a list, each item by `item(index)`.
  template <typename Item>
  bool List(Item item);
  // The same, for a list of `least` to `most` items.
  template <typename Item>
  bool Row(size_t least, size_t most, Item item);

  bool Read(std::string& text) {
    std::string_view view;
    if (!in_.AnyText(view)) return false;
    text.assign(view);
    return true;
  }
  bool Read(Hash& hash);
  bool ReadTime(Nanos& time);

  JsonReader in_;
  size_t values_left_;
  ReportData data_;
};

bool EvidenceReader::Fields(const std::vector<Field>& fields) {
  uint32_t seen = 0;
  const auto member = [&](std::string_view key) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == key; });
    if (field == fields.end()) return in_.Fail("unknown field");
    const uint32_t bit = uint32_t{1} << (field - fields.begin());
    if ((seen & bit) != 0) return in_.Fail("occurs twice");
    seen |= bit;
    return field->read();
  };
  if (!in_.Object(member)) return false;
  for (size_t i = 0; i < fields.size(); ++i) {
    if ((seen >> i & 1) == 0) return in_.Fail("is missing", fields[i].name);
  }
  return true;
}

template <typename Item>
bool EvidenceReader::List(Item item) {
  size_t index = 0;
  return in_.List([&] {
    if (values_left_ == 0) return in_.Fail("there are too many values for a report of this size");
    --values_left_;
    return item(index++);
  });
}

template <typename Item>
bool EvidenceReader::Row(size_t least, size_t most, Item item) {
  size_t count = 0;
  const auto counted = [&](size_t index) {
    ++count;
    return index < most ? item(index) : in_.Fail("is one value too many");
  };
  return List(counted) && (count >= least || in_.Fail("has only " + std::to_string(count) + " values"));
}

bool EvidenceReader::Read(Hash& hash) {
  std::string_view text;
  if (!in_.Text(text)) return false;
  const auto bytes = ParseBase64(text);
  const auto parsed = bytes ? HashFrom(*bytes) : std::nullopt;
  if (!parsed) return in_.Fail("a hash is 32 bytes in base64");
  hash = *parsed;
  return true;
}

bool EvidenceReader::ReadTime(Nanos& time) {
  std::string_view text;
  if (!in_.Text(text)) return false;
  const auto parsed = ParseTime(text);
  if (!parsed.ok()) return in_.Fail(parsed.status().message());
  time = *parsed;
  return true;
}

bool EvidenceReader::ReadWhole() {
  const auto format = [this] {
    std::string_view text;
    return in_.AnyText(text) && (text == kFormat || in_.Fail("its format is " + Quoted(text)));
  };
  const auto filter = [this](size_t) {
    KeyValue& pair = data_.filters.emplace_back();
    return Row(2, 2, [&](size_t i) { return Read(i == 0 ? pair.key : pair.value); });
  };
  return Fields({
      {"format", format},
      {"version", [this] { return Read(data_.tool_version); }},
      {"generated_at", [this] { return ReadTime(data_.generated_at); }},
      {"filters", [&] { return List(filter); }},
      {"principals", [this] { return List([this](size_t) { return ReadPrincipal(); }); }},
      {"answer", [this] { return ReadAnswer(); }},
      {"envelopes", [this] { return List([this](size_t) { return ReadEnvelope(); }); }},
      {"vkey", [this] { return ReadKey(); }},
      {"checkpoint", [this] { return Read(data_.checkpoint); }},
      {"nodes", [this] { return List([this](size_t) { return Read(data_.nodes.emplace_back()); }); }},
      {"entries", [this] { return List([this](size_t) { return ReadEntry(); }); }},
  });
}

bool EvidenceReader::ReadKey() {
  if (!Read(data_.vkey)) return false;
  if (data_.vkey.empty()) return true;
  const auto key = ParseVerifierKey(data_.vkey);
  if (!key.ok()) return in_.Fail("its key: " + key.status().message());
  return FormatVerifierKey(*key) == data_.vkey || in_.Fail("its key is not in canonical form");
}

bool EvidenceReader::ReadAnswer() {
  const bool read = Fields({
      {"tree_size", [this] { return in_.Unsigned(data_.answered_size); }},
      {"root", [this] { return Read(data_.answered_root); }},
      {"complete", [this] { return in_.Boolean(data_.complete); }},
      {"problem", [this] { return Read(data_.problem); }},
      {"more", [this] { return in_.Boolean(data_.more); }},
  });
  return read &&
         (data_.complete == data_.problem.empty() || in_.Fail("it must be complete exactly if it states no problem"));
}

bool EvidenceReader::ReadPrincipal() {
  Principal& principal = data_.principals.emplace_back();
  return Row(3, 3, [&](size_t i) {
    if (i > 0) return Read(i == 1 ? principal.issuer : principal.id);
    std::string_view word;
    if (!in_.AnyText(word)) return false;
    const auto kind = ParseName<PrincipalKind>(word);
    principal.kind = kind.value_or(PrincipalKind::kUnspecified);
    return kind.has_value() || in_.Fail("unknown kind of principal: " + Quoted(word));
  });
}

bool EvidenceReader::ReadEnvelope() {
  constexpr uint64_t kAllRoles = (1 << kRoleCount) - 1;
  ReportEnvelope& envelope = data_.envelopes.emplace_back();
  return Row(2, SIZE_MAX, [&](size_t i) {
    if (i == 0) return Read(envelope.id);
    if (i > 1) return in_.Unsigned(envelope.seqs.emplace_back());
    uint64_t roles = 0;
    if (!in_.Unsigned(roles)) return false;
    envelope.roles = static_cast<RoleMask>(roles);
    return roles <= kAllRoles || in_.Fail("unknown roles");
  });
}

bool EvidenceReader::ReadEntry() {
  uint64_t seq = 0;
  return Row(2, 2, [&](size_t i) {
    if (i == 0) {
      return in_.Unsigned(seq) && (data_.entries.empty() || seq > data_.entries.rbegin()->first ||
                                   in_.Fail("entry " + std::to_string(seq) + " is out of order"));
    }
    std::string_view text;
    if (!in_.AnyText(text)) return false;
    auto bytes = ParseBase64(text);
    if (!bytes) return in_.Fail("entry " + std::to_string(seq) + " is not base64");
    data_.entries.emplace_hint(data_.entries.end(), seq, *std::move(bytes));
    return true;
  });
}

}  // namespace

const std::string* FindFilter(const ReportData& data, std::string_view name) {
  for (const KeyValue& filter : data.filters) {
    if (filter.key == name) return &filter.value;
  }
  return nullptr;
}

std::optional<Nanos> MomentOf(const ReportData& data) {
  const std::string* at = FindFilter(data, "at");
  if (at == nullptr) return std::nullopt;
  const auto time = ParseTime(*at);
  return time.ok() ? std::optional(*time) : std::nullopt;
}

Nanos NowOf(const ReportData& data) { return MomentOf(data).value_or(data.generated_at); }

void AddReportDataJson(const ReportData& data, std::string& text) {
  std::vector<std::string> filters;
  for (const KeyValue& filter : data.filters) filters.push_back(JsonStrings({filter.key, filter.value}));
  std::vector<std::string> principals;
  for (const Principal& principal : data.principals) {
    principals.push_back(JsonStrings({std::string(Name(principal.kind)), principal.issuer, principal.id}));
  }
  std::vector<std::string> nodes;
  for (const Hash& node : data.nodes) nodes.push_back("\"" + HashText(node) + "\"");
  JsonObject answer;
  answer.Number("tree_size", data.answered_size)
      .Text("root", HashText(data.answered_root))
      .Bool("complete", data.complete)
      .Text("problem", data.problem)
      .Bool("more", data.more);
  JsonObject object;
  object.Text("format", kFormat)
      .Text("version", data.tool_version)
      .Text("generated_at", FormatTime(data.generated_at))
      .Raw("filters", JsonArray(filters))
      .Raw("principals", JsonArray(principals))
      .Raw("answer", answer.str())
      .Raw("envelopes", EnvelopesJson(data.envelopes))
      .Text("vkey", data.vkey)
      .Text("checkpoint", data.checkpoint)
      .Raw("nodes", JsonArray(nodes));
  // The entries are most of a report, so they are written directly into `text`, as the last member of the object.
  std::string rest = ForScript(object.str());
  rest.pop_back();
  text += rest;
  size_t size = text.size();
  for (const auto& [seq, bytes] : data.entries) size += bytes.size() / 3 * 4 + 32;
  text.reserve(size);
  text += ",\"entries\":[";
  for (const auto& [seq, bytes] : data.entries) {
    if (text.back() != '[') text += ',';
    text += "[" + std::to_string(seq) + ",\"";
    text += Base64(bytes);
    text += "\"]";
  }
  text += "]}";
}

Result<ReportData> ReadReportData(std::string_view text) {
  auto data = EvidenceReader(text).Read();
  if (data.ok()) return data;
  const Status& status = data.status();
  const std::string where = status.rule().empty() ? "" : status.rule() + ": ";
  return InvalidArgument("the embedded evidence is not valid: " + where + status.message());
}

Result<EnvelopeRecords> AnswerOf(const ReportData& data, const ReportEnvelope& envelope) {
  EnvelopeRecords answer{.envelope_id = envelope.id, .roles = envelope.roles, .entries = {}};
  answer.entries.reserve(envelope.seqs.size());
  for (const uint64_t seq : envelope.seqs) {
    const auto entry = data.entries.find(seq);
    if (entry == data.entries.end()) {
      return Corruption("envelope " + envelope.id + ": entry " + std::to_string(seq) + " is not in the report");
    }
    answer.entries.push_back(entry->second);
  }
  return answer;
}

Result<std::vector<Story>> StoriesOf(const ReportData& data) {
  std::vector<Story> stories;
  stories.reserve(data.envelopes.size());
  const std::optional<Nanos> at = MomentOf(data);
  for (const ReportEnvelope& envelope : data.envelopes) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EnvelopeRecords answer, AnswerOf(data, envelope));
    ENVLEDGER_ASSIGN_OR_RETURN(Story story, ReadStory(answer));
    for (size_t i = 0; i < story.records.size(); ++i) {
      if (story.records[i].seq != envelope.seqs[i]) {
        return Corruption("the entry embedded as " + std::to_string(envelope.seqs[i]) + " says that its seq is " +
                          std::to_string(story.records[i].seq));
      }
    }
    if (at) ENVLEDGER_RETURN_IF_ERROR(LeaveOutLater(*at, story));
    stories.push_back(std::move(story));
  }
  return stories;
}

}  // namespace envledger
