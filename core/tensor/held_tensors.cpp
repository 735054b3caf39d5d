#include "core/tensor/held_tensors.h"

#include <utility>

#include "core/base/error.h"

namespace ogam {

HeldTensors::HeldTensors(std::map<std::string, at::Tensor> tensors) : held_(std::move(tensors)) {
  for (const auto& [name, tensor] : held_) {
    infos_.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  }
}

at::Tensor HeldTensors::load(const std::string& name) const {
  const auto found = held_.find(name);
  require(found != held_.end(), ErrorCode::not_found, "there is no tensor '{}'", name);
  return found->second;
}

}  // namespace ogam
