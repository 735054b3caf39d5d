#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/text/regex.h"

#include <pcre2.h>

#include <array>

#include "core/base/error.h"

namespace ogam {

namespace {

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

struct CodeDeleter {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

struct MatchDataDeleter {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

}  // namespace

struct Regex::State {
  std::unique_ptr<pcre2_code, CodeDeleter> code;
};

Regex::Regex(const std::string& pattern) : state_(std::make_unique<State>()) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  state_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_UTF | PCRE2_UCP, &error, &offset, nullptr));
  require(state_->code != nullptr, ErrorCode::internal, "regular expression '{}', character {}: {}",
          pattern, offset, message_of(error));
  // Where machine code may not be made, matching falls back to the interpreter.
  pcre2_jit_compile(state_->code.get(), PCRE2_JIT_COMPLETE);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

std::optional<Regex::Match> Regex::find(std::string_view text, std::size_t from) const {
  const std::unique_ptr<pcre2_match_data, MatchDataDeleter> data(
      pcre2_match_data_create_from_pattern(state_->code.get(), nullptr));
  // Checking the whole text again for every match would take quadratic time.
  const int count = pcre2_match(state_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
                                text.size(), from, PCRE2_NO_UTF_CHECK, data.get(), nullptr);
  if (count == PCRE2_ERROR_NOMATCH) {
    return std::nullopt;
  }
  require(count > 0, ErrorCode::resource_exhausted, "cannot search {} bytes of text: {}",
          text.size(), message_of(count));
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data.get());
  return Match{offsets[0], offsets[1]};
}

}  // namespace ogam
