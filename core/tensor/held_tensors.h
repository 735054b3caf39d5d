#pragma once

#include <map>
#include <string>

#include "core/tensor/weight_source.h"

namespace ogam {

/// Tensors that are in memory already, each handed out as it is: what trains them and what computes
/// with them see the same values.
class HeldTensors : public WeightSource {
 public:
  explicit HeldTensors(std::map<std::string, at::Tensor> tensors);

  const std::vector<TensorInfo>& tensors() const override { return infos_; }
  at::Tensor load(const std::string& name) const override;

 private:
  std::map<std::string, at::Tensor> held_;
  std::vector<TensorInfo> infos_;
};

}  // namespace ogam
