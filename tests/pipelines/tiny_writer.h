#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "pipelines/text_writer.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam::test {

/// A tiny model of random weights in a folder of its own; its context has 64 tokens.
class TinyWriter {
 public:
  TinyWriter() {
    const auto golden = source_folder() / "tests" / "golden" / "gemma3_text_tiny";
    for (const auto& entry : std::filesystem::directory_iterator(golden)) {
      std::filesystem::copy_file(entry.path(), folder_ / entry.path().filename());
    }
  }

  void add_template(const std::string& text) const {
    std::ofstream(folder_ / "chat_template.jinja") << text;
  }
  std::unique_ptr<TextWriter> open() const { return open_writer(folder_.path().string()); }

 private:
  TemporaryFolder folder_;
};

}  // namespace ogam::test
