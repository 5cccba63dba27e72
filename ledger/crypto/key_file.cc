// A key file is checked and read through one descriptor, so that nobody can swap the file in between.
//
// The mode does not always tell who can read a file. On a file with a POSIX access control list, the group bits of the
// mode are the list's mask: systemd may provide a credential as a file of root's with mode 0440, whose list admits the
// service's user and no group. So where group bits are set, the list is read and decides.
#include "ledger/crypto/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "ledger/files/file.h"

namespace envledger {
namespace {

// The attribute's value is a little-endian u32 version, then entries of u16 tag, u16 permissions, u32 id.
constexpr char kAclAttribute[] = "system.posix_acl_access";
constexpr size_t kAclHeaderBytes = 4;
constexpr size_t kAclEntryBytes = 8;
constexpr uint32_t kAclVersion = 2;
constexpr unsigned kAclOwner = 0x01;
constexpr unsigned kAclUser = 0x02;
constexpr unsigned kAclMask = 0x10;
constexpr unsigned kReadOrWrite = 06;

uint32_t LittleEndian(std::string_view bytes, size_t offset, size_t size) {
  uint32_t value = 0;
  for (size_t i = size; i > 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[offset + i - 1]);
  return value;
}

// Whether the list lets anyone but the owner, root and this process's user read or write. A list in an unknown form is
// assumed to do so.
bool AclAdmitsOthers(std::string_view acl) {
  if (acl.size() < kAclHeaderBytes || (acl.size() - kAclHeaderBytes) % kAclEntryBytes != 0) return true;
  if (LittleEndian(acl, 0, 4) != kAclVersion) return true;
  for (size_t at = kAclHeaderBytes; at < acl.size(); at += kAclEntryBytes) {
    const unsigned tag = LittleEndian(acl, at, 2);
    const unsigned permissions = LittleEndian(acl, at + 2, 2);
    const uint32_t id = LittleEndian(acl, at + 4, 4);
    if (tag == kAclOwner || tag == kAclMask) continue;
    if (tag == kAclUser && (id == geteuid() || id == 0)) continue;
    if ((permissions & kReadOrWrite) != 0) return true;
  }
  return false;
}

bool OthersHaveAccess(int fd, mode_t mode) {
  if ((mode & (S_IROTH | S_IWOTH)) != 0) return true;
  if ((mode & (S_IRGRP | S_IWGRP)) == 0) return false;
  char acl[1024];
  const ssize_t size = fgetxattr(fd, kAclAttribute, acl, sizeof acl);
  return size < 0 || AclAdmitsOthers({acl, static_cast<size_t>(size)});
}

Status NotPermitted(std::string message) { return {Code::kNotPermitted, std::move(message)}; }

Status CheckAccess(const std::string& path, int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0) return FromErrno(errno, "stat " + path);
  if (!S_ISREG(info.st_mode)) return NotPermitted("key file " + path + " is not a regular file");
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return NotPermitted("key file " + path + " belongs to uid " + std::to_string(info.st_uid) +
                        ", neither to this process's user nor to root");
  }
  if (OthersHaveAccess(fd, info.st_mode)) {
    return NotPermitted("key file " + path + " can be read or written by others: chmod it to 0600");
  }
  return Ok();
}

}  // namespace

SecretBytes::~SecretBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Status ReadKeyFile(const std::string& path, SecretBytes& contents) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer, because a FIFO is refused anyway.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ELOOP) return NotPermitted("key file " + path + " is a symbolic link");
    if (errno == EACCES) return NotPermitted("key file " + path + " is not readable by this process's user");
    return FromErrno(errno, "open key file " + path);
  }
  ENVLEDGER_RETURN_IF_ERROR(CheckAccess(path, fd.get()));
  contents.size_ = 0;
  while (contents.size_ < contents.bytes_.size()) {
    const ssize_t count =
        read(fd.get(), contents.bytes_.data() + contents.size_, contents.bytes_.size() - contents.size_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, "read key file " + path);
    if (count == 0) return Ok();
    contents.size_ += static_cast<size_t>(count);
  }
  return InvalidArgument("key file " + path + " is too long to hold a key");
}

}  // namespace envledger
