#include "pipelines/understanding/material.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/text/unicode.h"
#include "encoders/encoder.h"
#include "pipelines/archive_lanes.h"
#include "pipelines/lane_vectors.h"

namespace ogam {

namespace {

constexpr std::size_t kBatch = 32;

/// Reads what one archive has of one asset.
class Reader {
 public:
  Reader(const Archive& archive, const Pack& pack, const CancellationToken& cancellation)
      : archive_(archive), pack_(pack), stored_(archive.spaces()), cancellation_(cancellation) {}

  /// The vectors of a lane's first space; none when the pack or the archive has no such lane.
  std::vector<VectorRecord> vectors(const std::string& asset, Lane lane) const {
    cancellation_.check();
    const PackLane* const made = pack_.manifest().lane(lane);
    if (made == nullptr || made->spaces.empty()) {
      return {};
    }
    const Space space = pack_.space(*made, made->spaces.front());
    const bool there = std::find(stored_.begin(), stored_.end(), space) != stored_.end();
    return there ? archive_.vectors_of(asset, space.id) : std::vector<VectorRecord>();
  }

  /// Gives sentences their vectors: the archive's own where a sentence is one of its texts, the
  /// encoder's else.
  void add_vectors(const std::string& asset, Lane lane,
                   std::vector<TimedSentence>& sentences) const {
    std::map<std::size_t, std::vector<float>> by_words;
    for (VectorRecord& vector : vectors(asset, lane)) {
      if (vector.words) {
        by_words.emplace(*vector.words, std::move(vector.values));
      }
    }
    if (by_words.empty()) {
      return;  // the lane was not indexed
    }
    std::vector<TimedSentence*> missing;
    for (TimedSentence& sentence : sentences) {
      const auto found = sentence.record ? by_words.find(*sentence.record) : by_words.end();
      if (found != by_words.end()) {
        sentence.vector = found->second;
      } else if (!sentence.record) {
        missing.push_back(&sentence);
      }
    }
    encode(lane, missing);
  }

 private:
  void encode(Lane lane, const std::vector<TimedSentence*>& sentences) const {
    if (sentences.empty()) {
      return;
    }
    const c10::InferenceMode inference;
    const PackLane& made = *pack_.manifest().lane(lane);
    const auto encoder = pack_.text_encoder(made.encoder);
    const std::vector<OutputSpace> space = {output_spaces(pack_, made).front()};
    for (std::size_t first = 0; first < sentences.size(); first += kBatch) {
      cancellation_.check();
      const std::size_t last = std::min(sentences.size(), first + kBatch);
      std::vector<std::string> texts;
      std::vector<Time> positions;
      for (std::size_t i = first; i < last; ++i) {
        texts.push_back(calm_capitals(sentences[i]->text));
        positions.push_back(static_cast<Time>(i));
      }
      for (TimedVector& vector :
           timed_vectors(encoder->encode(texts, kDocumentPrompt), space, positions)) {
        sentences[static_cast<std::size_t>(vector.time)]->vector = std::move(vector.values);
      }
    }
  }

  const Archive& archive_;
  const Pack& pack_;
  const std::vector<Space> stored_;
  const CancellationToken& cancellation_;
};

std::vector<TimedDirection> over_time(std::vector<VectorRecord> records) {
  std::vector<TimedDirection> directions;
  directions.reserve(records.size());
  for (VectorRecord& record : records) {
    directions.push_back({record.time, record.segment, std::move(record.values)});
  }
  std::stable_sort(directions.begin(), directions.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  return directions;
}

/// Names what each segment's vectors of a lane show.
void add_labels(const Pack& pack, Lane lane, std::string_view language,
                const std::vector<TimedDirection>& directions,
                std::vector<SegmentMaterial>& segments,
                std::vector<Label> SegmentMaterial::*labels) {
  const PackLane* const made = pack.manifest().lane(lane);
  if (made == nullptr || made->spaces.empty() || directions.empty()) {
    return;
  }
  const auto classes = ClassLabels::read(pack.manifest(), *made, made->spaces.front(), language);
  if (classes.empty()) {
    return;
  }
  std::vector<std::vector<const std::vector<float>*>> by_segment(segments.size());
  for (const TimedDirection& direction : directions) {
    by_segment.at(direction.segment).push_back(&direction.values);
  }
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!by_segment[i].empty()) {
      segments[i].*labels = classes.likeliest(by_segment[i]);
    }
  }
}

}  // namespace

AssetMaterial read_material(const Archive& archive, const Pack& pack, const std::string& asset,
                            const MaterialOptions& options, const CancellationToken& cancellation) {
  lanes_of(archive, pack);
  auto summary = archive.find(asset);
  require(summary.has_value(), ErrorCode::not_found, "there is no asset {} in this archive", asset);
  AssetMaterial material;
  material.asset = std::move(*summary);
  for (const TimeSpan& span : archive.segments_of(asset)) {
    material.segments.push_back({span, {}, {}});
  }
  const Reader reader(archive, pack, cancellation);
  const auto words = archive.words_of(asset);
  for (const auto& [lane, sentences] :
       {std::pair{Lane(Lane::speech), &material.spoken}, {Lane(Lane::text), &material.written}}) {
    *sentences = make_sentences(words, lane, material.asset.duration);
    if (options.sentence_vectors) {
      reader.add_vectors(asset, lane, *sentences);
    }
  }
  material.pictures = over_time(reader.vectors(asset, Lane::visual));
  material.sounds = over_time(reader.vectors(asset, Lane::sound));
  for (const auto* directions : {&material.pictures, &material.sounds}) {
    for (const TimedDirection& direction : *directions) {
      require(direction.segment < material.segments.size(), ErrorCode::corrupt_data,
              "the catalog is damaged: {} has {} segments and vectors of segment {}", asset,
              material.segments.size(), direction.segment);
    }
  }
  add_labels(pack, Lane::visual, options.language, material.pictures, material.segments,
             &SegmentMaterial::pictures);
  add_labels(pack, Lane::sound, options.language, material.sounds, material.segments,
             &SegmentMaterial::sounds);
  return material;
}

}  // namespace ogam
