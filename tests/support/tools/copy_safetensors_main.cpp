#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "core/base/error.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/safetensors_writer.h"

/// Reads a .safetensors file and writes its tensors and metadata to another.
int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: copy_safetensors FROM TO\n";
    return 2;
  }
  try {
    const ogam::SafetensorsFile from(argv[1]);
    std::map<std::string, at::Tensor> tensors;
    for (const auto& info : from.tensors()) {
      tensors[info.name] = from.load(info.name);
    }
    ogam::save_safetensors(argv[2], tensors, from.metadata());
    return 0;
  } catch (const std::exception& error) {
    std::cerr << ogam::describe(error) << '\n';
    return 1;
  }
}
