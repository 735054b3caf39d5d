#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "archive/archive.h"
#include "core/base/files.h"
#include "tests/archive/sample_assets.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;
using test::all_spaces;
using test::error_of;
using test::sample_asset;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Adds assets from `first` on until it is killed; writes each number to `report` when it is added.
[[noreturn]] void add_forever(const fs::path& folder, int first, int report) {
  try {
    Archive archive = Archive::open_or_create(folder, all_spaces());
    for (int number = first;; ++number) {
      AssetRecord asset = sample_asset(number, 1 + static_cast<std::size_t>(number) % 5);
      test::add_speech(asset, 0, "number " + std::to_string(number));
      archive.add(asset);
      if (number % 7 == 3) {
        archive.add(sample_asset(number - 1, 2));  // again, with other content
        archive.add(sample_asset(900'000));
        archive.remove(sample_asset(900'000).id);
      }
      if (::write(report, &number, sizeof number) != sizeof number) {
        ::_exit(2);
      }
    }
  } catch (const std::exception&) {
    ::_exit(1);
  }
}

struct Life {
  int reports = 0;                     ///< that are waited for
  std::chrono::microseconds extra{0};  ///< from the last one to the end
};

/// Lets a child add assets and kills it. @return the last number it reported.
int add_until_killed(const fs::path& folder, int first, const Life& life) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    add_forever(folder, first, ends[1]);
  }
  ::close(ends[1]);
  int last = first - 1;
  for (int i = 0; i < life.reports; ++i) {
    EXPECT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
  }
  std::this_thread::sleep_for(life.extra);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  for (int number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
    last = number;
  }
  ::close(ends[0]);
  return last;
}

TEST(DurabilityTest, AKillAtAnyMomentLosesAtMostTheAssetInProgress) {
  const test::TemporaryFolder folder;
  std::mt19937 random(4711);
  int next = 0;
  for (int round = 0; round < 60; ++round) {
    const Life life{static_cast<int>(random() % 4), std::chrono::microseconds(random() % 20'000)};
    next = add_until_killed(folder / "a", next, life) + 1;
    if (!fs::exists(folder / "a/catalog.sqlite")) {
      continue;  // killed before there was anything
    }
    if (round % 2 == 0) {  // as a reader finds it, leftovers and all
      try {
        EXPECT_THAT(Archive::open(folder / "a").verify(), IsEmpty()) << round;
      } catch (const Error& error) {
        EXPECT_EQ(next, 0) << error.what();  // killed while the catalog was being made
      }
    }
    const Archive archive = Archive::open_or_create(folder / "a", all_spaces());
    ASSERT_THAT(archive.verify(), IsEmpty()) << round;
    for (int number = 0; number < next; ++number) {
      ASSERT_TRUE(archive.find(sample_asset(number).id).has_value()) << number;
    }
    ASSERT_LE(archive.list().size(), static_cast<std::size_t>(next) + 2);
  }
  EXPECT_GT(next, 20);
}

TEST(DurabilityTest, LeftoversOfAKilledWriterAreRemoved) {
  const test::TemporaryFolder folder;
  { Archive::open_or_create(folder / "a", all_spaces()).add(sample_asset(1)); }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "a/vectors")) {
    files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 4U);
  const auto size = fs::file_size(files[0]);
  std::ofstream(files[0], std::ios::app) << "half a block";
  std::ofstream(folder / "a/vectors/visual-000000000000-000099.ogv") << "never committed";
  EXPECT_THAT(Archive::open(folder / "a").verify(), IsEmpty());
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  EXPECT_EQ(fs::file_size(files[0]), size);
  EXPECT_FALSE(fs::exists(folder / "a/vectors/visual-000000000000-000099.ogv"));
  archive.add(sample_asset(2));
  EXPECT_THAT(archive.verify(), IsEmpty());
}

/// Runs `body` in a child that cannot let a file grow beyond `bytes`. @return its exit status.
template <typename Body>
int run_with_file_limit(std::size_t bytes, const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

TEST(DurabilityTest, AFullDiskIsNamedAndLeavesNothingOfTheAsset) {
  const test::TemporaryFolder folder;
  { Archive::open_or_create(folder / "a", all_spaces()).add(sample_asset(1)); }
  // Vectors need more room than there is, the catalog does not; then the other way round.
  AssetRecord many_vectors = sample_asset(2, 600);
  AssetRecord many_words = sample_asset(3, 1);
  for (int i = 0; i < 2000; ++i) {
    test::add_speech(many_words, 0,
                     "a line of words to fill the catalog with " + std::to_string(i));
  }
  for (const AssetRecord& asset : {many_vectors, many_words}) {
    const int status = run_with_file_limit(120'000, [&] {
      try {
        Archive archive = Archive::open_or_create(folder / "a", all_spaces());
        const auto message = error_of([&] { archive.add(asset); }, ErrorCode::resource_exhausted);
        if (message.find("free some") == std::string::npos) {
          std::fprintf(stderr, "%s\n", message.c_str());
          return 1;
        }
        if (archive.list().size() != 1 || !archive.verify().empty()) {
          return 2;
        }
        archive.add(sample_asset(4, 1));  // a small one still fits
        return archive.remove(sample_asset(4).id) ? 0 : 3;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 4;
      }
    });
    EXPECT_EQ(status, 0) << asset.id;
    Archive archive = Archive::open_or_create(folder / "a", all_spaces());
    EXPECT_EQ(archive.list().size(), 1U);
    EXPECT_THAT(archive.verify(), IsEmpty());
  }
  Archive archive = Archive::open_or_create(folder / "a", all_spaces());
  archive.add(many_vectors);
  EXPECT_THAT(archive.verify(), IsEmpty());
}

/// Flips bits of one byte of a file.
void damage(const fs::path& file, std::size_t position, unsigned char flip) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(position));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(position));
  stream.put(static_cast<char>(byte ^ flip));
}

