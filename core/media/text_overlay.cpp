#include "core/media/text_overlay.h"

#include <ass/ass.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/logging.h"
#include "core/media/fonts.h"

namespace ogam {

namespace {

// Of the picture's shorter side. A size is that of a line, ascenders and descenders included.
constexpr double kSubtitleSize = 0.075;
constexpr double kTitleSize = 0.12;
constexpr double kMargin = 0.05;
constexpr double kOutline = 0.005;

struct LibraryDeleter {
  void operator()(ASS_Library* library) const { ass_library_done(library); }
};
struct RendererDeleter {
  void operator()(ASS_Renderer* renderer) const { ass_renderer_done(renderer); }
};
struct TrackDeleter {
  void operator()(ASS_Track* track) const { ass_free_track(track); }
};

void write_log(int level, const char* format, std::va_list arguments, void*) {
  constexpr int kInformation = 4;
  if (level <= kInformation) {
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    log_line(LogLevel::debug, fmt::format("libass: {}", line.data()));
  }
}

/// The styles, in the form that libass reads: two fonts, and where they stand.
std::string styles(Size size) {
  const double side = std::min(size.width, size.height);
  const auto style = [&](std::string_view name, double font, int place) {
    return fmt::format(
        "Style: "
        "{},sans-serif,{:.1f},&H00FFFFFF,&H00FFFFFF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,"
        "1,{:.2f},0,{},{:.0f},{:.0f},{:.0f},1\n",
        name, side * font, side * kOutline, place, side * kMargin, side * kMargin, side * kMargin);
  };
  return fmt::format(
             "[Script Info]\nScriptType: v4.00+\nPlayResX: {}\nPlayResY: {}\nWrapStyle: 0\n"
             "ScaledBorderAndShadow: yes\n\n[V4+ Styles]\n"
             "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
             "BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, "
             "BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n",
             size.width, size.height) +
         style("bottom", kSubtitleSize, 2) + style("middle", kTitleSize, 5) +
         "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, "
         "Text\n";
}

/// The text with nothing in it that libass would take for an order.
std::string plain(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    switch (letter) {
      case '{':
        safe += "\\{";
        break;
      case '}':
        safe += "\\}";
        break;
      case '\\':
        safe += "\\\u2060";  // followed by a letter that is not seen, it is none
        break;
      case '\n':
        safe += "\\N";
        break;
      case '\r':
        break;
      default:
        safe += letter;
    }
  }
  return safe;
}

int style_number(const ASS_Track& track, std::string_view name) {
  for (int i = 0; i < track.n_styles; ++i) {
    if (name == track.styles[i].Name) {
      return i;
    }
  }
  fail(ErrorCode::internal, "libass did not take the style '{}'", name);
}

std::uint8_t mixed(int below, int above, int share) {
  constexpr int kOne = 255;
  return static_cast<std::uint8_t>((below * (kOne - share) + above * share + kOne / 2) / kOne);
}

/// Lays one of libass's images, a mask in one shade of gray, over the picture.
void lay_over(Picture& picture, const ASS_Image& image) {
  const int opacity = 255 - static_cast<int>(image.color & 0xFF);
  const int red = static_cast<int>(image.color >> 24);  // the styles have shades of gray alone
  const int luma = kBlackLuma + (kWhiteLuma - kBlackLuma) * red / 255;
  const auto share = [&](int x, int y) {
    const int column = x - image.dst_x;
    const int row = y - image.dst_y;
    if (column < 0 || column >= image.w || row < 0 || row >= image.h) {
      return 0;
    }
    return image.bitmap[static_cast<std::ptrdiff_t>(row) * image.stride + column] * opacity / 255;
  };
  const int left = std::max(image.dst_x, 0);
  const int top = std::max(image.dst_y, 0);
  const int right = std::min(image.dst_x + image.w, picture.size.width);
  const int bottom = std::min(image.dst_y + image.h, picture.size.height);
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      std::uint8_t& pixel = picture.planes[0][static_cast<std::size_t>(y * picture.size.width + x)];
      pixel = mixed(pixel, luma, share(x, y));
    }
  }
  const int columns = picture.size.width / 2;
  for (int y = top / 2; y < (bottom + 1) / 2; ++y) {
    for (int x = left / 2; x < (right + 1) / 2; ++x) {
      const int mean = (share(2 * x, 2 * y) + share(2 * x + 1, 2 * y) + share(2 * x, 2 * y + 1) +
                        share(2 * x + 1, 2 * y + 1)) /
                       4;
      for (const std::size_t plane : {1U, 2U}) {
        std::uint8_t& pixel = picture.planes[plane][static_cast<std::size_t>(y * columns + x)];
        pixel = mixed(pixel, kNeutralChroma, mean);
      }
    }
  }
}

}  // namespace

