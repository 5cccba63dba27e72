// One thread is in charge: it starts look-ups, takes their results, and answers waiters when their name is known or
// their time is up. Each look-up has a thread of its own, which does nothing but call into the C library. It may hang,
// so it is never joined. It puts its result into the state, which it shares with this object and which lives until both
// have let go of it.
#include "ledger/daemon/producer_names.h"

#include <algorithm>
#include <deque>
#include <system_error>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/log.h"
#include "ledger/base/mutex.h"
#include "ledger/base/thread_name.h"
#include "ledger/daemon/access.h"
#include "ledger/transport/thread.h"

namespace envledger {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;

constexpr std::string_view kStandIn = "uid:";

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F; });
}

}  // namespace

bool IsProducerName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxProducerBytes && IsUtf8(name) && !HasControls(name) &&
         !name.starts_with(kStandIn);
}

std::string ProducerStandIn(uid_t uid) { return std::string(kStandIn) + std::to_string(uid); }

struct ProducerNames::State {
  State(LookUp look, const ProducerNamesOptions& given) : look_up(std::move(look)), options(given) {}

  struct Account {
    std::string name;     // a name that may be recorded, or the stand-in
    Time believed_until;  // until then the name is used without a look-up
    bool asked = false;   // a look-up is under way, or queued
  };
  struct Waiter {
    uid_t uid = 0;
    Time deadline;
    Done done;
  };
  struct Answer {
    Done done;
    std::string name;
  };

  // Called by the thread in charge.
  void Run(const std::shared_ptr<State>& self);
  void BeginLookUps(const std::shared_ptr<State>& self) REQUIRES(mutex);
  void GiveUp() REQUIRES(mutex);
  // Called by a look-up's thread.
  void LookUpOne(uid_t uid);
  void Found(uid_t uid, const Result<std::optional<std::string>>& name) REQUIRES(mutex);
  // The account, created if it does not exist yet.
  Account& AccountOf(uid_t uid) REQUIRES(mutex);

  const LookUp look_up;
  const ProducerNamesOptions options;

  Mutex mutex;
  CondVar changed;
  bool stopping GUARDED_BY(mutex) = false;
  std::map<uid_t, Account> accounts GUARDED_BY(mutex);
  std::deque<Waiter> waiting GUARDED_BY(mutex);   // ordered by deadline
  std::vector<Answer> answers GUARDED_BY(mutex);  // to be delivered
  std::deque<uid_t> queue GUARDED_BY(mutex);      // to be looked up
  size_t lookups GUARDED_BY(mutex) = 0;           // number under way
};

ProducerNames::State::Account& ProducerNames::State::AccountOf(uid_t uid) {
  const auto known = accounts.find(uid);
  if (known != accounts.end()) return known->second;
  if (accounts.size() >= options.max_names) {
    auto oldest = accounts.end();
    for (auto it = accounts.begin(); it != accounts.end(); ++it) {
      if (it->second.asked) continue;
      if (oldest == accounts.end() || it->second.believed_until < oldest->second.believed_until) oldest = it;
    }
    if (oldest != accounts.end()) accounts.erase(oldest);
  }
  return accounts.emplace(uid, Account{ProducerStandIn(uid), Time::min(), false}).first->second;
}

void ProducerNames::State::Found(uid_t uid, const Result<std::optional<std::string>>& name) {
  Account& account = AccountOf(uid);
  account.asked = false;
  if (name.ok()) {
    const bool usable = *name && IsProducerName(**name);
    account.name = usable ? **name : ProducerStandIn(uid);
    account.believed_until = SteadyClock::now() + options.keep;
    if (*name && !usable) {
      Log(LogLevel::kWarning, "the account name " + Quoted(**name) + " cannot be recorded: appends of uid " +
                                  std::to_string(uid) + " are recorded as " + account.name);
    }
  } else {  // the last known name stays
    account.believed_until = SteadyClock::now() + options.retry;
    Log(LogLevel::kWarning, name.status().message() + "; appends of that user are recorded as " + account.name);
  }
  const auto mine = [uid](const Waiter& waiter) { return waiter.uid == uid; };
  for (Waiter& waiter : waiting) {
    if (mine(waiter)) answers.push_back({std::move(waiter.done), account.name});
  }
  std::erase_if(waiting, mine);
}

void ProducerNames::State::LookUpOne(uid_t uid) {
  const auto name = look_up(uid);
  {
    const MutexLock lock(mutex);
    --lookups;
    Found(uid, name);
  }
  changed.NotifyAll();
}