/// Opens and searches a damaged archive; an Error is an answer, anything else is not.
/// @return the findings of `verify`, or the error that kept it from running.
std::vector<std::string> use_damaged(const fs::path& folder) {
  try {
    Archive archive = Archive::open(folder);
    auto findings = archive.verify();
    try {
      archive.search(
          {.vectors = {{test::visual_space().id, test::sample_visual(1, 0), {}, false},
                       {test::sound_space().id, std::vector<float>(24, 0.2F), {}, false}},
           .words = "red car"});
      archive.info();
      for (const AssetSummary& asset : archive.list()) {
        archive.words_of(asset.id);
        archive.segments_of(asset.id);
      }
    } catch (const Error&) {
    }
    return findings;
  } catch (const Error& error) {
    return {error.what()};
  }
}

void make_archive_to_damage(const fs::path& folder) {
  Archive archive = Archive::open_or_create(folder, all_spaces());
  for (int number = 0; number < 4; ++number) {
    AssetRecord asset = sample_asset(number);
    test::add_speech(asset, 0, "a red car is here");
    archive.add(asset);
  }
}

TEST(DurabilityTest, EveryDamagedByteOfAVectorFileIsFoundAndNamed) {
  const test::TemporaryFolder folder;
  make_archive_to_damage(folder / "whole");
  std::mt19937 random(1);
  for (const auto& entry : fs::directory_iterator(folder / "whole/vectors")) {
    const auto name = entry.path().filename();
    for (int round = 0; round < 25; ++round) {
      fs::remove_all(folder / "a");
      fs::copy(folder / "whole", folder / "a", fs::copy_options::recursive);
      const fs::path file = folder / "a/vectors" / name;
      damage(file, random() % fs::file_size(file), static_cast<unsigned char>(1 + random() % 255));
      const auto findings = use_damaged(folder / "a");
      ASSERT_FALSE(findings.empty());
      EXPECT_THAT(findings[0], HasSubstr(name.string()));
    }
  }
}

