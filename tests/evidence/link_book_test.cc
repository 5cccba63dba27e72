#include "ledger/evidence/link_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr Window kWholeWindow{0, 1000};

NamedLink Link(uint64_t ordinal, uint64_t seq, std::optional<uint64_t> previous, const std::string& id = "alice") {
  return {User(id), {ordinal, seq, previous}};
}

LinkBook BookOf(const std::vector<NamedLink>& links) {
  PrincipalFilter filter;
  filter.id = "alice";
  LinkBook book(filter);
  for (const NamedLink& link : links) book.Add({link});
  return book;
}

TEST(LinkBook, LinksWithoutAGapAreWholeInAnyOrder) {
  LinkBook book = BookOf({Link(3, 9, 5), Link(1, 2, std::nullopt), Link(2, 5, 2), Link(2, 5, 2)});
  const auto gap = book.NextGap(kWholeWindow);
  ASSERT_TRUE(gap.ok()) << gap.status().ToString();
  EXPECT_FALSE(gap->has_value());
  const auto reaches = book.Reaches(kWholeWindow);
  ASSERT_EQ(reaches.size(), 1u);
  EXPECT_EQ(reaches.at(User("alice")).first, 1u);
  EXPECT_EQ(reaches.at(User("alice")).last, 3u);
}

TEST(LinkBook, AMissingLinkIsFoundByTheOneAfterIt) {
  LinkBook book = BookOf({Link(1, 2, std::nullopt), Link(4, 12, 9)});
  auto gap = book.NextGap(kWholeWindow);
  ASSERT_TRUE(gap.ok() && gap->has_value()) << gap.status().ToString();
  EXPECT_EQ((*gap)->principal, User("alice"));
  EXPECT_EQ((*gap)->ordinal, 3u);
  EXPECT_EQ((*gap)->seq, 9u);
  book.Add({Link(3, 9, 5)});
  gap = book.NextGap(kWholeWindow);
  ASSERT_TRUE(gap.ok() && gap->has_value()) << gap.status().ToString();
  EXPECT_EQ((*gap)->ordinal, 2u);
  EXPECT_EQ((*gap)->seq, 5u);
  book.Add({Link(2, 5, 2)});
  gap = book.NextGap(kWholeWindow);
  ASSERT_TRUE(gap.ok()) << gap.status().ToString();
  EXPECT_FALSE(gap->has_value());
}

TEST(LinkBook, WhatLiesOutsideTheWindowIsNotMissed) {
  LinkBook book = BookOf({Link(3, 9, 5), Link(4, 12, 9), Link(6, 30, 20)});
  const auto gap = book.NextGap({9, 20});
  ASSERT_TRUE(gap.ok()) << gap.status().ToString();
  EXPECT_FALSE(gap->has_value());
  const auto reaches = book.Reaches({9, 20});
  EXPECT_EQ(reaches.at(User("alice")).first, 3u);
  EXPECT_EQ(reaches.at(User("alice")).last, 4u);
  EXPECT_TRUE(book.Reaches({100, 200}).empty());
}

TEST(LinkBook, LinksOfOthersAreIgnored) {
  LinkBook book = BookOf({Link(4, 12, 9, "bob")});
  const auto gap = book.NextGap(kWholeWindow);
  ASSERT_TRUE(gap.ok()) << gap.status().ToString();
  EXPECT_FALSE(gap->has_value());
  EXPECT_TRUE(book.Reaches(kWholeWindow).empty());
}

TEST(LinkBook, LinksThatContradictEachOtherAreNamed) {
  const std::vector<std::pair<std::vector<NamedLink>, std::string>> cases = {
      {{Link(1, 5, 2)}, "is the first link but names one before it"},
      {{Link(2, 5, std::nullopt)}, "does not name the link before it"},
      {{Link(2, 5, 5)}, "names a later entry"},
      {{Link(2, 5, 1), Link(2, 7, 1)}, "is also in entry 5"},
      {{Link(1, 9, std::nullopt), Link(3, 7, 2)}, "comes before an earlier link, in entry 9"},
      {{Link(1, 2, std::nullopt), Link(2, 7, 3)}, "is in entry 3, but that link is in entry 2"},
  };
  for (const auto& [links, why] : cases) {
    LinkBook book = BookOf(links);
    const auto gap = book.NextGap(kWholeWindow);
    EXPECT_EQ(gap.status().code(), Code::kCorruption) << why;
    EXPECT_THAT(gap.status().message(), HasSubstr(why));
    EXPECT_THAT(gap.status().message(), HasSubstr("alice"));
  }
}

TEST(LinkReader, GivesEachLinkWithItsPrincipal) {
  Transition decided = Later(Stage::kAdmitted, "e");
  decided.decision->decider = User("bob");
  Transition by_alice = Later(Stage::kAdmitted, "e");
  by_alice.decision->decider = User("alice");
  const std::vector<std::string> entries = Seal(Drafts({Opening("e"), decided, by_alice, by_alice}));
  const auto links = LinkReader::ReadAll({entries.begin() + 1, entries.end()});
  ASSERT_TRUE(links.ok()) << links.status().ToString();
  ASSERT_EQ(links->size(), 3u) << "alice decides twice, but becomes a decider once";
  EXPECT_EQ((*links)[0].principal, User("alice"));
  EXPECT_EQ((*links)[0].link.ordinal, 1u);
  EXPECT_EQ((*links)[0].link.seq, 1u);
  EXPECT_EQ((*links)[0].link.previous, std::nullopt);
  EXPECT_EQ((*links)[1].principal, User("bob"));
  EXPECT_EQ((*links)[2].principal, User("alice"));
  EXPECT_EQ((*links)[2].link.ordinal, 2u);
  EXPECT_EQ((*links)[2].link.seq, 3u);
  EXPECT_EQ((*links)[2].link.previous, 1u);
}

TEST(LinkReader, RefusesLinksThatTheRecordsDoNotRequire) {
  std::vector<Draft> drafts = Drafts({Opening("e"), Later(Stage::kAdmitted, "e")});
  drafts[2].header.principal_links = drafts[1].header.principal_links;
  std::vector<std::string> entries = Seal(drafts);
  auto links = LinkReader::ReadAll({entries.begin() + 1, entries.end()});
  EXPECT_EQ(links.status().code(), Code::kCorruption);
  EXPECT_THAT(links.status().message(), HasSubstr("entry 2: it has a link that belongs to no principal"));

  drafts[1].header.principal_links.clear();
  drafts[2].header.principal_links.clear();
  entries = Seal(drafts);
  links = LinkReader::ReadAll({entries.begin() + 1, entries.end()});
  EXPECT_EQ(links.status().code(), Code::kCorruption);
  EXPECT_THAT(links.status().message(), HasSubstr("entry 1: it lacks the link for"));
}

}  // namespace
}  // namespace envledger
