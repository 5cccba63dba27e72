// A day, and reports of it, that are written, changed and verified.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "ledger/files/file.h"
#include "ledger/report/data.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {

// A day, signed, and a report of all of it.
struct ReportedDay : World {
  ReportedDay() {
    FillDay(*ledger);
    ledger->true_root = true;
    ledger->Sign();
  }
  std::string path() const { return directory.path() + "/report.html"; }
  std::string Page() const { return *ReadFile(path(), 1 << 24); }
  void Put(const std::string& page) const { ASSERT_TRUE(WriteFileDurably(path(), page, 0600).ok()); }
  int Report(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"report", "--output", path()};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }
  int Verify(const VerifierKey& key = FakeLedger::key()) {
    out.str("");
    err.str("");
    return Run({"report", "verify", path(), "--vkey", FormatVerifierKey(key)});
  }
  // The page with its evidence changed, and nothing else.
  std::string WithEvidence(const std::function<void(ReportData&)>& change) const {
    const std::string page = Page();
    const size_t begin = page.find(kReportDataBegin) + kReportDataBegin.size();
    const size_t end = page.find(kReportDataEnd, begin);
    ReportData data = *ReadReportData(page.substr(begin, end - begin));
    change(data);
    std::string changed = page.substr(0, begin);
    AddReportDataJson(data, changed);
    return changed + page.substr(end);
  }

  TempDir directory;
};

}  // namespace envledger::cli
