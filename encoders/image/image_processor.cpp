#include "encoders/image/image_processor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/media/limits.h"
#include "core/media/resample.h"

namespace ogam {
namespace {

constexpr int kMaxSide = 4096;  // that a configuration may ask for
constexpr int kDefaultSide = 224;

/// What a class does where its file says nothing.
struct ImageProcessorClass {
  std::string_view name;
  bool exact;             ///< resizes to a square of `side`, else to that shorter edge
  bool number_is_square;  ///< a `size` of one number is a square, else a shorter edge
  bool crops;
  PixelConfig pixels;
  int side = kDefaultSide;
  /// One more step that changes nothing here.
  std::string_view harmless_step = "do_resize";
};

constexpr PixelConfig kClipPixels = {.image_mean = kClipMean, .image_std = kClipStd};
constexpr PixelConfig kSiglipPixels = {};
constexpr PixelConfig kVitPixels = {.resample = ResampleFilter::bilinear};
/// A class that does nothing but what its file asks for.
constexpr PixelConfig kPeVideoPixels = {.do_resize = false,
                                        .resample = ResampleFilter::bilinear,
                                        .do_rescale = false,
                                        .do_normalize = false};

constexpr std::array kClasses = {
    ImageProcessorClass{"CLIPImageProcessor", false, false, true, kClipPixels},
    ImageProcessorClass{"CLIPFeatureExtractor", false, false, true, kClipPixels},
    ImageProcessorClass{"BitImageProcessor", false, false, true, kClipPixels},
    ImageProcessorClass{"SiglipImageProcessor", true, false, false, kSiglipPixels},
    ImageProcessorClass{"ViTImageProcessor", true, true, false, kVitPixels},
    ImageProcessorClass{"ViTFeatureExtractor", true, true, false, kVitPixels},
    ImageProcessorClass{"PeVideoVideoProcessor", true, true, false, kPeVideoPixels},
    ImageProcessorClass{"LlavaOnevisionImageProcessor", true, false, false, kClipPixels, 384,
                        "do_pad"},
    ImageProcessorClass{"LlavaOnevisionVideoProcessor", true, false, false, kClipPixels, 384,
                        "do_pad"},
};

const ImageProcessorClass& find_class(const ProcessorConfig& config) {
  const auto name =
      config.class_name({"image_processor_type", "video_processor_type", "feature_extractor_type"});
  const auto* const found = std::find_if(kClasses.begin(), kClasses.end(),
                                         [&](const auto& entry) { return entry.name == name; });
  require(found != kClasses.end(), ErrorCode::unsupported,
          "{}: pictures are to be prepared by \"{}\", which is not implemented", config.origin(),
          name);
  return *found;
}

/// A setting that is a number, [height, width] or an object of named sides.
class SideReader {
 public:
  SideReader(const ProcessorConfig& config, std::string key)
      : config_(config), key_(std::move(key)) {}

  bool present() const { return config_.has(key_); }
  bool is_number() const { return value().is_number(); }
  int number() const { return checked(json_value<int>(config_.json(), key_, config_.origin())); }

  /// The sides' names, of an object.
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& [name, side] : value().items()) {
      names.insert(name);
    }
    return names;
  }

  int side(const std::string& name) const {
    return checked(json_value<int>(value(), name, where()));
  }

  std::optional<Size> exact() const {
    if (value().is_array()) {
      const auto sides = json_value<std::vector<int>>(config_.json(), key_, config_.origin());
      require(sides.size() == 2, ErrorCode::corrupt_data,
              "{} holds {} numbers, expected height and width", where(), sides.size());
      return Size{.width = checked(sides[1]), .height = checked(sides[0])};
    }
    if (value().is_object() && names() == std::set<std::string>{"height", "width"}) {
      return Size{.width = side("width"), .height = side("height")};
    }
    return std::nullopt;
  }

  [[noreturn]] void refuse() const {
    fail(ErrorCode::unsupported, "{} is {}; this way of giving a size is not implemented", where(),
         value().dump());
  }

 private:
  const Json& value() const { return config_.json().at(key_); }
  std::string where() const { return config_.origin() + ": \"" + key_ + "\""; }
  int checked(int side) const {
    require(side >= 1 && side <= kMaxSide, ErrorCode::corrupt_data,
            "{} asks for a side of {}, expected 1 to {}", where(), side, kMaxSide);
    return side;
  }

  const ProcessorConfig& config_;
  std::string key_;
};

ResizeRule parse_size(const ProcessorConfig& config, const ImageProcessorClass& defaults) {
  const SideReader size(config, "size");
  ResizeRule rule;
  if (!size.present() || size.is_number()) {
    const bool square = size.present() ? defaults.number_is_square : defaults.exact;
    const int side = size.present() ? size.number() : defaults.side;
    if (square) {
      rule.exact = Size{side, side};
    } else {
      rule.shortest_edge = side;
    }
    return rule;
  }
  rule.exact = size.exact();
  if (rule.exact) {
    return rule;
  }
  const auto names = size.names();
  if (names.count("shortest_edge") == 0 || names.size() > 2) {
    size.refuse();
  }
  rule.shortest_edge = size.side("shortest_edge");
  if (names.size() == 2) {
    if (names.count("longest_edge") == 0) {
      size.refuse();
    }
    rule.longest_edge = size.side("longest_edge");
  }
  return rule;
}

