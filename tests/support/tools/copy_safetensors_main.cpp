#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "core/base/error.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/safetensors_writer.h"
#include "core/tensor/sharded_weights_writer.h"
#include "core/tensor/weight_source.h"

/// Reads a weight file or the weights of a model folder and writes the tensors, and a .safetensors
/// file's metadata, to a .safetensors file or, in shards, to a folder.
int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::cerr << "usage: copy_safetensors FROM TO [MAX_SHARD_BYTES]\n";
    return 2;
  }
  try {
    const auto from = ogam::open_weights(argv[1]);
    std::map<std::string, at::Tensor> tensors;
    for (const auto& info : from->tensors()) {
      tensors[info.name] = from->load(info.name);
    }
    const auto* const file = dynamic_cast<const ogam::SafetensorsFile*>(from.get());
    ogam::SaveWeightsConfig config;
    if (file != nullptr) {
      config.metadata = file->metadata();
    }
    if (argc == 4) {
      config.max_shard_bytes = std::stoull(argv[3]);
      ogam::save_weights(argv[2], tensors, config);
    } else {
      ogam::save_safetensors(argv[2], tensors, config.metadata);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}
