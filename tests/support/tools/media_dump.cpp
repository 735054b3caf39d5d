// Prints what MediaReader makes of a file, for the tests in Python.
//
//   ogam-media-dump FILE [--times S,S,...] [--tolerance S] [--size WxH] [--no-audio] [--no-frames]
//                        [--threads N] [--out FOLDER]
//
// JSON goes to stdout. With --out, frames.rgb (frames after each other) and audio.f32 are written
// there.

#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/media/reader.h"

namespace {

using namespace ogam;

struct Arguments {
  std::filesystem::path file;
  std::filesystem::path out;
  std::optional<Size> size;
  ReadOptions options;
};

double number(std::string_view text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(status == std::errc{} && end == text.data() + text.size(), ErrorCode::invalid_argument,
          "'{}' is not a number", text);
  return value;
}

std::vector<std::string_view> split(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(mark);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

Arguments parse(const std::vector<std::string_view>& words) {
  Arguments arguments;
  FrameSelection& frames = arguments.options.frames;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const auto value = [&] {
      require(i + 1 < words.size(), ErrorCode::invalid_argument, "{} needs a value", word);
      return words[++i];
    };
    if (word == "--times") {
      frames.kind = FrameSelection::Kind::at_times;
      for (const std::string_view part : split(value(), ',')) {
        frames.times.push_back(from_seconds(number(part)));
      }
    } else if (word == "--tolerance") {
      frames.keyframe_tolerance = from_seconds(number(value()));
    } else if (word == "--size") {
      const auto sides = split(value(), 'x');
      require(sides.size() == 2, ErrorCode::invalid_argument, "--size takes WxH");
      arguments.size = Size{static_cast<int>(number(sides[0])), static_cast<int>(number(sides[1]))};
    } else if (word == "--no-audio") {
      arguments.options.audio = false;
    } else if (word == "--no-frames") {
      frames.kind = FrameSelection::Kind::none;
    } else if (word == "--threads") {
      arguments.options.threads = static_cast<int>(number(value()));
    } else if (word == "--out") {
      arguments.out = value();
    } else {
      arguments.file = word;
    }
  }
  return arguments;
}

template <typename T>
void append(std::ofstream& file, const std::vector<T>& values) {
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
}

void dump(const Arguments& arguments) {
  MediaReader reader(arguments.file, arguments.options);
  std::ofstream pixels;
  std::ofstream sound;
  if (!arguments.out.empty()) {
    pixels.open(arguments.out / "frames.rgb", std::ios::binary);
    sound.open(arguments.out / "audio.f32", std::ios::binary);
  }
  std::string frames;
  std::int64_t samples = 0;
  while (const auto event = reader.next()) {
    if (const auto* chunk = std::get_if<AudioChunk>(&*event)) {
      require(chunk->time == samples * kSecond / arguments.options.sample_rate ||
                  std::abs(chunk->time - samples * kSecond / arguments.options.sample_rate) <= 1,
              ErrorCode::internal, "the chunk at {} us does not follow", chunk->time);
      samples += static_cast<std::int64_t>(chunk->samples.size());
      if (sound.is_open()) {
        append(sound, chunk->samples);
      }
      continue;
    }
    const auto& frame = std::get<VideoFrame>(*event);
    frames +=
        fmt::format("{}[{}, {}, {}, {}]", frames.empty() ? "" : ", ", frame.time(),
                    frame.keyframe() ? "true" : "false", frame.size().width, frame.size().height);
    if (pixels.is_open()) {
      append(pixels, arguments.size ? frame.rgb(*arguments.size, Interpolation::bilinear).pixels
                                    : frame.rgb().pixels);
    }
  }
  const MediaInfo& info = reader.info();
  const ReadReport& report = reader.report();
  fmt::print(R"({{"container": "{}", "start": {}, "duration": {}, "streams": {}, )", info.container,
             info.start, info.duration, info.stream_count);
  if (info.video) {
    fmt::print(R"("video": {{"stream": {}, "codec": "{}", "width": {}, "height": {}, )",
               info.video->stream, info.video->codec, info.video->size.width,
               info.video->size.height);
    fmt::print(R"("rotation": {}, "bit_depth": {}}}, )", info.video->rotation,
               info.video->bit_depth);
  }
  if (info.audio) {
    fmt::print(
        R"("audio": {{"stream": {}, "codec": "{}", "rate": {}, "channels": {}, "language": "{}"}}, )",
        info.audio->stream, info.audio->codec, info.audio->sample_rate, info.audio->channels,
        info.audio->language);
  }
  fmt::print(
      R"("frames": [{}], "samples": {}, "decoded": {}, "corrupt": {}, "missing_times": {}, )",
      frames, samples, report.frames, report.corrupt_packets, report.missing_times);
  fmt::print("\"filled\": {}, \"truncated\": {}}}\n", report.filled_audio, report.truncated);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    dump(parse({argv + 1, argv + argc}));
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", error_code_name(error.code()), error.what());
    return 3;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 5;
  }
}
