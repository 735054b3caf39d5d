#include "decoders/text/word_alignment.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/text/unicode.h"

namespace ogam {
namespace {

constexpr std::int64_t kMedianWidth = 7;
constexpr double kEncodedPerSecond = 50;  // encoder vectors

constexpr std::array<std::string_view, 6> kWithoutSpaces = {"zh", "ja", "th", "lo", "my", "yue"};

// Punctuation that opens what follows, and punctuation that closes what came before.
constexpr std::array<std::string_view, 8> kOpening = {"\"", "'", "“", "¿", "(", "[", "{", "「"};
constexpr std::array<std::string_view, 21> kClosing = {"\"", "'", ".",  "。", ",",  "，", "!",
                                                       "！", "?", "？", ":",  "：", "”",  ")",
                                                       "]",  "}", "、", ";",  "；", "…",  "」"};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

/// Runs of tokens that are whole characters: one character may take several tokens.
std::vector<TokenWord> split_characters(std::span<const std::int32_t> tokens,
                                        const TokenDecoder& decode) {
  std::vector<TokenWord> pieces;
  std::size_t first = 0;
  for (std::size_t end = 1; end <= tokens.size(); ++end) {
    auto text = decode(tokens.subspan(first, end - first));
    if (is_valid_utf8(text) || end == tokens.size()) {
      pieces.push_back(
          {.first = first, .count = end - first, .spoken = end - first, .text = repair_utf8(text)});
      first = end;
    }
  }
  return pieces;
}

bool closes(const TokenWord& piece) { return is_one_of(trimmed(piece.text), kClosing); }

/// Punctuation after a word belongs to its text, and its time to the pause.
void join(TokenWord& word, const TokenWord& next) {
  word.count += next.count;
  word.text += next.text;
  if (!closes(next)) {
    word.spoken = word.count;
  }
}

}  // namespace

std::vector<std::int64_t> align_rows(const at::Tensor& cost) {
  const auto rows = cost.size(0);
  const auto columns = cost.size(1);
  const auto contiguous = cost.contiguous();
  const auto* costs = contiguous.const_data_ptr<float>();
  enum Step : std::uint8_t { both, next_row, next_column };
  std::vector<Step> steps(static_cast<std::size_t>(rows * columns));
  constexpr float kNever = std::numeric_limits<float>::infinity();
  std::vector<float> above(columns + 1,
                           kNever);  // sums of the row above; index 0 lies left of the matrix
  std::vector<float> sums(columns + 1, kNever);
  above[0] = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    sums[0] = kNever;
    for (std::int64_t j = 0; j < columns; ++j) {
      const float diagonal = above[j];
      const float up = above[j + 1];
      const float left = sums[j];
      Step step = next_column;
      float best = left;
      if (diagonal < up && diagonal < left) {
        step = both;
        best = diagonal;
      } else if (up < diagonal && up < left) {
        step = next_row;
        best = up;
      }
      steps[i * columns + j] = step;
      sums[j + 1] = best + costs[i * columns + j];
    }
    above.swap(sums);
  }
  std::vector<std::int64_t> first(rows, 0);
  for (std::int64_t i = rows - 1, j = columns - 1; i >= 0 && j >= 0;) {
    first[i] = j;
    // At the edges of the matrix there is one way only.
    const Step step = i == 0 ? next_column : j == 0 ? next_row : steps[i * columns + j];
    i -= step != next_column ? 1 : 0;
    j -= step != next_row ? 1 : 0;
  }
  return first;
}

at::Tensor median_filter(const at::Tensor& x, std::int64_t width) {
  const auto half = width / 2;
  if (x.size(-1) <= half) {
    return x;
  }
  const auto padded = at::reflection_pad1d(x, {half, half});
  return std::get<0>(padded.unfold(-1, width, 1).sort(-1)).select(-1, half);
}

bool is_written_with_spaces(std::string_view language) {
  return !is_one_of(language, kWithoutSpaces);
}

std::vector<TokenWord> split_words(std::span<const std::int32_t> tokens, std::string_view language,
                                   const TokenDecoder& decode) {
  const bool spaced = is_written_with_spaces(language);
  std::vector<TokenWord> words;
  bool opened = false;  // whether the last word is punctuation that waits for the word it opens
  for (const auto& piece : split_characters(tokens, decode)) {
    const bool joins = spaced ? !piece.text.starts_with(' ') : opened || closes(piece);
    if (!words.empty() && joins) {
      join(words.back(), piece);
    } else {
      words.push_back(piece);
    }
    opened = is_one_of(trimmed(piece.text), kOpening) && !joins;
  }
  return words;
}

TokenTimes WordAligner::align(const std::vector<KeyValues>& sound,
                              const std::vector<std::int32_t>& prompt,
                              std::span<const std::int32_t> text, double seconds) const {
  TokenTimes times;
  if (text.empty()) {
    return times;
  }
  std::vector<std::int64_t> sequence(prompt.begin(), prompt.end());
  sequence.push_back(tokens_.no_timestamps);
  sequence.insert(sequence.end(), text.begin(), text.end());
  sequence.push_back(tokens_.end);
  const auto aligned = decoder_.align(at::tensor(sequence), sound, tokens_.alignment_heads);

  const auto count = static_cast<std::int64_t>(text.size());
  const auto before = static_cast<std::int64_t>(prompt.size());  // tokens before no_timestamps
  const auto probabilities =
      at::softmax(aligned.logits.narrow(0, before, count).narrow(1, 0, tokens_.end), -1);
  for (std::int64_t i = 0; i < count; ++i) {
    times.probabilities.push_back(probabilities[i][text[i]].item<double>());
  }

  const auto all_frames = aligned.attentions.size(2);
  const auto frames = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::ceil(seconds * kEncodedPerSecond)), 1, all_frames);
  auto attentions = aligned.attentions.narrow(2, 0, frames);
  attentions = attentions / attentions.sum(-1, /*keepdim=*/true).clamp_min(1e-20);
  const auto [deviation, mean] =
      at::std_mean(attentions, at::IntArrayRef{1}, /*correction=*/0, true);
  attentions = median_filter((attentions - mean) / deviation.clamp_min(1e-12), kMedianWidth);
  // The token that predicts a word is where the model looks for it: one row before the word's own.
  const auto cost = -attentions.mean(0).narrow(0, before, count + 1);
  for (const auto column : align_rows(cost)) {
    times.starts.push_back(static_cast<double>(column) / kEncodedPerSecond);
  }
  return times;
}

}  // namespace ogam
