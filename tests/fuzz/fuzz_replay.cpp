#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "core/base/files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kMutations = 400;  // of each file
constexpr std::size_t kMaxBytes = 1 << 20;

void run(const std::string& input) {
  // A copy of exactly that size, so that a sanitizer sees a read past its end.
  const std::vector<std::uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

/// One to four small changes: a byte set, bytes removed, a piece repeated, or the end cut off.
std::string mutate(std::string input, std::mt19937& random) {
  const auto below = [&](std::size_t limit) { return random() % std::max<std::size_t>(limit, 1); };
  const auto changes = 1 + below(4);
  for (std::size_t i = 0; i < changes && !input.empty(); ++i) {
    const auto position = below(input.size());
    const auto length = 1 + below(std::min<std::size_t>(input.size() - position, 32));
    switch (below(4)) {
      case 0:
        input[position] = static_cast<char>(random());
        break;
      case 1:
        input.erase(position, length);
        break;
      case 2:
        input.insert(position, input.substr(below(input.size()), length));
        break;
      default:
        input.resize(position);
    }
  }
  return input;
}

}  // namespace

/// Runs the fuzz target over the files of a folder and over fixed mutations of each.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzz_NAME_replay FOLDER\n", stderr);
    return 2;
  }
  try {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::mt19937 random(1);  // NOLINT: the same mutations every time
    run("");
    for (const auto& file : files) {
      const auto seed = ogam::read_file(file, kMaxBytes);
      run(seed);
      for (int i = 0; i < kMutations; ++i) {
        run(mutate(seed, random));
      }
    }
    std::printf("%zu files, %d mutations of each\n", files.size(), kMutations);
    return files.empty() ? 1 : 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
