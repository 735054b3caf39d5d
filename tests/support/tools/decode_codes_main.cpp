#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "core/base/error.h"
#include "core/tensor/safetensors_writer.h"
#include "core/tensor/weight_source.h"
#include "decoders/audio/codec_decoder.h"

// What a neural audio codec of a folder makes of codes, for the comparison with the reference.
//
//   decode_codes FOLDER CODES.safetensors OUT.safetensors
//
// Each tensor of the codes, [Q, T] int64, becomes a tensor of that name, [channels, S].

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: decode_codes FOLDER CODES.safetensors OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    const auto codec = ogam::load_codec_decoder(argv[1]);
    const auto codes = ogam::open_weights(argv[2]);
    std::map<std::string, at::Tensor> sounds;
    for (const auto& info : codes->tensors()) {
      sounds[info.name] = codec->decode(codes->load(info.name));
    }
    ogam::save_safetensors(argv[3], sounds);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}
