#include "ledger/service/heads.h"

#include <gtest/gtest.h>

#include <string>

#include "ledger/base/bytes.h"
#include "ledger/index/index_keys.h"
#include "ledger/store/index_db.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

// An index whose point reads find what its cursors do not: as when a file's filter is damaged.
class HalfBlind : public IndexReader {
 public:
  std::unique_ptr<IndexCursor> NewCursor(Table table, Reach reach) const override {
    return empty_->NewCursor(table, reach);
  }
  Result<std::optional<std::string>> Get(Table, std::string_view) const override {
    return std::optional<std::string>(U64Key(1));
  }
  uint64_t watermark() const override { return 2; }

 private:
  const std::unique_ptr<IndexReader> empty_ = EmptyReader();
};

// Taken for new, the envelope would get a second `requested` record, for ever.
TEST(HeadsTest, AnEnvelopeThatOneReadFindsAndAnotherDoesNotIsNotTakenForNew) {
  const TempDir dir;
  ASSERT_TRUE(LogDb::Create(dir.path() + "/log", {}).ok());
  const auto log = LogDb::Open(dir.path() + "/log", {});
  ASSERT_TRUE(log.ok());
  EnvelopeHead head;
  EXPECT_EQ(LoadEnvelopeHead(HalfBlind(), **log, "env-1", head).code(), Code::kCorruption);
  EXPECT_TRUE(LoadEnvelopeHead(*EmptyReader(), **log, "env-1", head).ok());
  EXPECT_EQ(head.state.revisions, 0u);
}

}  // namespace
}  // namespace envledger
