#include <exception>
#include <iostream>
#include <map>
#include <span>
#include <string>

#include "core/base/error.h"
#include "core/tensor/block_format.h"
#include "core/tensor/model_files.h"
#include "core/tensor/safetensors_writer.h"

namespace ogam {
namespace {

/// Writes the tensors of a model under Hugging Face's names. A tensor in blocks is there a second
/// time, as "blocks of NAME": what they widen to.
void save(const ModelFiles& model, const std::string& out) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& info : model.weights->tensors()) {
    tensors[info.name] = model.weights->load(info.name).contiguous();
    if (const auto blocks = model.weights->load_blocks(info.name)) {
      const auto bytes = blocks->bytes.contiguous();
      tensors["blocks of " + info.name] =
          widen_blocks(*blocks->format,
                       std::as_bytes(std::span(bytes.const_data_ptr<std::uint8_t>(),
                                               static_cast<std::size_t>(bytes.numel()))),
                       info.shape);
    }
  }
  save_safetensors(out, tensors);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << "usage: dump_model FOLDER [OUT.safetensors]; prints config.json\n";
    return 2;
  }
  try {
    const auto model = ogam::open_model(argv[1]);
    if (argc == 3) {
      ogam::save(model, argv[2]);
    }
    std::cout << ogam::dump_json(model.config) << '\n';
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
  return 0;
}
