#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/text/regex.h"

#include <pcre2.h>

#include <array>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxPatternBytes = 64u << 10;
constexpr std::uint32_t kMaxSteps = 10'000'000;      // of one match
constexpr std::uint32_t kMaxHeapKilobytes = 20'000;  // of one match

std::string message_of(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(code, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

struct Deleter {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

}  // namespace

struct Regex::State {
  Owned<pcre2_code> code;
  Owned<pcre2_match_context> limits;
};

Regex::Regex(const std::string& pattern) : state_(std::make_unique<State>()) {
  require(pattern.size() <= kMaxPatternBytes, ErrorCode::unsupported,
          "a regular expression of {} bytes; at most {} are allowed", pattern.size(),
          kMaxPatternBytes);
  const Owned<pcre2_compile_context> context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  state_->code.reset(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                    PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                    &offset, context.get()));
  require(state_->code != nullptr, ErrorCode::unsupported,
          "regular expression '{}', character {}: {}", pattern, offset, message_of(error));
  state_->limits.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(state_->limits.get(), kMaxSteps);
  pcre2_set_heap_limit(state_->limits.get(), kMaxHeapKilobytes);
  // Where machine code may not be made, matching falls back to the interpreter.
  pcre2_jit_compile(state_->code.get(), PCRE2_JIT_COMPLETE);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

std::string Regex::escape(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       static_cast<unsigned char>(c) >= 0x80 || c < ' ' || c == 0x7F;
    pattern += plain ? "" : "\\";
    pattern += c;
  }
  return pattern;
}

std::vector<Regex::Match> Regex::find_all(std::string_view text) const {
  const Owned<pcre2_match_data> data(
      pcre2_match_data_create_from_pattern(state_->code.get(), nullptr));
  const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer(data.get());
  std::vector<Match> matches;
  std::size_t from = 0;
  while (from <= text.size()) {
    // Checking the whole text again for every match would take quadratic time.
    const int count =
        pcre2_match(state_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                    from, PCRE2_NO_UTF_CHECK, data.get(), state_->limits.get());
    if (count == PCRE2_ERROR_NOMATCH) {
      break;
    }
    require(count > 0, ErrorCode::resource_exhausted, "cannot search {} bytes of text: {}",
            text.size(), message_of(count));
    const Match match{offsets[0], offsets[1]};
    const bool empty_behind_another =
        match.begin == match.end && !matches.empty() && matches.back().end == match.end;
    if (!empty_behind_another) {
      matches.push_back(match);
      from = match.end;
    } else {
      from += from < text.size() ? first_character(text.substr(from)).size : 1;
    }
  }
  return matches;
}

}  // namespace ogam
