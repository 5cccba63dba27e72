// What SigningKey::Create writes and which files SigningKey::Load refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/files/file.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// RFC 8410 section 10.3.
constexpr char kExamplePem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr char kExamplePublicKey[] = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

constexpr char kEllipticCurvePem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqBs0oMMTzgkQ40ao\n"
    "ziP1Yty+4CaAGMRaJVFCK6ypr3ihRANCAARUHrVP8Ce7i6RXZL/WUvBxiiwH6A2N\n"
    "qmENFHXWoOvuh8XhyxNEhD/ecyi+LgvBE1+P3H0/zlj+fkXOLbYI2EIM\n"
    "-----END PRIVATE KEY-----\n";

constexpr char kEncryptedPem[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhACyxyO0z+uQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEELvKpNggUkX7v+oM6IxUCfkEQP4S\n"
    "f1a4vffdcIF/gwc6yJrl5+kn3SPdrcOOb/+aH+G8/JJu8lDKGyTvn+NZSFPNh/t/\n"
    "Ds7VOSOYEYux5tVYULI=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

class KeyFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "envledger-key-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  std::string Write(const std::string& contents, mode_t mode) const {
    const std::string path = Path("key.pem");
    std::ofstream(path, std::ios::binary) << contents;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  std::string directory_;
};

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

void ExpectRefused(const std::string& path, Code code, const std::string& why) {
  const Result<SigningKey> key = SigningKey::Load(path);
  ASSERT_FALSE(key.ok()) << why;
  EXPECT_EQ(key.status().code(), code) << key.status().ToString();
  EXPECT_THAT(key.status().message(), HasSubstr(why));
  EXPECT_THAT(key.status().message(), HasSubstr(path));
}

TEST_F(KeyFileTest, ACreatedKeyLoadsAgain) {
  const Result<SigningKey> key = SigningKey::Generate();
  ASSERT_TRUE(key.ok());
  const Status created = key->Create(Path("new.pem"));
  ASSERT_TRUE(created.ok()) << created.ToString();
  const Result<SigningKey> loaded = SigningKey::Load(Path("new.pem"));
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->public_key(), key->public_key());
  EXPECT_EQ(loaded->Sign("m"), key->Sign("m"));
}

TEST_F(KeyFileTest, ACreatedKeyIsPemForItsOwnerAloneWhateverTheUmask) {
  const Result<SigningKey> key = SigningKey::FromSeed(std::string(32, '\x07'));
  ASSERT_TRUE(key.ok());
  const mode_t umask_before = umask(0);
  const Status created = key->Create(Path("new.pem"));
  umask(umask_before);
  ASSERT_TRUE(created.ok()) << created.ToString();
  EXPECT_EQ(ModeOf(Path("new.pem")), 0600u);
  const Result<std::string> pem = ReadFile(Path("new.pem"), 4096);
  ASSERT_TRUE(pem.ok());
  EXPECT_THAT(*pem, StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  const auto files = std::filesystem::directory_iterator(directory_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "no temporary file may stay";
}

TEST_F(KeyFileTest, CreateNeverReplacesAFile) {
  const std::string path = Write("precious", 0600);
  const Result<SigningKey> key = SigningKey::Generate();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->Create(path).code(), Code::kConflict);
  const Result<std::string> contents = ReadFile(path, 100);
  ASSERT_TRUE(contents.ok());
  EXPECT_EQ(*contents, "precious");
}

TEST_F(KeyFileTest, CreateInAMissingDirectoryIsNotFound) {
  const Result<SigningKey> key = SigningKey::Generate();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->Create(Path("nowhere/key.pem")).code(), Code::kNotFound);
}

TEST_F(KeyFileTest, LoadsTheExampleOfTheStandard) {
  for (const mode_t mode : {0600, 0400}) {
    const Result<SigningKey> key = SigningKey::Load(Write(kExamplePem, mode));
    ASSERT_TRUE(key.ok()) << key.status().ToString();
    EXPECT_EQ(Hex(key->public_key()), kExamplePublicKey);
  }
}

TEST_F(KeyFileTest, LoadRefusesAFileThatOthersCanReadOrWrite) {
  for (const mode_t mode : {0640, 0620, 0604, 0602, 0644, 0666, 0440}) {
    ExpectRefused(Write(kExamplePem, mode), Code::kNotPermitted, "can be read or written by others");
  }
}

TEST_F(KeyFileTest, LoadRefusesAFileOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const std::string path = Write(kExamplePem, 0600);
  ASSERT_EQ(chown(path.c_str(), 4321, 4321), 0);
  ExpectRefused(path, Code::kNotPermitted, "belongs to uid 4321");
}

