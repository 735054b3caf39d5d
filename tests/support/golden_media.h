#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/media/image.h"

namespace ogam::test {

/// A picture of a golden's pixels [H, W, 3] uint8.
inline Image image_of(const at::Tensor& pixels) {
  const auto flat = pixels.contiguous();
  const auto* const data = flat.const_data_ptr<std::uint8_t>();
  return {.width = static_cast<int>(pixels.size(1)),
          .height = static_cast<int>(pixels.size(0)),
          .pixels = {data, data + flat.numel()}};
}

/// Pictures of a golden's pixels [N, H, W, 3] uint8.
inline std::vector<Image> images_of(const at::Tensor& frames) {
  std::vector<Image> images;
  for (std::int64_t i = 0; i < frames.size(0); ++i) {
    images.push_back(image_of(frames[i]));
  }
  return images;
}

/// A golden's samples, as floats.
inline std::vector<float> samples_of(const at::Tensor& samples) {
  const auto flat = samples.contiguous();
  const auto* const data = flat.const_data_ptr<float>();
  return {data, data + flat.numel()};
}

}  // namespace ogam::test
