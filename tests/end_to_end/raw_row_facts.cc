// What is compared here and where the mapping to transitions gets in the way is said beside each trace. A fact about
// columns that no transition carries is left out.
#include "tests/end_to_end/raw_row_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ledger/base/time.h"

namespace envledger {
namespace {

using nlohmann::json;

std::string Requester(const json& envelope) { return TextOf(envelope["requester"], "id"); }

// Pairs of [name, count, ...], of which none but the first two are compared.
void ExpectTop(const Counts& counts, const json& top, const std::string& what) {
  std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  ASSERT_GE(sorted.size(), top.size()) << what;
  for (size_t i = 0; i < top.size(); ++i) {
    EXPECT_EQ(counts.contains(top[i][0]) ? counts.at(top[i][0]) : 0, top[i][1]) << what << " of " << top[i][0];
    EXPECT_EQ(sorted[i].second, top[i][1]) << what << ": nobody else has more";
  }
}

// Whole units times seconds that were held by grants, by the requester or the tenant, and in all ("").
Counts UnitSeconds(const std::vector<AccountLine>& account, const char* by, const std::string& resource) {
  Counts seconds;
  for (const AccountLine& line : account) {
    const auto granted = line.milli_unit_seconds.find("granted");
    if (granted == line.milli_unit_seconds.end() || !granted->second.contains(resource)) continue;
    std::string name;
    if (!line.by.is_null()) name = line.by[by].is_object() ? TextOf(line.by[by], "id") : TextOf(line.by, by);
    EXPECT_TRUE(granted->second.at(resource) % 1000 == 0) << name;
    seconds[name] += static_cast<uint64_t>(granted->second.at(resource) / 1000);
  }
  return seconds;
}

void ExpectUnitSeconds(const std::vector<AccountLine>& account, const char* by, const std::string& resource,
                       const json& total, const json& top) {
  Counts seconds = UnitSeconds(account, by, resource);
  EXPECT_EQ(seconds[""], total) << resource;
  seconds.erase("");
  ExpectTop(seconds, top, resource + " seconds by " + by);
}

uint64_t WithOne(const Counts& counts) {
  return static_cast<uint64_t>(
      std::count_if(counts.begin(), counts.end(), [](const auto& pair) { return pair.second == 1; }));
}

// [[stage, seconds], ...] of one envelope; `zero` is where the seconds are counted from.
void ExpectStory(const TraceAnswers& answers, const std::string& envelope_id, const json& transitions, int64_t zero,
                 const std::map<std::string, std::string>& other_words = {}) {
  SCOPED_TRACE(envelope_id);
  const json envelope = answers.Show(envelope_id);
  ASSERT_EQ(envelope["records"].size(), transitions.size());
  for (size_t i = 0; i < transitions.size(); ++i) {
    std::string stage = envelope["records"][i]["stage"];
    if (other_words.contains(stage)) stage = other_words.at(stage);
    EXPECT_EQ(stage, transitions[i][0]);
    EXPECT_EQ(envelope["records"][i]["occurred_at"], FormatTime((zero + transitions[i][1].get<int64_t>()) * kSecond));
  }
}

// Every grant of this log states its resources and every job ends, so that time held is to be had. The facts count the
// jobs that ran out of time as failed; here they are `expired`.
class Supercloud : public RawRowFacts {
 public:
  using RawRowFacts::RawRowFacts;

  void Add(const json& envelope) override {
    ++requests_;
    ++by_requester_[Requester(envelope)];
    ++by_kind_[TextOf(envelope["execution"], "kind_detail")];
    ++by_queue_[TextOf(envelope["scope"], "id")];
    ++by_reason_[TextOf(envelope["outcome"], "reason")];
    asking_gpu_ += envelope["requested"].contains("gpu.volta") ? 1 : 0;
    granted_gpu_ += envelope["granted"]["resources"].contains("gpu.volta") ? 1 : 0;
    cancelled_ += envelope["stage"] == "cancelled" ? 1 : 0;
    for (const auto& [resource, relation] : envelope["relation"].items()) {
      if (relation != "as_requested") ++differ_[resource];
      if (resource == "cpu" && relation == "widened") ++more_cpu_;
    }
  }

