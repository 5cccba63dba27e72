#include "cli/output/output_file.h"

#include <array>
#include <streambuf>

#include "ledger/files/durable_file.h"
#include "ledger/files/file.h"

namespace envledger::cli {
namespace {

constexpr unsigned kFileMode = 0644;  // output files are meant for others

// A stream buffer that writes to the file.
class FileBuffer : public std::streambuf {
 public:
  explicit FileBuffer(DurableFile& file) : file_(file) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

 private:
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return sputc(traits_type::to_char_type(c));
  }
  int sync() override {
    const Status written = file_.Append({pbase(), static_cast<size_t>(pptr() - pbase())});
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return written.ok() ? 0 : -1;  // the file keeps the error for Commit
  }

  DurableFile& file_;
  std::array<char, 1 << 16> buffer_;
};

}  // namespace

ExitStatus WriteOutput(Context& context, const std::string& path, std::string_view contents, const std::string& what) {
  const Status written = WriteFileDurably(path, contents, kFileMode);
  Complain(context, written.ok() ? "wrote " + path + ": " + what : written.ToString());
  return written.ok() ? ExitStatus::kFine : ExitStatus::kUnavailable;
}

struct OutputFile::File {
  explicit File(DurableFile begun) : file(std::move(begun)), buffer(file), stream(&buffer) {}
  DurableFile file;
  FileBuffer buffer;
  std::ostream stream;
};

Result<OutputFile> OutputFile::Open(std::ostream& standard, const std::string& path) {
  OutputFile output(standard);
  if (path.empty()) return output;
  ENVLEDGER_ASSIGN_OR_RETURN(DurableFile file, DurableFile::Begin(path, kFileMode));
  output.file_ = std::make_unique<File>(std::move(file));
  return output;
}

OutputFile::OutputFile(std::ostream& standard) : standard_(&standard) {}
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile::~OutputFile() = default;

std::ostream& OutputFile::out() { return file_ ? file_->stream : *standard_; }

Status OutputFile::Finish() {
  if (!file_) return Ok();
  file_->stream.flush();
  return file_->file.Commit();
}

}  // namespace envledger::cli
