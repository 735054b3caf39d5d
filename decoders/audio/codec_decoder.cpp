#include "decoders/audio/codec_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/shape.h"
#include "decoders/audio/dac_decoder.h"
#include "decoders/audio/encodec_decoder.h"
#include "decoders/audio/mimi_decoder.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxSamples = 1 << 24;  // of a channel in one call: some six minutes

struct CodecRow {
  std::string_view model_type;
  std::unique_ptr<CodecDecoder> (*make)(Checkpoint&);
};
constexpr std::array kCodecs = {
    CodecRow{"dac", &make_dac_decoder},
    CodecRow{"encodec", &make_encodec_decoder},
    CodecRow{"mimi", &make_mimi_decoder},
};

}  // namespace

at::Tensor CodecDecoder::decode(const at::Tensor& codes) const {
  const auto& shape = this->shape();
  require(codes.dim() == 2 && !codes.is_floating_point() && codes.size(0) > 0 &&
              codes.size(0) <= shape.codebooks && codes.size(1) > 0,
          ErrorCode::invalid_argument,
          "codes must be whole numbers [1 to {} codebooks, at least 1 frame], got {}",
          shape.codebooks, shape_string(codes));
  require(codes.min().item<std::int64_t>() >= 0 &&
              codes.max().item<std::int64_t>() < shape.codebook_size,
          ErrorCode::invalid_argument, "codes must be from 0 to {}", shape.codebook_size - 1);
  require(codes.size(1) <= kMaxSamples / shape.hop_length, ErrorCode::invalid_argument,
          "{} frames are more than {}, which are decoded at once; decode them in parts",
          codes.size(1), kMaxSamples / shape.hop_length);
  const c10::InferenceMode inference;
  return decode_checked(codes.to(at::kLong)).to(at::kFloat);
}

at::Tensor sum_of_codes(std::span<const at::Tensor> codebooks, const at::Tensor& codes) {
  auto latents = codebooks[0].index_select(0, codes[0]);
  for (std::int64_t i = 1; i < codes.size(0); ++i) {
    latents = latents + codebooks[static_cast<std::size_t>(i)].index_select(0, codes[i]);
  }
  return latents;
}

std::unique_ptr<CodecDecoder> load_codec_decoder(const std::filesystem::path& folder) {
  const c10::InferenceMode inference;
  Checkpoint checkpoint(folder);
  const auto type = checkpoint.model_type();
  const auto* const row = std::find_if(kCodecs.begin(), kCodecs.end(), [&](const CodecRow& codec) {
    return codec.model_type == type;
  });
  require(row != kCodecs.end(), ErrorCode::unsupported,
          "{}: '{}' is no codec that can be decoded; dac, encodec and mimi are",
          checkpoint.origin(), display_path(type));
  auto codec = row->make(checkpoint);
  checkpoint.finish();
  return codec;
}

}  // namespace ogam