TEST_F(KeyFileTest, LoadRefusesASymbolicLinkEvenToAGoodFile) {
  const std::string path = Write(kExamplePem, 0600);
  std::filesystem::create_symlink(path, Path("link.pem"));
  ExpectRefused(Path("link.pem"), Code::kNotPermitted, "is a symbolic link");
}

TEST_F(KeyFileTest, LoadRefusesWhatIsNoRegularFileWithoutWaitingForIt) {
  ASSERT_EQ(mkfifo(Path("fifo").c_str(), 0600), 0);
  ExpectRefused(Path("fifo"), Code::kNotPermitted, "is not a regular file");
  ExpectRefused(directory_, Code::kNotPermitted, "is not a regular file");
}

TEST_F(KeyFileTest, LoadOfAMissingFileIsNotFound) {
  ExpectRefused(Path("missing.pem"), Code::kNotFound, "open key file");
}

TEST_F(KeyFileTest, LoadRefusesWhatHoldsNoEd25519Key) {
  ExpectRefused(Write("", 0600), Code::kInvalidArgument, "no unencrypted private key");
  ExpectRefused(Write("not a key", 0600), Code::kInvalidArgument, "no unencrypted private key");
  ExpectRefused(Write(std::string(kExamplePem).substr(0, 60), 0600), Code::kInvalidArgument,
                "no unencrypted private key");
  ExpectRefused(Write(kEncryptedPem, 0600), Code::kInvalidArgument, "no unencrypted private key");
  ExpectRefused(Write(kEllipticCurvePem, 0600), Code::kInvalidArgument, "not one for Ed25519");
  ExpectRefused(Write(std::string(100'000, 'x'), 0600), Code::kInvalidArgument, "too long");
}

// An access control list as the kernel stores it; without one to set, the tests below have nothing to look at.
struct AclEntry {
  uint16_t tag;
  uint16_t permissions;
  uint32_t id;
};
constexpr uint32_t kNobodyInParticular = 0xFFFFFFFF;

bool SetAcl(const std::string& path, const std::vector<AclEntry>& entries) {
  std::string value("\x02\x00\x00\x00", 4);
  for (const AclEntry& entry : entries) {
    for (const int shift : {0, 8}) value.push_back(static_cast<char>(entry.tag >> shift));
    for (const int shift : {0, 8}) value.push_back(static_cast<char>(entry.permissions >> shift));
    for (const int shift : {0, 8, 16, 24}) value.push_back(static_cast<char>(entry.id >> shift));
  }
  return setxattr(path.c_str(), "system.posix_acl_access", value.data(), value.size(), 0) == 0;
}

std::vector<AclEntry> ListOf(AclEntry extra) {
  return {{0x01, 04, kNobodyInParticular},
          extra,                             // the owner
          {0x04, 00, kNobodyInParticular},   // the owning group
          {0x10, 04, kNobodyInParticular},   // the mask, which the mode shows as the group's bits
          {0x20, 00, kNobodyInParticular}};  // others
}

TEST_F(KeyFileTest, LoadAcceptsAListThatAdmitsThisUserAloneAsOnSystemdCredentials) {
  const std::string path = Write(kExamplePem, 0400);
  if (!SetAcl(path, ListOf({0x02, 04, geteuid()}))) GTEST_SKIP() << "this file system has no access control lists";
  ASSERT_EQ(ModeOf(path), 0440u);
  const Result<SigningKey> key = SigningKey::Load(path);
  ASSERT_TRUE(key.ok()) << key.status().ToString();
  EXPECT_EQ(Hex(key->public_key()), kExamplePublicKey);
}

TEST_F(KeyFileTest, LoadRefusesAListThatAdmitsAnotherUserOrAGroup) {
  const std::string path = Write(kExamplePem, 0400);
  if (!SetAcl(path, ListOf({0x02, 04, 4321}))) GTEST_SKIP() << "this file system has no access control lists";
  ExpectRefused(path, Code::kNotPermitted, "can be read or written by others");
  std::vector<AclEntry> of_group = ListOf({0x04, 04, kNobodyInParticular});
  of_group.erase(of_group.begin() + 2);  // it replaces the entry of the owning group
  ASSERT_TRUE(SetAcl(path, of_group));
  ExpectRefused(path, Code::kNotPermitted, "can be read or written by others");
  std::vector<AclEntry> of_named_group = ListOf({0x04, 00, kNobodyInParticular});
  of_named_group[2] = {0x08, 04, 4321};
  ASSERT_TRUE(SetAcl(path, of_named_group));
  ExpectRefused(path, Code::kNotPermitted, "can be read or written by others");
}

}  // namespace
}  // namespace envledger
