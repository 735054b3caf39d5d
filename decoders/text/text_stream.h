#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace ogam {

/// Turns tokens that come one by one into text, of which no piece begins or ends within a
/// character.
class TokenText {
 public:
  explicit TokenText(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  /// The text that `token` completes; empty while a character is under way. Bytes that can be part
  /// of none become U+FFFD.
  std::string push(std::int32_t token);

  /// What is left at the end: the beginning of a character that never came, as U+FFFD.
  std::string finish();

 private:
  std::string added() const;

  const Tokenizer* tokenizer_;
  /// Tokens whose text is out, which those after them are read with, and tokens under way.
  Tokenizer::Ids tokens_;
  std::size_t context_ = 0;  // how many are out
};

/// Cuts a text that comes in pieces at the first of several strings, and holds back what may be the
/// beginning of one.
class StopStrings {
 public:
  /// @throws Error{invalid_argument} when one is empty or no UTF-8.
  explicit StopStrings(std::vector<std::string> strings);

  /// @return what can no longer be part of a stop string.
  std::string push(std::string_view piece);

  /// Whether one was found; what follows it is dropped.
  bool found() const { return found_; }

  /// What was held back, at the end.
  std::string finish();

 private:
  std::vector<std::string> strings_;
  std::string held_;
  bool found_ = false;
};

}  // namespace ogam