Size parse_crop_size(const ProcessorConfig& config, const ImageProcessorClass& defaults) {
  const SideReader size(config, "crop_size");
  if (!size.present()) {
    require(defaults.crops, ErrorCode::corrupt_data,
            "{}: \"do_center_crop\" is true and \"crop_size\" is missing", config.origin());
    return {kDefaultSide, kDefaultSide};
  }
  if (size.is_number()) {
    return {size.number(), size.number()};
  }
  const auto exact = size.exact();
  if (!exact) {
    size.refuse();
  }
  return *exact;
}

/// Writes the middle of a picture as three planes; what lies beside a smaller picture is black.
void write_planes(const Image& image, Size size, const PixelValues& values, float* target) {
  const int left = (image.width - size.width) / 2;
  const int top = (image.height - size.height) / 2;
  const int from = std::max(0, -left);
  const int to = std::min(size.width, image.width - left);
  for (std::size_t c = 0; c < 3; ++c) {
    const auto& table = values.channel(c);
    for (int y = 0; y < size.height; ++y, target += size.width) {
      std::fill_n(target, size.width, table[0]);
      if (y + top < 0 || y + top >= image.height) {
        continue;
      }
      const std::uint8_t* const row =
          image.pixels.data() + static_cast<std::size_t>(y + top) * image.width * 3 + c;
      for (int x = from; x < to; ++x) {
        target[x] = table[row[std::size_t{3} * (x + left)]];
      }
    }
  }
}

}  // namespace

Size ResizeRule::operator()(Size from) const {
  if (exact) {
    return *exact;
  }
  const int shorter = std::min(from.width, from.height);
  const int longer = std::max(from.width, from.height);
  double edge = shortest_edge;
  int to_shorter = shortest_edge;
  if (longest_edge && static_cast<double>(longer) / shorter * edge > *longest_edge) {
    edge = static_cast<double>(*longest_edge) * shorter / longer;
    to_shorter = static_cast<int>(std::nearbyint(edge));  // halves go to the even neighbour
  }
  // Cut off, not rounded. Where the shorter edge has its size already the picture stays as it is.
  const double to_longer = to_shorter == shorter ? longer : std::trunc(edge * longer / shorter);
  constexpr MediaLimits kLimits;
  require(to_shorter > 0 && to_longer <= kLimits.max_side, ErrorCode::resource_exhausted,
          "a picture of {} x {} is too narrow to be resized to an edge of {}: the other would have "
          "{:.0f} pixels, at most {} are made",
          from.width, from.height, shortest_edge, to_longer, kLimits.max_side);
  const int other = static_cast<int>(to_longer);
  return from.width <= from.height ? Size{to_shorter, other} : Size{other, to_shorter};
}

ImageProcessorConfig ImageProcessorConfig::parse(const ProcessorConfig& config) {
  const ImageProcessorClass& defaults = find_class(config);
  config.refuse_other_steps({"do_resize", "do_center_crop", "do_rescale", "do_normalize",
                             "do_convert_rgb", "do_sample_frames", defaults.harmless_step});
  // Given by one early class, it turns the shorter edge into a square.
  config.demand("use_square_size", false);
  ImageProcessorConfig result;
  result.pixels = PixelConfig::parse(config, defaults.pixels);
  result.size = parse_size(config, defaults);
  result.do_center_crop = config.flag("do_center_crop", defaults.crops);
  if (result.do_center_crop) {
    result.crop_size = parse_crop_size(config, defaults);
  }
  return result;
}

ImageProcessor::ImageProcessor(const ImageProcessorConfig& config)
    : config_(config), values_(config.pixels) {}

ImageProcessor ImageProcessor::open(const std::filesystem::path& folder, ProcessorKind kind) {
  return ImageProcessor(ImageProcessorConfig::parse(ProcessorConfig::read(folder, kind)));
}

at::Tensor ImageProcessor::operator()(std::span<const Image> images) const {
  require(!images.empty(), ErrorCode::invalid_argument, "there are no pictures to prepare");
  at::Tensor result;
  Size size;
  for (std::size_t n = 0; n < images.size(); ++n) {
    const Image& image = images[n];
    require(image.width > 0 && image.height > 0, ErrorCode::invalid_argument, "picture {} is empty",
            n);
    const Size from = {image.width, image.height};
    const Image resized = resample(image, config_.pixels.do_resize ? config_.size(from) : from,
                                   {.filter = config_.pixels.resample});
    const Size shown =
        config_.do_center_crop ? config_.crop_size : Size{resized.width, resized.height};
    if (n == 0) {
      size = shown;
      result = at::empty({static_cast<std::int64_t>(images.size()), 3, size.height, size.width},
                         at::kFloat);
    }
    require(shown == size, ErrorCode::invalid_argument,
            "pictures of one batch must come out in one size, got {} x {} and {} x {}", size.width,
            size.height, shown.width, shown.height);
    write_planes(resized, size, values_,
                 result[static_cast<std::int64_t>(n)].mutable_data_ptr<float>());
  }
  return result;
}

}  // namespace ogam
