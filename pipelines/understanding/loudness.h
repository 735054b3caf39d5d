#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/time.h"

namespace ogam {

/// How loud a media file is in each span: the root mean square of its samples in decibels below
/// full scale, kSilence where nothing is heard.
/// @param spans ascending.
/// @param on_time called now and then with the media time read so far and the duration; may be
/// empty.
/// @return empty when the file has no sound.
/// @throws Error for a file that cannot be read, Cancelled.
std::vector<double> measure_loudness(const std::filesystem::path& path,
                                     std::span<const TimeSpan> spans,
                                     const CancellationToken& cancellation = {},
                                     const std::function<void(Time, Time)>& on_time = {});

constexpr double kSilence = -100;

}  // namespace ogam
