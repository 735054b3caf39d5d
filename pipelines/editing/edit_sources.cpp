#include "pipelines/editing/edit_sources.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "core/media/kind.h"

namespace ogam {

namespace {

constexpr Time kShortest = kSecond / 2;  // of a clip that is cut off

bool has_time(const Moment& moment) {
  return (moment.kind == media_kind_name(MediaKind::video) ||
          moment.kind == media_kind_name(MediaKind::audio)) &&
         moment.span.duration() > 0;
}

std::filesystem::path normal(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
}

std::vector<TimedText> speech_of(const Archive& archive, const std::string& asset) {
  std::vector<TimedText> speech;
  for (WordsRecord& record : archive.words_of(asset)) {
    if (record.lane == Lane::speech) {
      speech.push_back(std::move(record.text));
    }
  }
  return speech;
}

}  // namespace

Edit edit_of_moments(const std::vector<Moment>& moments, Time pad) {
  Edit edit;
  for (const Moment& moment : moments) {
    if (!has_time(moment)) {
      continue;
    }
    const TimeSpan span = {std::max<Time>(moment.span.start - pad, 0), moment.span.end + pad};
    const auto touching = std::ranges::find_if(edit.clips, [&](const EditClip& clip) {
      return clip.asset == moment.asset && clip.span.start <= span.end &&
             span.start <= clip.span.end;
    });
    if (touching != edit.clips.end()) {
      touching->span = {std::min(touching->span.start, span.start),
                        std::max(touching->span.end, span.end)};
    } else {
      edit.clips.push_back({.path = moment.path, .span = span, .asset = moment.asset});
    }
  }
  return edit;
}

void limit_duration(Edit& edit, Time longest) {
  Time total = 0;
  for (std::size_t i = 0; i < edit.clips.size(); ++i) {
    EditClip& clip = edit.clips[i];
    const Time duration = clip.span.duration();
    Time overlap = 0;
    if (i > 0) {
      const EditClip& before = edit.clips[i - 1];
      overlap = std::min({before.cross_fade, before.span.duration() / 2, duration / 2});
    }
    if (total - overlap + duration <= longest) {
      total += duration - overlap;
      continue;
    }
    // A fade is no longer than half of the clip that is left.
    const Time left = longest - total;
    overlap = std::min(overlap, left);
    const bool kept = left + overlap >= kShortest || i == 0;
    if (i > 0) {
      edit.clips[i - 1].cross_fade = kept ? overlap : 0;
    }
    if (kept) {
      clip.span.end = clip.span.start + left + overlap;
      clip.cross_fade = 0;
    }
    edit.clips.resize(i + (kept ? 1 : 0));
    return;
  }
}

std::vector<EditClip> add_speech(Edit& edit, const Archive& archive) {
  const std::vector<AssetSummary> assets = archive.list();
  std::vector<EditClip> unknown;
  for (EditClip& clip : edit.clips) {
    if (clip.path.empty() || !clip.caption.empty()) {
      continue;
    }
    const auto path = normal(clip.path);
    const auto asset = std::ranges::find_if(assets, [&](const AssetSummary& candidate) {
      return clip.asset.empty() ? normal(candidate.path) == path : candidate.id == clip.asset;
    });
    if (asset == assets.end()) {
      unknown.push_back(clip);
      continue;
    }
    clip.asset = asset->id;
    clip.speech = speech_of(archive, asset->id);
  }
  return unknown;
}

}  // namespace ogam
