#include "core/text/unigram_model.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

/// How much worse than the worst piece an unknown character is.
constexpr double kUnknownPenalty = 10.0;

/// Note: [Scores in the last place]
/// Where two splits of a word have equal sums, how the sums were rounded decides. The `tokenizers`
/// library reads a number by dividing its digits, as one whole number, by a power of ten, which is
/// not always the nearest number to what is written. Files hold the shortest digits that tell a
/// number from its neighbours, so the digits are known here.
double score_as_divided(double score) {
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.begin(), text.end(), std::abs(score), std::chars_format::scientific).ptr;
  std::uint64_t digits = 0;
  int exponent = 0;
  const char* c = text.begin();
  for (bool fraction = false; c != end && *c != 'e'; ++c) {
    if (*c == '.') {
      fraction = true;
    } else {
      digits = digits * 10 + static_cast<std::uint64_t>(*c - '0');
      exponent -= fraction ? 1 : 0;
    }
  }
  int written = 0;
  std::from_chars(c + (c[1] == '+' ? 2 : 1), end, written);
  exponent += written;
  const auto whole = static_cast<double>(digits);
  const double value =
      exponent < 0 ? whole / std::pow(10.0, -exponent) : whole * std::pow(10.0, exponent);
  return std::copysign(value, score);
}

ByteTrie::Entries pieces_of(const Vocabulary& vocabulary) {
  ByteTrie::Entries entries;
  for (const auto& [id, token] : vocabulary.tokens()) {
    if (!token.empty() && vocabulary.id(token) == id) {
      entries.emplace_back(token, id);
    }
  }
  return entries;
}

}  // namespace

UnigramModel::UnigramModel(Vocabulary vocabulary, UnigramConfig config)
    : TokenModel(std::move(vocabulary)),
      config_(std::move(config)),
      pieces_(pieces_of(this->vocabulary()), this->vocabulary().origin()) {
  if (config_.byte_fallback) {
    bytes_.emplace(this->vocabulary());
  }
  if (!config_.scores.empty()) {
    unknown_score_ =
        *std::min_element(config_.scores.begin(), config_.scores.end()) - kUnknownPenalty;
  }
}

std::unique_ptr<UnigramModel> UnigramModel::parse(ComponentJson& json) {
  const auto& pieces = json.part("vocab");
  require(pieces.is_array(), ErrorCode::corrupt_data, "{}: the vocabulary must be an array",
          json.origin());
  Vocabulary vocabulary(json.origin());
  UnigramConfig config;
  for (const auto& piece : pieces) {
    require(piece.is_array() && piece.size() == 2 && piece[0].is_string() && piece[1].is_number() &&
                std::isfinite(piece[1].get<double>()),
            ErrorCode::corrupt_data, "{}: a piece must be a text and a score", json.origin());
    vocabulary.add(piece[0].get<std::string>(), static_cast<std::int32_t>(config.scores.size()));
    config.scores.push_back(score_as_divided(piece[1].get<double>()));
  }
  config.byte_fallback = json.value_or<bool>("byte_fallback", false);
  if (const auto& unk = json.part("unk_id"); !unk.is_null()) {
    config.unk_id = token_id_value(unk, "unk_id", json.origin());
    require(vocabulary.token(*config.unk_id) != nullptr, ErrorCode::corrupt_data,
            "{}: unk_id is {}, the vocabulary has {} pieces", json.origin(), *config.unk_id,
            vocabulary.size());
  }
  return std::make_unique<UnigramModel>(std::move(vocabulary), std::move(config));
}

std::int32_t UnigramModel::unknown_id() const {
  require(config_.unk_id.has_value(), ErrorCode::corrupt_data,
          "{}: the text has a character that no piece covers, and there is no unk_id",
          vocabulary().origin());
  return *config_.unk_id;
}

std::vector<UnigramModel::Step> UnigramModel::best_paths(std::string_view word) const {
  std::vector<Step> steps(word.size() + 1);
  for (std::size_t begin = 0; begin < word.size();) {
    const auto character = first_character(word.substr(begin)).size;
    const auto offer = [&](std::size_t size, std::int32_t id, double score) {
      auto& step = steps[begin + size];
      score += steps[begin].score;
      if (step.begin < 0 || score > step.score) {
        step = {id, score, static_cast<std::ptrdiff_t>(begin)};
      }
    };
    bool covered = false;
    pieces_.for_each_prefix(word.substr(begin), [&](std::size_t size, std::int32_t id) {
      offer(size, id, config_.scores[static_cast<std::size_t>(id)]);
      covered = covered || size == character;
    });
    if (!covered) {
      offer(character, unknown_id(), unknown_score_);
    }
    begin += character;
  }
  return steps;
}

void UnigramModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  const auto steps = best_paths(word);
  std::vector<std::string_view> pieces;  // the last first; unknown neighbours are one
  bool unknown = false;
  for (std::size_t end = word.size(); end > 0;) {
    const auto begin = static_cast<std::size_t>(steps[end].begin);
    const bool is_unknown = steps[end].id == config_.unk_id;
    if (is_unknown && unknown) {
      pieces.back() = word.substr(begin, end - begin + pieces.back().size());
    } else {
      pieces.push_back(word.substr(begin, end - begin));
    }
    unknown = is_unknown;
    end = begin;
  }
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    append(*piece, ids);
  }
}

void UnigramModel::append(std::string_view piece, std::vector<std::int32_t>& ids) const {
  if (const auto id = vocabulary().id(piece)) {
    ids.push_back(*id);
  } else if (!bytes_ || !bytes_->append(piece, ids)) {
    ids.push_back(unknown_id());
  }
}

}  // namespace ogam
