#include "ledger/evidence/link_book.h"

#include <algorithm>
#include <tuple>

#include "ledger/codec/transition.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

constexpr size_t kBytesAPrincipal = 160;  // of a map, with a principal

Principal Owned(const PrincipalView& view) { return {view.kind, std::string(view.issuer), std::string(view.id)}; }

std::string LinkText(const Principal& principal, const BookedLink& link) {
  return FullPrincipalText(principal) + ": its link " + std::to_string(link.ordinal) + ", in entry " +
         std::to_string(link.seq) + ",";
}

}  // namespace

Result<std::vector<NamedLink>> LinkReader::Add(std::string_view bytes) {
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(bytes));
  const auto wrong = [&entry](const std::string& why) {
    return Corruption("entry " + std::to_string(entry.header.seq) + ": " + why);
  };
  const auto facts = CheckTransition(entry.transition);
  if (!facts.ok()) return wrong(facts.status().message());
  const std::vector<PrincipalLink>& links = entry.header.principal_links;
  std::vector<NamedLink> named;
  for (const Involvement& involved : facts->involved) {
    const Principal principal = Owned(involved.principal);
    const auto [held, first] = held_.try_emplace(principal, RoleMask{0});
    if (first) bytes_ += kBytesAPrincipal + principal.issuer.size() + principal.id.size();
    RoleMask& before = held->second;
    const auto added = static_cast<RoleMask>(involved.roles & ~before);
    if (added == 0) continue;
    const size_t next = named.size();
    if (next == links.size() || links[next].roles != added || links[next].held != before) {
      return wrong("it lacks the link for " + FullPrincipalText(principal));
    }
    named.push_back({principal, {links[next].ordinal, entry.header.seq, links[next].previous}});
    before = static_cast<RoleMask>(before | added);
  }
  if (named.size() != links.size()) return wrong("it has a link that belongs to no principal in it");
  return named;
}

Result<std::vector<NamedLink>> LinkReader::ReadAll(const std::vector<std::string>& entries) {
  LinkReader reader;
  std::vector<NamedLink> all;
  for (const std::string& entry : entries) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<NamedLink> links, reader.Add(entry));
    all.insert(all.end(), links.begin(), links.end());
  }
  return all;
}

bool Names(const PrincipalFilter& filter, const Principal& principal) {
  return (filter.kind == PrincipalKind::kUnspecified || principal.kind == filter.kind) &&
         (!filter.issuer || principal.issuer == *filter.issuer) && principal.id == filter.id;
}

void LinkBook::Add(const std::vector<NamedLink>& links) {
  for (const NamedLink& named : links) {
    if (!Names(filter_, named.principal)) continue;
    links_[named.principal].push_back(named.link);
    sorted_ = false;
  }
}

void LinkBook::Sort() {
  if (sorted_) return;
  for (auto& [principal, links] : links_) {
    std::sort(links.begin(), links.end(), [](const BookedLink& a, const BookedLink& b) {
      return std::tie(a.ordinal, a.seq) < std::tie(b.ordinal, b.seq);
    });
    const auto same = [](const BookedLink& a, const BookedLink& b) { return a.ordinal == b.ordinal && a.seq == b.seq; };
    links.erase(std::unique(links.begin(), links.end(), same), links.end());
  }
  sorted_ = true;
}

namespace {

// Checks that `link` agrees with the known one before it (null: there is none).
Status CheckLink(const Principal& principal, const BookedLink& link, const BookedLink* before) {
  const auto contradicts = [&](const std::string& why) { return Corruption(LinkText(principal, link) + " " + why); };
  if ((link.ordinal == 1) != !link.previous) {
    return contradicts(link.previous ? "is the first link but names one before it"
                                     : "does not name the link before it");
  }
  if (link.previous && *link.previous >= link.seq) return contradicts("names a later entry as the one before it");
  if (before == nullptr) return Ok();
  if (before->ordinal == link.ordinal) return contradicts("is also in entry " + std::to_string(before->seq));
  if (before->seq >= link.seq)
    return contradicts("comes before an earlier link, in entry " + std::to_string(before->seq));
  if (before->ordinal + 1 == link.ordinal && before->seq != *link.previous) {
    return contradicts("says that the link before it is in entry " + std::to_string(*link.previous) +
                       ", but that link is in entry " + std::to_string(before->seq));
  }
  return Ok();
}

}  // namespace

Result<std::optional<LinkBook::Gap>> LinkBook::NextGap(const Window& window) {
  Sort();
  for (const auto& [principal, links] : links_) {
    for (size_t i = links.size(); i-- > 0;) {
      const BookedLink& link = links[i];
      if (!window.Holds(link.seq)) continue;
      const BookedLink* before = i > 0 ? &links[i - 1] : nullptr;
      ENVLEDGER_RETURN_IF_ERROR(CheckLink(principal, link, before));
      const bool known = !link.previous || (before != nullptr && before->ordinal + 1 == link.ordinal);
      if (!known && window.Holds(*link.previous)) {
        return std::optional(Gap{principal, link.ordinal - 1, *link.previous});
      }
    }
  }
  return std::optional<Gap>();
}

std::map<Principal, LinkBook::Reach> LinkBook::Reaches(const Window& window) {
  Sort();
  std::map<Principal, Reach> reaches;
  for (const auto& [principal, links] : links_) {
    for (const BookedLink& link : links) {
      if (!window.Holds(link.seq)) continue;
      const auto [reach, is_new] = reaches.try_emplace(principal, Reach{link.ordinal, link.ordinal});
      if (!is_new) reach->second.last = link.ordinal;
    }
  }
  return reaches;
}

}  // namespace envledger
