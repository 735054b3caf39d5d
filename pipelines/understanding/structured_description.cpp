#include "pipelines/understanding/structured_description.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/text/figures.h"
#include "core/text/grammar/json_schema.h"
#include "pipelines/understanding/alt_text.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxTokens = 512;
constexpr std::size_t kMostCharacters = 4000;  // of what is known of one span

/// A time as `"format": "timestamp"` writes it, within a span.
bool is_time_within(const std::string& text, const TimeSpan& span) {
  if (text.find(':') == std::string::npos) {
    return false;
  }
  try {
    const Time time = parse_time(text);
    // The format allows the time just before a span that holds no tenth of a second.
    return time <= span.end && time + kSecond / 10 >= span.start;
  } catch (const Error&) {
    return false;
  }
}

/// What is known of a span.
struct Known {
  std::string lines;   ///< as a model is shown it; empty when nothing is known
  std::string values;  ///< the same without names and times, which are no evidence of numbers

  void add(std::string_view name, const std::string& value) {
    if (!value.empty() && lines.size() + value.size() < kMostCharacters) {
      lines += fmt::format("{}: {}\n", name, value);
      values += value + "\n";
    }
  }
};

std::string names_of(const std::vector<Label>& labels) {
  std::string names;
  for (const Label& label : labels) {
    if (label.probability >= kSureEnough) {
      names += (names.empty() ? "" : ", ") + label.name;
    }
  }
  return names;
}

Known known_of(const AssetMaterial& material, const AltText& alt) {
  Known known;
  known.add("Seen", names_of(alt.pictures));
  known.add("Heard", names_of(alt.sounds));
  for (const std::string& words : alt.words) {
    known.add("Written", words);
  }
  for (const TimedSentence& sentence : material.spoken) {
    if (sentence.span.overlap(alt.span) > 0) {
      known.add(fmt::format("Said at {}", format_time(sentence.span.start)), sentence.text);
    }
  }
  return known;
}

void collect(const Json& value, const std::string& place, const std::vector<double>& known,
             const TimeSpan& span, std::vector<std::string>& places) {
  if (value.is_structured()) {
    for (const auto& [key, member] : value.items()) {
      collect(member, place + "/" + key, known, span, places);
    }
    return;
  }
  std::vector<double> figures;
  if (value.is_number()) {
    figures.push_back(value.get<double>());
  } else if (value.is_string() && !is_time_within(value.get<std::string>(), span)) {
    figures = figures_in(value.get<std::string>());
  }
  const bool all_known = std::all_of(figures.begin(), figures.end(), [&](double figure) {
    return std::any_of(known.begin(), known.end(),
                       [&](double other) { return is_same_figure(figure, other); });
  });
  if (!all_known) {
    places.push_back(place);
  }
}

}  // namespace

std::vector<std::string> unsupported_numbers(const Json& data, std::string_view known,
                                             const TimeSpan& span) {
  std::vector<std::string> places;
  collect(data, "", figures_in(known), span, places);
  return places;
}

std::vector<StructuredDescription> describe_by_schema(TextWriter& writer,
                                                      const AssetMaterial& material,
                                                      const DescriptionSchema& schema,
                                                      const std::optional<TimeSpan>& span,
                                                      const CancellationToken& cancellation) {
  require(writer.knows_turns(), ErrorCode::unsupported,
          "the model {} has no chat template: it takes no instructions, so it cannot be told what "
          "to describe; name another: --writer NAME",
          writer.name());
  const std::string rules =
      "Describe a part of a recording as JSON that fits this schema: " + dump_json(schema.schema) +
      " Use only what is given, and leave out what it does not tell.";
  std::vector<StructuredDescription> descriptions;
  for (const AltText& alt : alt_texts(material, span, "en")) {
    StructuredDescription description{.span = alt.span, .data = nullptr};
    // Compiled before anything is known, so that a bad schema is an error whatever there is.
    const auto grammar = compile_json_schema(schema.schema, schema.origin, {.span = alt.span});
    if (const auto known = known_of(material, alt); !known.lines.empty()) {
      WritingRequest request;
      request.turns = {{"system", rules},
                       {"user", fmt::format("From {} to {}.\n{}", format_time(alt.span.start),
                                            format_time(alt.span.end), known.lines)}};
      request.grammar = grammar;
      request.generation.max_tokens = kMaxTokens;
      request.generation.cancellation = cancellation;
      description.data = parse_json(writer.write(request).text, writer.name());
      description.unsupported = unsupported_numbers(description.data, known.values, alt.span);
    }
    descriptions.push_back(std::move(description));
  }
  return descriptions;
}

}  // namespace ogam