  void Compare(const TraceAnswers& answers, const std::vector<AccountLine>& account) override {
    EXPECT_EQ(requests_, facts_["n_requests"]);
    EXPECT_EQ(by_requester_.size(), facts_["n_principals"]);
    ExpectCounts(by_kind_, facts_["requests_by_kind"], "job types");
    ExpectCounts(by_queue_, facts_["requests_by_partition"], "partitions");
    ExpectTop(by_requester_, facts_["top5_principals_by_requests"], "requests");
    EXPECT_EQ(WithOne(by_requester_), facts_["principals_with_exactly_one_request"]);
    Counts states;
    for (const auto& [state, count] : facts_["raw_status_counts"].items())
      states[state.substr(state.find(' ') + 1)] = count;
    EXPECT_EQ(by_reason_, states);
    EXPECT_EQ(asking_gpu_, facts_["requests_asking_gpu"]);
    EXPECT_EQ(granted_gpu_, facts_["requests_granted_gpu"]);
    EXPECT_EQ(cancelled_, facts_["cancelled_by_a_named_uid"]);
    EXPECT_EQ(more_cpu_, facts_["granted_more_cpu"]);
    ExpectCounts(
        {{"1", differ_["cpu"]}, {"2", differ_["memory"]}, {"4", differ_["nodes"]}, {"1002", differ_["gpu.volta"]}},
        facts_["by_resource_ne"], "grants that differ");
    ExpectUnitSeconds(account, "principal", "gpu.volta", facts_["gpu_seconds_total"],
                      facts_["top5_principals_by_gpu_seconds"]);
    ExpectUnitSeconds(account, "principal", "cpu", facts_["core_seconds_total"],
                      facts_["top5_principals_by_core_seconds"]);
    EXPECT_EQ(answers.CountEnvelopes({"--relation", "widened,added"}), facts_["requested_ne_granted"]);
    for (const json& spot : facts_["spot_checks"]) {
      const std::string id = "supercloud-" + TextOf(spot, "id_job") + "-" + spot["transitions"][0][1].dump();
      ExpectStory(answers, id, spot["transitions"], 0, {{"expired", "failed"}});
    }
  }

 private:
  uint64_t requests_ = 0;
  uint64_t asking_gpu_ = 0;
  uint64_t granted_gpu_ = 0;
  uint64_t cancelled_ = 0;
  uint64_t more_cpu_ = 0;
  Counts by_requester_;
  Counts by_kind_;
  Counts by_queue_;
  Counts by_reason_;
  Counts differ_;
};

// A job that completed without an allocation has a grant of nothing, because `completed` needs a grant: it counts as
// never granted, as in the raw rows. What was held while a job ran is to be had: a job without a run time holds
// nothing.
class Curie : public RawRowFacts {
 public:
  using RawRowFacts::RawRowFacts;

  void Add(const json& envelope) override {
    const std::string who = Requester(envelope);
    ++requests_;
    ++by_requester_[who];
    ++by_tenant_[TextOf(envelope, "tenant")];
    tenants_[who].insert(TextOf(envelope, "tenant"));
    const std::string stage = TextOf(envelope, "stage");
    ++by_stage_[stage];
    if (who == Top()["principal"]) ++top_by_stage_[stage];
    const bool asked = envelope["requested"].contains("cpu");
    const bool given = envelope["granted"].is_object() && !envelope["granted"]["resources"].empty();
    asked_ += asked ? 1 : 0;
    both_ += asked && given ? 1 : 0;
    if (!given) ++never_by_stage_[stage];
    const std::string relation = TextOf(envelope["relation"], "cpu");
    if (relation == "widened" || relation == "narrowed") {
      ++differ_[who];
      ++by_relation_[relation];
    }
  }

  void Compare(const TraceAnswers& answers, const std::vector<AccountLine>& account) override {
    EXPECT_EQ(requests_, facts_["n_requests"]);
    EXPECT_EQ(by_requester_.size(), facts_["n_principals"]);
    EXPECT_EQ(by_tenant_.size(), facts_["n_tenants"]);
    ExpectTop(by_requester_, facts_["top5_principals_by_requests"], "requests");
    ExpectTop(by_tenant_, facts_["top5_tenants_by_requests"], "requests of tenants");
    EXPECT_EQ(WithOne(by_requester_), facts_["principals_with_exactly_one_request"]);
    ExpectCounts(by_stage_, facts_["final_state_counts"], "final stages");
    EXPECT_EQ(asked_, facts_["requested_recorded"]);
    EXPECT_EQ(both_, facts_["requested_and_granted_both_recorded"]);
    ExpectCounts(never_by_stage_, facts_["never_granted_by_final_state"], "never granted");
    EXPECT_EQ(by_relation_["widened"], facts_["granted_more_than_requested"]);
    EXPECT_EQ(by_relation_["narrowed"], facts_["granted_less_than_requested"]);
    ExpectTop(differ_, facts_["top5_principals_by_requested_ne_granted"], "grants that differ");
    const auto several =
        std::count_if(tenants_.begin(), tenants_.end(), [](const auto& of) { return of.second.size() > 1; });
    EXPECT_EQ(several, facts_["principals_in_more_than_one_tenant"]);
    EXPECT_EQ(json(tenants_[Top()["principal"]]), Top()["tenants"]);
    ExpectCounts(top_by_stage_, Top()["by_final_state"], "final stages of the top principal");
    ExpectUnitSeconds(account, "principal", "cpu", facts_["core_seconds_total"],
                      facts_["top5_principals_by_core_seconds"]);
    ExpectUnitSeconds(account, "tenant", "cpu", facts_["core_seconds_total"], facts_["top5_tenants_by_core_seconds"]);
    for (const json& window : facts_["window_queries"]) CompareWindow(answers, window);
    for (const json& moment : facts_["point_in_time"]) CompareMoment(answers, moment);
    for (const json& spot : facts_["spot_checks"]) {
      ExpectStory(answers, "curie-" + TextOf(spot, "request"), spot["transitions"], kZero);
    }
  }

