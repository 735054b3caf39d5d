#include "apps/ogam/vector_output.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/ogam/run_verb.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensor/safetensors_writer.h"

namespace ogam {

namespace {

Json row_json(const EmbeddedInput& embedding, const std::string& space) {
  Json json = {
      {"input", display_path(embedding.input)}, {"kind", embedding.kind}, {"space", space}};
  if (embedding.span) {
    json["start"] = to_seconds(embedding.span->start);
    json["end"] = to_seconds(embedding.span->end);
  }
  return json;
}

/// One line for each vector.
class LinesToStdout : public VectorOutput {
 public:
  void begin(const std::string& space) override { space_ = space; }
  void add(const EmbeddedInput& embedding) override {
    Json json = row_json(embedding, space_);
    json["vector"] = embedding.values;
    print_json(json);
  }
  void finish() override {}

 private:
  std::string space_;
};

class LinesToFile : public VectorOutput {
 public:
  explicit LinesToFile(std::filesystem::path file) : file_(std::move(file)) {}
  void begin(const std::string& space) override { space_ = space; }
  void add(const EmbeddedInput& embedding) override {
    Json json = row_json(embedding, space_);
    json["vector"] = embedding.values;
    lines_ += dump_json(json) + "\n";
  }
  void finish() override { write_file_atomically(file_, lines_); }

 private:
  std::filesystem::path file_;
  std::string space_;
  std::string lines_;
};

/// All vectors as rows of one matrix, float32.
class Matrix : public VectorOutput {
 public:
  explicit Matrix(std::filesystem::path file) : file_(std::move(file)) {}

  void begin(const std::string& space) override {
    require(space_.empty() || space_ == space, ErrorCode::invalid_argument,
            "{} holds vectors of one space, and these are of {} and {}; choose one with --lane or "
            "--model",
            display_path(file_), space_, space);
    space_ = space;
  }
  void add(const EmbeddedInput& embedding) override {
    columns_ = static_cast<std::int64_t>(embedding.values.size());
    values_.insert(values_.end(), embedding.values.begin(), embedding.values.end());
    rows_.push_back(row_json(embedding, space_));
  }

 protected:
  std::filesystem::path file_;
  std::string space_;
  std::int64_t columns_ = 0;
  std::vector<float> values_;
  Json rows_ = Json::array();  // what each row is of
};

/// NumPy's format, version 1.0 (NEP 1).
class NpyFile : public Matrix {
 public:
  using Matrix::Matrix;
  void finish() override {
    static_assert(std::endian::native == std::endian::little);
    std::string header = fmt::format(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows_.size(), columns_);
    constexpr std::size_t kPreamble = 10;
    header.append(63 - (kPreamble + header.size()) % 64, ' ');  // the data begin at 64 bytes
    header += '\n';
    std::string file = "\x93NUMPY";
    file += '\x01';
    file += '\0';
    file += static_cast<char>(header.size() & 0xFF);
    file += static_cast<char>(header.size() >> 8);
    file += header;
    file.append(reinterpret_cast<const char*>(values_.data()), values_.size() * sizeof(float));
    write_file_atomically(file_, file);
  }
};

/// The tensor "vectors"; the metadata "space" and "rows" (JSON) say what they are.
class SafetensorsOutput : public Matrix {
 public:
  using Matrix::Matrix;
  void finish() override {
    const auto vectors = at::from_blob(
        values_.data(), {static_cast<std::int64_t>(rows_.size()), columns_}, at::kFloat);
    save_safetensors(file_, {{"vectors", vectors}},
                     {{"space", space_}, {"rows", dump_json(rows_)}});
  }
};

template <typename Output>
std::unique_ptr<VectorOutput> make(const std::filesystem::path& file) {
  return std::make_unique<Output>(file);
}

struct Format {
  std::string_view extension;
  std::unique_ptr<VectorOutput> (*make)(const std::filesystem::path&);
};

constexpr std::array kFormats = {
    Format{".jsonl", &make<LinesToFile>},
    Format{".npy", &make<NpyFile>},
    Format{".safetensors", &make<SafetensorsOutput>},
};

}  // namespace

std::unique_ptr<VectorOutput> make_vector_output(const std::filesystem::path& file) {
  if (file.empty()) {
    return std::make_unique<LinesToStdout>();
  }
  const std::string extension = file.extension().string();
  const auto* const format =
      std::find_if(kFormats.begin(), kFormats.end(),
                   [&](const Format& known) { return known.extension == extension; });
  require(format != kFormats.end(), ErrorCode::invalid_argument,
          "vectors are written to files that end in .jsonl, .npy or .safetensors, not to {}",
          display_path(file));
  return format->make(file);
}

}  // namespace ogam
