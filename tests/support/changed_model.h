#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam::test {

/// A model folder of tests/golden with one of its JSON files changed.
class ChangedModel {
 public:
  /// @param change is merged into the file as RFC 7386 has it: null removes a key.
  ChangedModel(const std::string& golden, const std::string& file, const Json& change) {
    std::filesystem::copy(source_folder() / "tests" / "golden" / golden, folder_.path(),
                          std::filesystem::copy_options::recursive);
    auto json = read_json_file(folder_ / file);
    json.merge_patch(change);
    std::ofstream(folder_ / file) << json;
  }

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace ogam::test