 private:
  static constexpr int64_t kZero = 1'296'571'124;  // UnixStartTime of the log
  static std::string At(const json& seconds) { return FormatTime((kZero + seconds.get<int64_t>()) * kSecond); }
  const json& Top() const { return facts_["top_principal_detail"]; }

  static void CompareWindow(const TraceAnswers& answers, const json& window) {
    const auto account = answers.Account({"--by", "requester,stage", "--since", At(window["submit_from"]), "--until",
                                          At(window["submit_to_exclusive"])});
    Counts by_requester;
    Counts by_stage;
    for (const AccountLine& line : account) {
      if (line.by.is_null()) continue;
      by_requester[TextOf(line.by["requester"], "id")] += line.envelopes;
      by_stage[TextOf(line.by, "stage")] += line.envelopes;
    }
    EXPECT_EQ(account.back().envelopes, window["requests"]);
    EXPECT_EQ(by_requester.size(), window["principals"]);
    ExpectCounts(by_stage, window["by_final_state"], "final stages of a window");
    ExpectTop(by_requester, window["top3_principals"], "requests in a window");
  }

  static void CompareMoment(const TraceAnswers& answers, const json& moment) {
    const auto account = answers.Account(
        {"--by", "requester", "--resource", "cpu", "--open", "--stage", "started", "--at", At(moment["t"])});
    Counts in_use;
    for (const AccountLine& line : account) {
      if (!line.by.is_null()) in_use[TextOf(line.by["requester"], "id")] = Units(line);
    }
    EXPECT_EQ(account.back().envelopes, moment["running_requests"]);
    EXPECT_EQ(Units(account.back()), moment["granted_procs_in_use"]);
    EXPECT_EQ(in_use.size(), moment["principals_running"]);
    ExpectTop(in_use, moment["top3_principals_by_procs"], "processors in use");
  }
  static uint64_t Units(const AccountLine& line) {
    const auto granted = line.sums.find("granted");
    return granted == line.sums.end() ? 0 : static_cast<uint64_t>(granted->second.at("cpu") / 1000);
  }

  uint64_t requests_ = 0;
  uint64_t asked_ = 0;
  uint64_t both_ = 0;
  Counts by_requester_;
  Counts by_tenant_;
  Counts by_stage_;
  Counts top_by_stage_;
  Counts never_by_stage_;
  Counts by_relation_;
  Counts differ_;
  std::map<std::string, std::set<std::string>> tenants_;
};

// The facts count a request as granted unless it was refused; the transitions of a failed one say of no grant.
class KubernetesAudit : public RawRowFacts {
 public:
  using RawRowFacts::RawRowFacts;

  void Add(const json& envelope) override {
    const std::string who = Requester(envelope);
    const std::string detail = TextOf(envelope["execution"], "kind_detail");
    const std::string verb = detail.substr(0, detail.find(' '));
    const std::string thing = detail.substr(verb.size() + 1);
    ++requests_;
    ++by_requester_[who];
    ++by_verb_[verb];
    ++by_resource_[thing.front() == '/' ? "" : thing.substr(0, thing.find('/'))];
    ++by_namespace_[TextOf(envelope["scope"], "id")];
    if (envelope["requester"]["kind"] == "service") services_.insert(who);
    if (who == "kubernetes-admin") ++admin_by_verb_[verb];
    if (envelope["stage"] == "failed") ++failed_by_code_[TextOf(envelope["outcome"], "code")];
    if (envelope["stage"] == "started") ++only_started_;
    last_opened_ = TextOf(envelope, "opened_at");
    if (first_opened_.empty()) first_opened_ = last_opened_;
  }

