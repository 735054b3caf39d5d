#pragma once

#include <string>
#include <string_view>

namespace ogam::hub {

/// A model on the hub: "google/siglip2-base-patch16-256" or "gpt2", at a branch, tag or commit.
struct ModelId {
  std::string name;
  std::string revision = "main";

  /// "org/name", with "@revision" where that is not main.
  std::string text() const;
};

/// Parses "org/name" or "org/name@revision". The rules are the hub's own: one or two parts of
/// letters, digits, '-', '_' and '.', without "--" and ".." and not ending in ".git".
/// @throws Error{invalid_argument} saying what an id looks like.
ModelId parse_model_id(std::string_view text);

/// Whether `text` is a whole commit: 40 lowercase hexadecimal digits.
bool is_commit(std::string_view text);

/// Whether `text` is made of lowercase hexadecimal digits alone.
bool is_lower_hex(std::string_view text);

}  // namespace ogam::hub
