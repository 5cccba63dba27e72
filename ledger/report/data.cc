// The JSON is read strictly, into values of known types, and a report is checked by rendering those values again: a
// change of the JSON that this reader passes over changes the page, and is found there.
#include "ledger/report/data.h"

#include <nlohmann/json.hpp>

#include "ledger/codec/entry.h"
#include "ledger/text/json_object.h"

namespace envledger {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "envledger-report/1";

// How deep arrays and objects are nested: the whole, its lists, their rows.
constexpr int kMaxDepth = 3;
// Every value takes more of the text than this, except for a few (kMinValues): the entry of a record takes 200 bytes.
constexpr size_t kBytesPerValue = 16;
constexpr size_t kMinValues = 1024;

// No "<" may stand inside a script element, whatever it is part of.
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

// The JSON library checks much of the shape itself, and throws as well.
[[noreturn]] void Malformed(const std::string& what) { throw std::invalid_argument(what); }

// The file can come from anybody, and is read before a signature can be checked: what would take more stack or memory
// than a report of its size is refused while it is parsed.
json ParseEvidence(std::string_view text) {
  size_t left = kMinValues + text.size() / kBytesPerValue;
  return json::parse(text, [&left](int depth, json::parse_event_t event, const json&) {
    using Event = json::parse_event_t;
    const bool begins = event == Event::object_start || event == Event::array_start;
    if (begins && depth >= kMaxDepth) Malformed("it is nested deeper than " + std::to_string(kMaxDepth) + " levels");
    if ((begins || event == Event::value) && left-- == 0) Malformed("it has more values than a report of its size");
    return true;
  });
}

Hash ReadHash(const json& value) {
  const auto bytes = ParseBase64(value.get_ref<const std::string&>());
  Hash hash{};
  if (!bytes || bytes->size() != hash.size()) Malformed("a hash is not 32 bytes of base64");
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

Nanos ReadTime(const json& value) {
  const auto time = ParseTime(value.get_ref<const std::string&>());
  if (!time.ok()) Malformed(time.status().message());
  return *time;
}

uint64_t ReadNumber(const json& value) {
  if (!value.is_number_unsigned()) Malformed("a number is expected, not " + std::string(value.type_name()));
  return value.get<uint64_t>();
}

// Anything can be walked through as if it were a list: null and an empty object like an empty one.
const json& List(const json& from, const char* name) {
  const json& list = from.at(name);
  if (!list.is_array()) Malformed(std::string(name) + " is not a list but " + list.type_name());
  return list;
}

void ReadClaims(const json& from, ReportData& data) {
  data.tool_version = from.at("version").get<std::string>();
  data.generated_at = ReadTime(from.at("generated_at"));
  for (const json& pair : List(from, "filters")) data.filters.push_back({pair.at(0), pair.at(1)});
  for (const json& principal : List(from, "principals")) {
    const auto kind = ParseName<PrincipalKind>(principal.at(0).get_ref<const std::string&>());
    if (!kind) Malformed("no kind of principal: " + Quoted(principal.at(0).get_ref<const std::string&>()));
    data.principals.push_back({*kind, principal.at(1), principal.at(2)});
  }
  const json& answer = from.at("answer");
  data.answered_size = ReadNumber(answer.at("tree_size"));
  data.answered_root = ReadHash(answer.at("root"));
  data.complete = answer.at("complete").get<bool>();
  data.problem = answer.at("problem").get<std::string>();
  if (data.complete != data.problem.empty()) Malformed("complete is what has no problem, and nothing else");
  data.more = answer.at("more").get<bool>();
  for (const json& row : List(from, "envelopes")) {
    ReportEnvelope envelope;
    envelope.id = row.at(0).get<std::string>();
    const uint64_t roles = ReadNumber(row.at(1));
    if (roles > 15) Malformed("unknown roles");
    envelope.roles = static_cast<RoleMask>(roles);
    for (size_t i = 2; i < row.size(); ++i) envelope.seqs.push_back(ReadNumber(row[i]));
    data.envelopes.push_back(std::move(envelope));
  }
}

void ReadEvidence(const json& from, ReportData& data) {
  for (const json& row : List(from, "entries")) {
    const uint64_t seq = ReadNumber(row.at(0));
    auto bytes = ParseBase64(row.at(1).get_ref<const std::string&>());
    if (!bytes) Malformed("entry " + std::to_string(seq) + " is not base64");
    if (!data.entries.empty() && seq <= data.entries.rbegin()->first) {
      Malformed("entry " + std::to_string(seq) + " is not in its place");
    }
    data.entries.emplace_hint(data.entries.end(), seq, *std::move(bytes));
  }
  for (const json& node : List(from, "nodes")) data.nodes.push_back(ReadHash(node));
  data.checkpoint = from.at("checkpoint").get<std::string>();
  data.vkey = from.at("vkey").get<std::string>();
  if (data.vkey.empty()) return;
  const auto key = ParseVerifierKey(data.vkey);
  if (!key.ok()) Malformed("the key that it names: " + key.status().message());
  if (FormatVerifierKey(*key) != data.vkey) Malformed("the key that it names is not in the canonical form");
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
  // The entries are most of a report, so they are written straight into `text`, as the last member of the object.
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
  try {
    const json from = ParseEvidence(text);
    const std::string& format = from.at("format").get_ref<const std::string&>();
    if (format != kFormat) Malformed("its format is " + Quoted(format));
    ReportData data;
    ReadClaims(from, data);
    ReadEvidence(from, data);
    return data;
  } catch (const std::exception& e) {
    const std::string_view what = e.what();  // which may quote a value of any length
    return InvalidArgument("the embedded evidence is not what a report embeds: " + std::string(what.substr(0, 300)));
  }
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
        return Corruption("the entry embedded as " + std::to_string(envelope.seqs[i]) + " says that it is " +
                          std::to_string(story.records[i].seq));
      }
    }
    if (at) ENVLEDGER_RETURN_IF_ERROR(LeaveOutLater(*at, story));
    stories.push_back(std::move(story));
  }
  return stories;
}

}  // namespace envledger