void ProducerNames::State::BeginLookUps(const std::shared_ptr<State>& self) {
  while (lookups < options.max_lookups && !queue.empty()) {
    const uid_t uid = queue.front();
    queue.pop_front();
    try {
      StartThread([self, uid] {
        NameThisThread("name look-up");
        self->LookUpOne(uid);
      }).detach();
      ++lookups;
    } catch (const std::system_error& error) {
      Found(uid, Unavailable(std::string("cannot start a thread to look up the name of a uid: ") + error.what()));
    }
  }
}

// Waiters whose time is up get the name known so far, and the next ones do not wait for the same look-up again.
void ProducerNames::State::GiveUp() {
  for (const Time now = SteadyClock::now(); !waiting.empty() && waiting.front().deadline <= now; waiting.pop_front()) {
    Waiter& waiter = waiting.front();
    Account& account = AccountOf(waiter.uid);
    if (account.believed_until <= now) {
      account.believed_until = now + options.retry;
      Log(LogLevel::kWarning, "the name of uid " + std::to_string(waiter.uid) +
                                  " was not found in time; appends of that user are recorded as " + account.name);
    }
    answers.push_back({std::move(waiter.done), account.name});
  }
}

void ProducerNames::State::Run(const std::shared_ptr<State>& self) {
  NameThisThread("producer names");
  for (;;) {
    std::vector<Answer> told;
    {
      const MutexLock lock(mutex);
      if (stopping) return;
      BeginLookUps(self);
      GiveUp();
      told.swap(answers);
      if (told.empty() && waiting.empty()) {
        changed.Wait(mutex);
      } else if (told.empty()) {
        changed.WaitUntil(mutex, waiting.front().deadline);
      }
    }
    for (const Answer& answer : told) answer.done(answer.name);
  }
}

ProducerNames::ProducerNames(ByUser configured, LookUp look_up, const ProducerNamesOptions& options)
    : configured_(std::move(configured)),
      state_(std::make_shared<State>(std::move(look_up), options)),
      thread_(StartThread([state = state_] { state->Run(state); })) {}

ProducerNames::~ProducerNames() {
  {
    const MutexLock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.NotifyAll();
  thread_.join();
  std::deque<State::Waiter> waiting;  // waiters are destroyed after the lock is released
  std::vector<State::Answer> answers;
  const MutexLock lock(state_->mutex);
  state_->waiting.swap(waiting);
  state_->answers.swap(answers);
}

Status ProducerNames::Find(uid_t uid, Done done) {
  std::string name;
  if (const auto known = configured_.find(uid); known != configured_.end()) {
    name = known->second;
  } else {
    const MutexLock lock(state_->mutex);
    const Time now = SteadyClock::now();
    State::Account& account = state_->AccountOf(uid);
    if (account.believed_until <= now) {
      if (state_->waiting.size() >= state_->options.max_waiting || state_->queue.size() >= state_->options.max_names) {
        return {
            Code::kResourceExhausted, "account-names",
            "too many connections are waiting for the account names of their users; name the users with `producer` in "
            "the configuration to avoid look-ups"};
      }
      state_->waiting.push_back({uid, now + state_->options.patience, std::move(done)});
      if (!account.asked) state_->queue.push_back(uid);
      account.asked = true;
      state_->changed.NotifyAll();
      return Ok();
    }
    name = account.name;
  }
  done(name);
  return Ok();
}

std::string ProducerNames::WithoutLookUp(uid_t uid) const {
  const auto known = configured_.find(uid);
  return known != configured_.end() ? known->second : ProducerStandIn(uid);
}

Result<ProducerNames::ByUser> ProducerNames::ParseRules(const std::vector<std::string>& rules) {
  ByUser names;
  for (const std::string& rule : rules) {
    const size_t equals = rule.find('=');
    const std::string who = rule.substr(0, equals);
    const std::string name = equals == std::string::npos ? "" : rule.substr(equals + 1);
    if (!IsProducerName(name)) {
      return InvalidField("producer", "producer: " + Quoted(rule) + " is not WHO=NAME with a name of 1 to " +
                                          std::to_string(kMaxProducerBytes) +
                                          " bytes of UTF-8 without control characters, which does not begin with " +
                                          std::string(kStandIn));
    }
    ENVLEDGER_ASSIGN_OR_RETURN(const auto uid, UserOf("producer", who));
    if (!uid) return InvalidField("producer", "producer: " + Quoted(who) + " is neither uid:N nor the name of a user");
    if (!names.emplace(*uid, name).second) {
      return InvalidField("producer", "producer: uid " + std::to_string(*uid) + " is named twice");
    }
  }
  return names;
}

}  // namespace envledger
