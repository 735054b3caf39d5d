#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/safetensors_writer.h"
#include "decoders/image/janus.h"

// What the Janus of a folder paints, for the comparison with the reference.
//
//   paint FOLDER REQUEST.json OUT.safetensors
//
// The request: {"prompts": [[ids]], "guidance", "precision": "float32" | "bfloat16"}. For prompt i
// are written the greedy "tokens.i", what the decoder makes of them, "pixels.i" [3, H, W], and the
// picture, "image.i" [H, W, 3]; and "decoded.NAME" of each list of codes in "codes": {NAME: [...]}.

namespace ogam {
namespace {

void paint(const std::string& folder, const Json& request, const std::string& out) {
  const bool rounded = request.value("precision", std::string()) == "bfloat16";
  Checkpoint checkpoint(folder, rounded ? at::kBFloat16 : at::kFloat);
  const JanusPainter painter(checkpoint);
  std::map<std::string, at::Tensor> tensors;
  const auto prompts = request.at("prompts").get<std::vector<Tokenizer::Ids>>();
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto made = painter.paint(prompts[i], {.guidance = request.value("guidance", 5.0)});
    const auto name = std::to_string(i);
    tensors["tokens." + name] = at::tensor(at::ArrayRef<std::int32_t>(made.tokens), at::kInt);
    tensors["pixels." + name] = painter.pixels(made.tokens);
    tensors["image." + name] = at::tensor(at::ArrayRef<std::uint8_t>(made.image.pixels))
                                   .view({made.image.height, made.image.width, 3});
  }
  if (request.contains("codes")) {
    for (const auto& [name, codes] : request.at("codes").items()) {
      tensors["decoded." + name] = painter.pixels(codes.get<Tokenizer::Ids>());
    }
  }
  save_safetensors(out, tensors);
}

}  // namespace
}  // namespace ogam

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: paint FOLDER REQUEST.json OUT.safetensors\n";
    return 2;
  }
  try {
    at::set_num_threads(1);
    ogam::paint(argv[1], ogam::read_json_file(argv[2]), argv[3]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}
