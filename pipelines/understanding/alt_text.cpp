#include "pipelines/understanding/alt_text.h"

#include <algorithm>
#include <array>
#include <map>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMostNames = 3;

struct Wording {
  std::string_view language;
  std::string_view picture;
  std::string_view sound;
  std::string_view words;
  std::string_view nothing;
};

constexpr std::array kWordings = {
    Wording{"en", "Picture", "sound", "words", "nothing that has a name here"},
    Wording{"ko", "그림", "소리", "글자", "이름을 아는 것이 없음"}};

std::string names_of(const std::vector<Label>& labels) {
  std::string names;
  std::size_t count = 0;
  for (const Label& label : labels) {
    if (label.probability >= kSureEnough && count < kMostNames) {
      names += (names.empty() ? "" : ", ") + label.name;
      ++count;
    }
  }
  return names;
}

std::string text_of(const AltText& alt, const Wording& wording) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", what, value);
    }
  };
  add(wording.picture, names_of(alt.pictures));
  add(wording.sound, names_of(alt.sounds));
  std::string words;
  for (const std::string& line : alt.words) {
    words += (words.empty() ? "" : " / ") + line;
  }
  add(wording.words, words);
  return text.empty() ? fmt::format("{}: {}", wording.picture, wording.nothing) : text;
}

AltText describe_span(const AssetMaterial& material, const TimeSpan& span, const Wording& wording) {
  AltText alt{.span = span,
              .text = {},
              .pictures = labels_in(material, span, &SegmentMaterial::pictures),
              .sounds = labels_in(material, span, &SegmentMaterial::sounds),
              .words = {}};
  for (const TimedSentence& line : material.written) {
    const bool stands = span.duration() == 0 || line.span.overlap(span) > 0;
    if (stands && std::find(alt.words.begin(), alt.words.end(), line.text) == alt.words.end()) {
      alt.words.push_back(line.text);
    }
  }
  alt.text = text_of(alt, wording);
  return alt;
}

}  // namespace

std::vector<Label> labels_in(const AssetMaterial& material, const TimeSpan& span,
                             std::vector<Label> SegmentMaterial::*labels) {
  std::map<std::string, double> sums;
  double total = 0;
  for (const SegmentMaterial& segment : material.segments) {
    // A picture's one segment has no length.
    const double shared = span.duration() == 0 ? 1 : to_seconds(segment.span.overlap(span));
    for (const Label& label : segment.*labels) {
      sums[label.name] += shared * label.probability;
    }
    total += shared;
  }
  std::vector<Label> found;
  for (const auto& [name, sum] : sums) {
    if (sum > 0) {
      found.push_back({name, static_cast<float>(sum / total)});
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Label& a, const Label& b) { return a.probability > b.probability; });
  return found;
}

std::vector<AltText> alt_texts(const AssetMaterial& material, const std::optional<TimeSpan>& span,
                               std::string_view language) {
  const auto* wording =
      std::find_if(kWordings.begin(), kWordings.end(),
                   [&](const Wording& candidate) { return candidate.language == language; });
  if (wording == kWordings.end()) {
    wording = kWordings.begin();
  }
  if (span) {
    require(span->start >= 0 && span->start < span->end && span->end <= material.asset.duration,
            ErrorCode::invalid_argument, "the span {}-{} is not within the {} of {}",
            format_time(span->start), format_time(span->end), material.asset.kind,
            format_time(material.asset.duration));
    return {describe_span(material, *span, *wording)};
  }
  std::vector<AltText> texts;
  for (const SegmentMaterial& segment : material.segments) {
    texts.push_back(describe_span(material, segment.span, *wording));
  }
  return texts;
}

}  // namespace ogam