TEST(DurabilityTest, ShortAndMissingVectorFilesAreNamed) {
  const test::TemporaryFolder folder;
  make_archive_to_damage(folder / "whole");
  const auto name = fs::directory_iterator(folder / "whole/vectors")->path().filename();
  const auto size = fs::file_size(folder / "whole/vectors" / name);
  for (const std::uintmax_t keep : {std::uintmax_t{0}, std::uintmax_t{100}, size / 2, size - 1}) {
    fs::remove_all(folder / "a");
    fs::copy(folder / "whole", folder / "a", fs::copy_options::recursive);
    fs::resize_file(folder / "a/vectors" / name, keep);
    const auto findings = use_damaged(folder / "a");
    ASSERT_FALSE(findings.empty()) << keep;
    EXPECT_THAT(findings[0], HasSubstr(name.string())) << keep;
  }
  fs::remove(folder / "a/vectors" / name);
  EXPECT_THAT(use_damaged(folder / "a"), ::testing::Contains(HasSubstr(name.string())));
}

TEST(DurabilityTest, IndexingAgainMendsMissingAndDamagedVectorFiles) {
  const test::TemporaryFolder folder;
  make_archive_to_damage(folder / "whole");
  const auto name = fs::directory_iterator(folder / "whole/vectors")->path().filename();
  const std::function<void(const fs::path&)> damages[] = {
      [](const fs::path& file) { fs::remove(file); },
      [](const fs::path& file) { fs::resize_file(file, 10); },
      [](const fs::path& file) { fs::resize_file(file, fs::file_size(file) - 1); },
      [](const fs::path& file) { damage(file, 0, 0xFF); },
      [](const fs::path& file) { damage(file, 200, 0xFF); },
  };
  for (const auto& harm : damages) {
    fs::remove_all(folder / "a");
    fs::copy(folder / "whole", folder / "a", fs::copy_options::recursive);
    harm(folder / "a/vectors" / name);
    EXPECT_FALSE(Archive::open(folder / "a").verify().empty());
    make_archive_to_damage(folder / "a");
    EXPECT_THAT(Archive::open(folder / "a").verify(), IsEmpty());
    const Archive archive = Archive::open_or_create(folder / "a", all_spaces());
    EXPECT_THAT(archive.verify(), IsEmpty());
    const auto result = archive.search(
        {.vectors = {{test::visual_space().id, test::sample_visual(2, 0), {}, false}}});
    EXPECT_EQ(result.moments.at(0).asset, sample_asset(2).id);
  }
}

TEST(DurabilityTest, ADamagedCatalogIsAnErrorAndNeverACrash) {
  const test::TemporaryFolder folder;
  make_archive_to_damage(folder / "whole");
  std::mt19937 random(2);
  const auto size = fs::file_size(folder / "whole/catalog.sqlite");
  int found = 0;
  constexpr int kRounds = 150;
  for (int round = 0; round < kRounds; ++round) {
    fs::remove_all(folder / "a");
    fs::copy(folder / "whole", folder / "a", fs::copy_options::recursive);
    // Some bytes of a database are free or mere text: many at once always hit something.
    const int bytes = round < kRounds / 2 ? 1 : 400;
    for (int i = 0; i < bytes; ++i) {
      damage(folder / "a/catalog.sqlite", random() % size,
             static_cast<unsigned char>(1 + random() % 255));
    }
    const auto findings = use_damaged(folder / "a");
    if (bytes > 1) {
      EXPECT_FALSE(findings.empty()) << round;
    }
    found += findings.empty() ? 0 : 1;
  }
  EXPECT_GT(found, kRounds / 2);
}

TEST(DurabilityTest, ATruncatedOrEmptyCatalogIsAnError) {
  const test::TemporaryFolder folder;
  make_archive_to_damage(folder / "whole");
  const auto size = fs::file_size(folder / "whole/catalog.sqlite");
  for (const std::uintmax_t keep :
       {std::uintmax_t{0}, std::uintmax_t{1}, std::uintmax_t{99}, std::uintmax_t{4096}, size / 2}) {
    fs::remove_all(folder / "a");
    fs::copy(folder / "whole", folder / "a", fs::copy_options::recursive);
    fs::resize_file(folder / "a/catalog.sqlite", keep);
    EXPECT_FALSE(use_damaged(folder / "a").empty()) << keep;
    EXPECT_NE(
        error_of([&] { Archive::open_or_create(folder / "a", all_spaces()).add(sample_asset(9)); },
                 ErrorCode::corrupt_data),
        "")
        << keep;
  }
}

}  // namespace
}  // namespace ogam