struct TextOverlay::State {
  Size size;
  std::unique_ptr<ASS_Library, LibraryDeleter> library;
  std::unique_ptr<ASS_Renderer, RendererDeleter> renderer;
  std::unique_ptr<ASS_Track, TrackDeleter> track;

  void add(const OverlayText& text);
};

void TextOverlay::State::add(const OverlayText& text) {
  constexpr Time kMillisecond = 1000;
  const int number = ass_alloc_event(track.get());
  if (number < 0) {
    throw std::bad_alloc();
  }
  ASS_Event& event = track->events[number];
  event.Start = text.span.start / kMillisecond;
  event.Duration = text.span.end / kMillisecond - event.Start;
  event.Style =
      style_number(*track, text.place == OverlayText::Place::middle ? "middle" : "bottom");
  event.ReadOrder = number;
  event.Text = ::strdup(plain(text.text).c_str());
  if (event.Text == nullptr) {
    throw std::bad_alloc();
  }
}

TextOverlay::TextOverlay(Size size, const std::vector<OverlayText>& texts)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.size = size;
  if (texts.empty()) {
    return;
  }
  std::vector<std::string> all;
  all.reserve(texts.size());
  for (const OverlayText& text : texts) {
    all.push_back(text.text);
  }
  require_fonts(all);
  state.library.reset(ass_library_init());
  if (!state.library) {
    throw std::bad_alloc();
  }
  ass_set_message_cb(state.library.get(), &write_log, nullptr);
  state.renderer.reset(ass_renderer_init(state.library.get()));
  state.track.reset(ass_new_track(state.library.get()));
  require(state.renderer && state.track, ErrorCode::internal, "libass cannot be started");
  ass_set_storage_size(state.renderer.get(), size.width, size.height);
  ass_set_frame_size(state.renderer.get(), size.width, size.height);
  ass_set_fonts(state.renderer.get(), nullptr, "sans-serif", ASS_FONTPROVIDER_AUTODETECT, nullptr,
                1);
  std::string header = styles(size);
  ass_process_codec_private(state.track.get(), header.data(), static_cast<int>(header.size()));
  for (const OverlayText& text : texts) {
    state.add(text);
  }
}

TextOverlay::~TextOverlay() = default;
TextOverlay::TextOverlay(TextOverlay&&) noexcept = default;
TextOverlay& TextOverlay::operator=(TextOverlay&&) noexcept = default;

void TextOverlay::draw(Picture& picture, Time time) {
  State& state = *state_;
  require(picture.size == state.size, ErrorCode::invalid_argument,
          "text for pictures of {} x {} cannot be drawn into one of {} x {}", state.size.width,
          state.size.height, picture.size.width, picture.size.height);
  if (!state.track) {
    return;
  }
  const ASS_Image* image =
      ass_render_frame(state.renderer.get(), state.track.get(), time / 1000, nullptr);
  for (; image != nullptr; image = image->next) {
    lay_over(picture, *image);
  }
}

}  // namespace ogam
