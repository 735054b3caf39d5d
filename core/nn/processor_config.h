#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/json.h"

namespace ogam {

/// Which of a model's preprocessors is meant.
enum class ProcessorKind { image, video, audio };

/// A preprocessor's configuration as a model folder holds it. As in transformers, a key that is
/// missing or null has the value that its class gives it, and keys that mean nothing to the class
/// are ignored. Errors name the file, the key, what was seen and what was expected.
class ProcessorConfig {
 public:
  /// @param origin the file (and section) that `json` was read from, for errors.
  /// @throws Error{corrupt_data} when `json` is no object.
  ProcessorConfig(Json json, std::string origin);

  /// Reads one preprocessor of a model folder: its section of `processor_config.json` where that
  /// file has one (`image_processor`, `video_processor`, `feature_extractor` or
  /// `audio_processor`), else a file of its own (`preprocessor_config.json`; for videos
  /// `video_preprocessor_config.json` before it).
  /// @throws Error{not_found} when the folder has neither, Error{corrupt_data} when a file is not
  ///     JSON or no object.
  static ProcessorConfig read(const std::filesystem::path& folder, ProcessorKind kind);

  const Json& json() const { return json_; }
  const std::string& origin() const { return origin_; }

  /// Whether the key is there and not null.
  bool has(const std::string& key) const;

  /// The preprocessor's class: the value of the first of `keys` that there is, without the ending
  /// "Fast" that older files write.
  /// @throws Error{corrupt_data} when there is none.
  std::string class_name(std::initializer_list<const char*> keys) const;

  /// @throws Error{corrupt_data} unless it is true or false.
  bool flag(const std::string& key, bool fallback) const;

  struct WholeRange {
    int low;
    int high;
  };
  /// @throws Error{corrupt_data} unless it is a whole number within the range.
  int whole(const std::string& key, int fallback, const WholeRange& range) const;

  struct Range {
    double low;
    double high;
  };
  /// @throws Error{corrupt_data} unless it is a number within the range.
  double number(const std::string& key, double fallback, const Range& range) const;

  /// @throws Error{unsupported} when the key has another value than the one that is implemented.
  template <typename T>
  void demand(const std::string& key, const T& implemented) const {
    const auto value = json_value_or<T>(json_, key, origin_, implemented);
    require(value == implemented, ErrorCode::unsupported,
            "{}: \"{}\" is {}; only {} is implemented", origin_, key, Json(value).dump(),
            Json(implemented).dump());
  }

  /// Refuses every key that begins with "do_", is true and not among `implemented`.
  /// @throws Error{unsupported}.
  void refuse_other_steps(std::initializer_list<std::string_view> implemented) const;

 private:
  Json json_;
  std::string origin_;
};

}  // namespace ogam
