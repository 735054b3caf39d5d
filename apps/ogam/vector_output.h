#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "pipelines/embedding.h"

namespace ogam {

/// Where vectors go: JSON lines to stdout or a file, or one matrix to a .npy or .safetensors file.
class VectorOutput {
 public:
  virtual ~VectorOutput() = default;
  /// The space, for people, of the vectors that come next. A matrix takes those of one alone.
  /// @throws Error{invalid_argument} when it holds vectors of another.
  virtual void begin(const std::string& space) = 0;
  virtual void add(const EmbeddedInput& embedding) = 0;
  /// Writes what is written at once.
  virtual void finish() = 0;
};

/// @param file its extension (.jsonl, .npy, .safetensors) gives the format; empty: JSON lines to
///     stdout.
/// @throws Error{invalid_argument} for another extension.
std::unique_ptr<VectorOutput> make_vector_output(const std::filesystem::path& file);

}  // namespace ogam