  void Compare(const TraceAnswers& answers, const std::vector<AccountLine>&) override {
    EXPECT_EQ(requests_, facts_["n_requests"]);
    EXPECT_EQ(by_requester_.size(), facts_["n_principals"]);
    EXPECT_EQ(services_.size(), facts_["n_service_account_principals"]);
    ExpectTop(by_requester_, facts_["top5_principals_by_requests"], "requests");
    ExpectCounts(by_verb_, facts_["requests_by_verb"], "verbs");
    EXPECT_EQ(by_resource_[""], facts_["requests_without_a_resource"]);
    by_resource_.erase("");
    ExpectTop(by_resource_, facts_["top5_resources"], "resources");
    EXPECT_EQ(by_namespace_[""], facts_["requests_without_namespace"]);
    by_namespace_.erase("");
    EXPECT_EQ(by_namespace_.size(), facts_["n_namespaces_in_uri"]);
    ExpectTop(by_namespace_, facts_["top5_namespaces_in_uri"], "namespaces");
    ExpectCounts(failed_by_code_, facts_["failed_by_code"], "failures");
    EXPECT_EQ(only_started_, facts_["final_state_counts"]["open: only ResponseStarted recorded"]);
    EXPECT_EQ(first_opened_, facts_["time_min"]);
    EXPECT_EQ(last_opened_, facts_["time_max"]);
    CompareDenied(answers);
    const json& admin = facts_["kubernetes_admin"];
    ExpectCounts(admin_by_verb_, admin["by_verb"], "verbs of kubernetes-admin");
    EXPECT_EQ(answers.CountEnvelopes({"--principal", "user:kubernetes-admin"}), admin["requests"]);
    EXPECT_EQ(answers.CountEnvelopes({"--principal", "user:kubernetes-admin", "--stage", "denied"}), admin["denied"]);
  }

 private:
  void CompareDenied(const TraceAnswers& answers) const {
    Counts by_requester;
    for (const AccountLine& line : answers.Account({"--stage", "denied", "--by", "requester"})) {
      if (line.by.is_null()) {
        EXPECT_EQ(line.envelopes, facts_["requests_denied"]);
      } else {
        by_requester[TextOf(line.by["requester"], "id")] = line.envelopes;
      }
    }
    ExpectTop(by_requester, facts_["top5_principals_denied"], "refusals");
    Counts by_request;
    answers.ForEachEnvelope({"--stage", "denied"},
                            [&](const json& envelope) { ++by_request[TextOf(envelope["execution"], "kind_detail")]; });
    ExpectCounts(by_request, facts_["denied_by_verb_resource"], "refused requests");
  }

  uint64_t requests_ = 0;
  uint64_t only_started_ = 0;
  Counts by_requester_;
  Counts by_verb_;
  Counts by_resource_;
  Counts by_namespace_;
  Counts admin_by_verb_;
  Counts failed_by_code_;
  std::set<std::string> services_;
  std::string first_opened_;
  std::string last_opened_;
};

class AzureInference : public RawRowFacts {
 public:
  using RawRowFacts::RawRowFacts;

  void Add(const json& envelope) override {
    Service& service = services_[TextOf(envelope["execution"], "kind_detail")];
    const uint64_t in = std::stoull(TextOf(envelope["requested"], "tokens.input"));
    const uint64_t out = std::stoull(TextOf(envelope["outcome"]["usage"], "tokens.output"));
    ++service.requests;
    service.in += in;
    service.out += out;
    service.most_in = std::max(service.most_in, in);
    service.most_out = std::max(service.most_out, out);
    std::string minute = TextOf(envelope, "opened_at").substr(0, 16);
    minute[10] = ' ';
    ++service.by_minute[minute];
  }

  void Compare(const TraceAnswers& answers, const std::vector<AccountLine>&) override {
    Counts by_kind;
    Counts by_minute;
    for (auto& [name, service] : services_) {
      const json& facts = facts_["per_service"][name];
      by_kind[name] = service.requests;
      EXPECT_EQ(service.requests, facts["requests"]) << name;
      EXPECT_EQ(service.in, facts["context_tokens"]) << name;
      EXPECT_EQ(service.out, facts["generated_tokens"]) << name;
      EXPECT_EQ(service.most_in, facts["max_context"]) << name;
      EXPECT_EQ(service.most_out, facts["max_generated"]) << name;
      ExpectCounts(service.by_minute, facts["requests_per_minute"], name + " by minute");
      for (const auto& [minute, count] : service.by_minute) by_minute[minute] += count;
    }
    ExpectCounts(by_kind, facts_["requests_by_kind"], "services");
    // A few of the minutes again, as the filters find them.
    size_t place = 0;
    for (const auto& [minute, count] : by_minute) {
      if (++place % 9 != 0) continue;
      const std::string from = minute.substr(0, 10) + "T" + minute.substr(11) + ":00Z";
      const std::string until = FormatTime(*ParseTime(from) + 60 * kSecond);
      EXPECT_EQ(answers.CountEnvelopes({"--since", from, "--until", until}), count) << minute;
    }
  }

