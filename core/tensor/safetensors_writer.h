#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace ogam {

/// Writes a .safetensors file atomically; equal content gives equal bytes. Tensors are written from
/// where they lie; only those that are not contiguous or not on the CPU are copied first.
///
/// @param tensors on any device and of any strides; larger element types come first, then by name,
///     so that every tensor is aligned.
/// @throws Error{invalid_argument} for a tensor that is undefined or named "__metadata__", or a
///     text that is not UTF-8; Error{unsupported} for a dtype that the format does not have; see
///     also write_file_atomically.
void save_safetensors(const std::filesystem::path& path,
                      const std::map<std::string, at::Tensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {});

}  // namespace ogam
