#include "pipelines/understanding/answer.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/text/lexical_tokens.h"
#include "core/text/unicode.h"
#include "pipelines/search.h"
#include "pipelines/understanding/alt_text.h"
#include "pipelines/understanding/material.h"

namespace ogam {

namespace {

constexpr std::size_t kMostAssets = 40;  // that a filter can name
constexpr std::size_t kMoments = 20;     // that are looked at

constexpr std::array<std::u32string_view, 29> kAskingWords = {
    U"what", U"when", U"where", U"who",   U"whom",  U"whose",  U"which", U"why",   U"how", U"many",
    U"much", U"did",  U"can",   U"could", U"would", U"should", U"will",  U"there", U"any", U"say",
    U"says", U"said", U"tell",  U"me",    U"about", U"video",  U"does",  U"have",  U"has"};

/// Korean words that begin so only ask, whatever is written onto them: 어디인가요, 언제부터.
constexpr std::array<std::u32string_view, 16> kAskingStems = {
    U"무엇", U"뭐",   U"뭘",   U"언제",   U"어디",     U"누가",   U"누구",   U"어떻게",
    U"어떤", U"무슨", U"얼마", U"있나요", U"있습니까", U"하나요", U"합니까", U"되나요"};

bool only_asks(const LexicalWord& word) {
  return is_stop_word(word) || word.letters == U"왜" || word.letters == U"몇" ||
         std::find(kAskingWords.begin(), kAskingWords.end(), word.letters) != kAskingWords.end() ||
         std::any_of(kAskingStems.begin(), kAskingStems.end(),
                     [&](std::u32string_view stem) { return word.letters.starts_with(stem); });
}

std::string filter_of(const std::vector<std::string>& assets) {
  require(assets.size() <= kMostAssets, ErrorCode::invalid_argument,
          "a question is put to {} assets at most, or to the whole archive; got {}", kMostAssets,
          assets.size());
  std::string filter;
  for (const std::string& asset : assets) {
    filter += fmt::format("{}asset=\"{}\"", filter.empty() ? "" : " or ", asset);
  }
  return filter;
}

/// The moments of both forms of the question; one that both find counts with its better score.
std::vector<Moment> find_moments(const Archive& archive, const Pack& pack,
                                 const Question& question) {
  Searcher searcher(archive, pack);
  SearchRequest request;
  request.filter = filter_of(question.assets);
  request.min_score = question.min_score;
  request.limit = kMoments;
  std::vector<std::string> texts = {question.text};
  if (const std::string words = without_asking_words(question.text); words != question.text) {
    texts.push_back(words);
  }
  std::map<std::pair<std::string, Time>, Moment> found;
  for (const std::string& text : texts) {
    request.text = text;
    for (Moment& moment : searcher.search(request).moments) {
      const auto [place, added] = found.try_emplace({moment.asset, moment.span.start}, moment);
      if (!added && moment.score > place->second.score) {
        place->second = std::move(moment);
      }
    }
  }
  std::vector<Moment> moments;
  for (auto& [place, moment] : found) {
    moments.push_back(std::move(moment));
  }
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.score > b.score; });
  return moments;
}

/// The sentence of `sentences` in which `line` was said or written at `time`.
const TimedSentence* sentence_of(const std::vector<TimedSentence>& sentences,
                                 const std::string& line, Time time) {
  const TimedSentence* best = nullptr;
  for (const TimedSentence& sentence : sentences) {
    const bool same = sentence.text == line;
    const bool there = sentence.span.contains(time) || sentence.span.start == time;
    if ((same && there) || (best == nullptr && (same || there))) {
      best = &sentence;
    }
  }
  return best;
}

/// What a lane's evidence shows; nothing when it cannot be put into words.
std::optional<Citation> cite_lane(const AssetMaterial& material, const Moment& moment, Lane lane,
                                  const Evidence& evidence) {
  Citation citation{.asset = moment.asset,
                    .path = moment.path,
                    .span = moment.span,
                    .lane = lane,
                    .text = {},
                    .score = evidence.score};
  if (lane == Lane::speech || lane == Lane::text) {
    const auto& sentences = lane == Lane::speech ? material.spoken : material.written;
    const TimedSentence* const sentence = sentence_of(sentences, evidence.text, evidence.time);
    if (sentence == nullptr) {
      return std::nullopt;
    }
    citation.text = sentence->text;
    citation.span = sentence->span;
    return citation;
  }
  const auto labels = lane == Lane::visual  ? &SegmentMaterial::pictures
                      : lane == Lane::sound ? &SegmentMaterial::sounds
                                            : nullptr;
  if (labels == nullptr) {
    return std::nullopt;
  }
  for (const Label& label : labels_in(material, moment.span, labels)) {
    if (label.probability >= kSureEnough) {
      citation.text += (citation.text.empty() ? "" : ", ") + label.name;
    }
  }
  return citation.text.empty() ? std::nullopt : std::optional(citation);
}

}  // namespace

std::string without_asking_words(const std::string& question) {
  std::string kept;
  for (const LexicalWord& word : lexical_words(question)) {
    if (!only_asks(word)) {
      kept += kept.empty() ? "" : " ";
      kept += word_text(word);
    }
  }
  return kept.empty() ? question : kept;
}

std::vector<Citation> answer_by_quoting(const Archive& archive, const Pack& pack,
                                        const Question& question,
                                        const CancellationToken& cancellation) {
  std::map<std::string, AssetMaterial> materials;
  std::vector<Citation> citations;
  for (const Moment& moment : find_moments(archive, pack, question)) {
    cancellation.check();
    if (!materials.contains(moment.asset)) {
      materials.emplace(moment.asset, read_material(archive, pack, moment.asset,
                                                    {.sentence_vectors = false}, cancellation));
    }
    const AssetMaterial& material = materials.at(moment.asset);
    for (const auto& [lane, evidence] : moment.lanes) {
      auto citation = cite_lane(material, moment, lane, evidence);
      const bool likely = evidence.score >= question.min_score;
      const bool known =
          citation && std::any_of(citations.begin(), citations.end(), [&](const Citation& other) {
            return other.asset == citation->asset && other.span == citation->span &&
                   other.text == citation->text;
          });
      if (citation && likely && !known) {
        citations.push_back(std::move(*citation));
      }
    }
  }
  std::stable_sort(citations.begin(), citations.end(),
                   [](const Citation& a, const Citation& b) { return a.score > b.score; });
  citations.resize(std::min(citations.size(), question.most));
  return citations;
}

}  // namespace ogam