 private:
  struct Service {
    uint64_t requests = 0;
    uint64_t in = 0;
    uint64_t out = 0;
    uint64_t most_in = 0;
    uint64_t most_out = 0;
    Counts by_minute;
  };
  std::map<std::string, Service> services_;
};

// What was granted is not recorded, nor when a running pod ended, so that gpu_milli_seconds_held cannot come out of the
// transitions; nor can the numbers of GPUs, of which a transition has the product with the share of one.
class GpuPods : public RawRowFacts {
 public:
  using RawRowFacts::RawRowFacts;

  void Add(const json& envelope) override {
    ++requests_;
    const std::string detail = TextOf(envelope["execution"], "kind_detail");
    ++by_class_[detail.substr(detail.rfind(' ') + 1)];
    const std::string stage = TextOf(envelope, "stage");
    ++by_state_[stage == "granted" ? "not ended: Running" : stage == "requested" ? "not ended: Pending" : stage];
    scheduled_ += envelope["granted"].is_object() ? 1 : 0;
    last_opened_ = TextOf(envelope, "opened_at");
    if (first_opened_.empty()) first_opened_ = last_opened_;
  }

  void Compare(const TraceAnswers& answers, const std::vector<AccountLine>& account) override {
    EXPECT_EQ(requests_, facts_["n_requests"]);
    ExpectCounts(by_class_, facts_["requests_by_kind"], "QoS classes");
    ExpectCounts(by_state_, facts_["final_state_counts"], "final states");
    EXPECT_EQ(scheduled_, facts_["scheduled"]);
    EXPECT_EQ(answers.CountEnvelopes({"--stage", "requested"}), facts_["never_scheduled"]);
    EXPECT_EQ(first_opened_, FormatTime((kZero + facts_["creation_min"].get<int64_t>()) * kSecond));
    EXPECT_EQ(last_opened_, FormatTime((kZero + facts_["creation_max"].get<int64_t>()) * kSecond));
    const Sums& requested = account.back().sums.at("requested");
    EXPECT_TRUE(requested.at("cpu") == facts_["cpu_milli_requested_total"].get<int64_t>());
    EXPECT_TRUE(requested.at("memory") ==
                __int128{facts_["memory_mib_requested_total"].get<int64_t>()} * 1024 * 1024 * 1000);
    const json longest = answers.Show("alibaba-" + facts_["longest_wait_for_schedule"][1].get<std::string>());
    EXPECT_EQ(*ParseTime(TextOf(longest["records"][1], "occurred_at")) - *ParseTime(TextOf(longest, "opened_at")),
              facts_["longest_wait_for_schedule"][0].get<int64_t>() * kSecond);
    for (const json& spot : facts_["spot_checks"]) {
      ExpectStory(answers, "alibaba-" + TextOf(spot, "request"), spot["transitions"], kZero);
    }
  }

 private:
  static constexpr int64_t kZero = 946'684'800;  // 2000-01-01: the trace has no absolute time
  uint64_t requests_ = 0;
  uint64_t scheduled_ = 0;
  Counts by_class_;
  Counts by_state_;
  std::string first_opened_;
  std::string last_opened_;
};

}  // namespace

std::unique_ptr<RawRowFacts> RawRowFacts::Of(const std::string& trace, json facts) {
  if (trace == "cea-curie-2011") return std::make_unique<Curie>(std::move(facts));
  if (trace == "mit-supercloud-2021") return std::make_unique<Supercloud>(std::move(facts));
  if (trace == "k8s-audit-2023") return std::make_unique<KubernetesAudit>(std::move(facts));
  if (trace == "azure-llm-2023") return std::make_unique<AzureInference>(std::move(facts));
  if (trace == "alibaba-gpu-pods-2023") return std::make_unique<GpuPods>(std::move(facts));
  ADD_FAILURE() << "no comparison with the raw rows of " << trace << " is written";
  return nullptr;
}

}  // namespace envledger
