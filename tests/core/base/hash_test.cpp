#include "core/base/hash.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(i % 251);
  }
  return bytes;
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// What the distribution's own b3sum says of a file.
std::string b3sum(const std::filesystem::path& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
      ::popen(("b3sum --no-names '" + path.string() + "'").c_str(), "r"), &::pclose);
  std::string digits(64, '\0');
  EXPECT_EQ(std::fread(digits.data(), 1, digits.size(), pipe.get()), digits.size());
  return digits;
}

TEST(Blake3Test, EmptyInputHasThePublishedHash) {
  EXPECT_EQ(blake3_hex({}), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
}

TEST(Blake3Test, AgreesWithB3sumAtEveryTreeShape) {
  const test::TemporaryFolder folder;
  for (const std::size_t size : {1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3073, 8192, 8193,
                                 9217, 16384, 16385, 31744, 102400, 1048576, 3000001}) {
    const auto bytes = pattern(size);
    const auto path = folder / "input";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(size));
    EXPECT_EQ(blake3_file_hex(path), b3sum(path)) << size << " bytes";
  }
}

TEST(Blake3Test, HashDoesNotDependOnHowTheInputIsCut) {
  const auto bytes = pattern(50'000);
  const std::span<const std::byte> all(bytes);
  for (const std::size_t step : {1, 7, 1000, 1024, 8192, 9000, 20'000}) {
    Blake3 hash;
    for (std::size_t at = 0; at < all.size(); at += step) {
      hash.update(all.subspan(at, std::min(step, all.size() - at)));
    }
    Blake3 whole;
    whole.update(all);
    EXPECT_EQ(hash.finish(), whole.finish()) << "pieces of " << step;
  }
}

TEST(Blake3Test, HashingAFileStopsOnRequest) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "input", "content");
  CancellationToken cancel;
  cancel.request();
  EXPECT_THROW(blake3_file_hex(folder / "input", cancel), Cancelled);
}

TEST(Blake3Test, AnEmptyFileHasTheHashOfNothing) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "input", "");
  EXPECT_EQ(blake3_file_hex(folder / "input"), blake3_hex({}));
}

TEST(Sha256Test, OfAFileIsThatOfItsContent) {
  const test::TemporaryFolder folder;
  const std::string content(2'500'000, 'x');
  write_file_atomically(folder / "input", content);
  EXPECT_EQ(sha256_file_hex(folder / "input"), sha256_hex(bytes_of(content)));
}

TEST(Sha256Test, MatchesThePublishedExample) {
  EXPECT_EQ(sha256_hex(bytes_of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ogam
