#include "pipelines/asset_analysis.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/media/image_file.h"
#include "core/media/reader.h"
#include "core/media/subtitles.h"
#include "core/media/text_file.h"
#include "core/text/unicode.h"
#include "decoders/text/tesseract_reader.h"
#include "encoders/video/transnet_v2.h"
#include "pipelines/fused_lane.h"
#include "pipelines/lane_vectors.h"
#include "pipelines/media_lanes.h"
#include "pipelines/passages.h"
#include "pipelines/screen_text.h"
#include "pipelines/segmentation.h"
#include "pipelines/speech_recognizer.h"

namespace ogam {

namespace {

constexpr std::size_t kTextBatch = 32;

/// Raised whenever what is stored for a file changes in meaning.
constexpr int kAnalysisVersion = 1;

/// Whether a text says anything: a single letter read from a picture is noise more often than not,
/// and close to every query that the text encoder hardly knows.
bool has_meaning(const std::string& text) {
  const auto letters = code_points(text);
  return std::count_if(letters.begin(), letters.end(), is_letter_or_digit) > 1;
}

}  // namespace

/// What the lanes have found, before it is put into segments.
struct AssetAnalyzer::Collected {
  Time duration = 0;
  std::vector<TimeSpan> segments;  ///< one empty span for what has no time
  std::vector<TimedVector> vectors;
  std::vector<TimedText> speech;
  std::vector<TimedText> screen;
  std::vector<std::string> notes;
};

AssetAnalyzer::AssetAnalyzer(Pack pack, const IndexOptions& options)
    : pack_(std::move(pack)), options_(options), budget_(options.threads) {
  for (const Lane lane : options.lanes) {
    if (pack_.manifest().lane(lane) == nullptr) {
      missing_lanes_.push_back(lane);
    }
  }
  check_fusion();
  // A slip in the language would otherwise fail every file that holds speech.
  if (const PackLane* const speech = wanted(Lane::speech);
      speech != nullptr && options.language != "auto") {
    TranscriptionOptions transcription;
    transcription.language = options.language;
    pack_.speech_recognizer(*speech)->check(transcription);
  }
}

void AssetAnalyzer::check_fusion() const {
  const PackLane* const fused = wanted(Lane::fused);
  if (fused == nullptr || !fused->fusion) {
    return;
  }
  std::set<std::string_view> lanes;
  for (const PackTower& tower : fused->fusion->towers) {
    if (wanted(tower.lane) != nullptr) {
      return;
    }
    lanes.insert(tower.lane.name());
  }
  fail(ErrorCode::invalid_argument,
       "the lane fused joins what others have seen; ask for one of these too: {}",
       fmt::join(lanes, ", "));
}

AssetAnalyzer::~AssetAnalyzer() = default;

const PackLane* AssetAnalyzer::wanted(Lane lane) const {
  const bool asked =
      std::find(options_.lanes.begin(), options_.lanes.end(), lane) != options_.lanes.end();
  return asked ? pack_.manifest().lane(lane) : nullptr;
}

const PackLane* AssetAnalyzer::fused_by_encoder() const {
  const PackLane* const fused = wanted(Lane::fused);
  return fused == nullptr || fused->fusion ? nullptr : fused;
}

std::string AssetAnalyzer::settings_for(const InputFile& file) const {
  Json settings = {{"version", kAnalysisVersion},
                   {"language", options_.language},
                   {"segments", options_.segments.name()},
                   {"sample_fps", options_.sample_fps},
                   {"spaces", Json::array()}};
  for (const Space& space : pack_.spaces(options_.lanes)) {
    settings["spaces"].push_back(space.id);
  }
  if (!file.subtitles.empty()) {
    try {
      settings["subtitles"] = blake3_file_hex(file.subtitles);
    } catch (const Error&) {
      settings["subtitles"] = "unreadable";  // noted when the file is analysed
    }
  }
  return dump_json(settings);
}

AssetAnalysis AssetAnalyzer::analyze(const InputFile& file, MediaKind kind,
                                     const std::function<void(Time, Time)>& on_time) {
  const c10::InferenceMode inference;
  Collected collected;
  switch (kind) {
    case MediaKind::video:
    case MediaKind::audio:
      analyze_media(file, kind, collected, on_time);
      break;
    case MediaKind::image:
      analyze_image(file, collected);
      break;
    case MediaKind::text:
      analyze_text(file, collected);
      break;
    case MediaKind::subtitles:
      analyze_subtitles(file, collected);
      break;
  }
  options_.cancellation.check();
  AssetAnalysis analysis;
  analysis.record.path = file.path;
  analysis.record.kind = media_kind_name(kind);
  analysis.record.tags = options_.tags;
  assemble(collected, analysis.record);
  analysis.notes = std::move(collected.notes);
  return analysis;
}

void AssetAnalyzer::analyze_media(const InputFile& file, MediaKind kind, Collected& collected,
                                  const std::function<void(Time, Time)>& on_time) {
  std::vector<TimedText> subtitles;
  if (wanted(Lane::speech) != nullptr && !file.subtitles.empty()) {
    try {
      subtitles = read_subtitles(file.subtitles, options_.limits);
    } catch (const Error& error) {
      collected.notes.push_back("its subtitles are of no use, so the speech was recognised: " +
                                describe(error));
    }
  }
  WantedLanes lanes{.visual = wanted(Lane::visual),
                    .sound = wanted(Lane::sound),
                    .speech = subtitles.empty() ? wanted(Lane::speech) : nullptr,
                    .text = wanted(Lane::text),
                    .fused = fused_by_encoder(),
                    .shots = nullptr,
                    .has_pictures = kind == MediaKind::video};
  std::shared_ptr<const TransNetV2> shot_model;
  if (const auto task = pack_.manifest().tasks.find("shots");
      options_.segments.kind == SegmentRule::Kind::shots && task != pack_.manifest().tasks.end()) {
    shot_model = pack_.shot_model(task->second);
    lanes.shots = shot_model.get();
  }

  MediaLanes at_work(pack_, lanes, options_, budget_);
  ReadOptions read_options;
  read_options.limits = options_.limits;
  read_options.audio = at_work.listens();
  read_options.frames.kind =
      at_work.looks() ? FrameSelection::Kind::all : FrameSelection::Kind::none;
  read_options.sample_rate = at_work.sample_rate();
  MediaReader reader(file.path, read_options);
  const auto next_event = [&] {
    const ThreadBudget::Slot slot(budget_);
    return reader.next();
  };
  Time reached = 0;
  while (!at_work.failed()) {
    options_.cancellation.check();
    auto event = next_event();
    if (!event) {
      break;
    }
    if (const auto* frame = std::get_if<VideoFrame>(&*event)) {
      reached = std::max(reached, frame->time());
      at_work.take(*frame);
    } else {
      auto& chunk = std::get<AudioChunk>(*event);
      reached = std::max(reached, chunk.time);
      at_work.take(std::move(chunk));
    }
    on_time(reached, reader.info().duration);
  }
  MediaFindings findings = at_work.finish();

  const std::vector<TimeSpan>& shots = findings.shots;
  collected.duration = shots.empty() ? findings.end : std::max(findings.end, shots.back().end);
  if (collected.duration == 0) {
    collected.duration = reader.info().duration;  // no lane wanted a look at what is in it
  }
  collected.segments = make_segments(shots, collected.duration, options_.segments);
  collected.vectors = std::move(findings.vectors);
  collected.speech = subtitles.empty() ? std::move(findings.speech) : std::move(subtitles);
  collected.screen = std::move(findings.screen);
  if (std::string note = describe_damage(reader.report()); !note.empty()) {
    collected.notes.push_back(std::move(note));
  }
}

void AssetAnalyzer::analyze_image(const InputFile& file, Collected& collected) {
  collected.segments = {TimeSpan{}};
  const Image image = read_image(file.path, options_.limits);
  for (const PackLane* const lane : {wanted(Lane::visual), fused_by_encoder()}) {
    if (lane != nullptr) {
      std::ranges::move(picture_vectors(pack_, *lane, image),
                        std::back_inserter(collected.vectors));
    }
  }
  if (wanted(Lane::text) != nullptr) {
    if (!picture_reader_) {
      picture_reader_ = std::make_unique<TesseractReader>();
    }
    for (std::string& text : read_screen_text(*picture_reader_, image)) {
      collected.screen.push_back({{}, std::move(text), {}, {}});
    }
  }
}

void AssetAnalyzer::analyze_text(const InputFile& file, Collected& collected) {
  collected.segments = {TimeSpan{}};
  if (wanted(Lane::text) != nullptr) {
    for (std::string& passage : split_into_passages(read_text_file(file.path, options_.limits))) {
      collected.screen.push_back({{}, std::move(passage), {}, {}});
    }
  }
}

void AssetAnalyzer::analyze_subtitles(const InputFile& file, Collected& collected) {
  collected.speech = read_subtitles(file.path, options_.limits);
  for (const TimedText& cue : collected.speech) {
    collected.duration = std::max(collected.duration, cue.span.end);
  }
  collected.segments = make_segments({}, collected.duration, options_.segments);
}

void AssetAnalyzer::assemble(Collected& collected, AssetRecord& record) {
  record.duration = collected.duration;
  record.segments = std::move(collected.segments);
  for (TimedVector& vector : collected.vectors) {
    record.vectors.push_back({std::move(vector.space), segment_at(record.segments, vector.time),
                              vector.time, std::move(vector.values), std::nullopt});
  }
  for (auto& [lane, texts] :
       {std::pair<Lane, std::vector<TimedText>&>{Lane::speech, collected.speech},
        std::pair<Lane, std::vector<TimedText>&>{Lane::text, collected.screen}}) {
    const PackLane* const pack_lane = wanted(lane);
    if (pack_lane == nullptr) {
      continue;
    }
    const auto encoder = pack_.text_encoder(pack_lane->encoder);
    const auto spaces = output_spaces(pack_, *pack_lane);
    for (std::size_t first = 0; first < texts.size(); first += kTextBatch) {
      const std::size_t last = std::min(texts.size(), first + kTextBatch);
      std::vector<std::string> batch;
      std::vector<Time> positions;
      for (std::size_t i = first; i < last; ++i) {
        if (has_meaning(texts[i].text)) {
          batch.push_back(calm_capitals(texts[i].text));
          positions.push_back(static_cast<Time>(i - first));
        }
      }
      const std::size_t first_words = record.words.size();
      for (std::size_t i = first; i < last; ++i) {
        record.words.push_back({lane, segment_of(record.segments, texts[i].span), texts[i]});
      }
      for (TimedVector& vector :
           timed_vectors(encoder->encode(batch, kDocumentPrompt), spaces, positions)) {
        const std::size_t words = first_words + static_cast<std::size_t>(vector.time);
        const WordsRecord& source = record.words[words];
        record.vectors.push_back({std::move(vector.space), source.segment, source.text.span.start,
                                  std::move(vector.values), words});
      }
      options_.cancellation.check();
    }
  }
  if (const PackLane* const fused = wanted(Lane::fused); fused != nullptr && fused->fusion) {
    add_fused_vectors(pack_, *fused, record);
  }
}

}  // namespace ogam
