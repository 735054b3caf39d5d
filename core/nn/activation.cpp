#include "core/nn/activation.h"

#include <ATen/ATen.h>

#include <array>
#include <string_view>

#include "core/base/table.h"

namespace ogam {

namespace {

at::Tensor gelu(const at::Tensor& x) { return at::gelu(x); }
at::Tensor gelu_tanh(const at::Tensor& x) { return at::gelu(x, "tanh"); }
at::Tensor quick_gelu(const at::Tensor& x) { return x * at::sigmoid(1.702 * x); }
at::Tensor relu(const at::Tensor& x) { return at::relu(x); }
at::Tensor silu(const at::Tensor& x) { return at::silu(x); }

struct Row {
  std::string_view name;
  Activation function;
};

constexpr std::array kActivations = {
    Row{"gelu", &gelu},
    Row{"gelu_new", &gelu_tanh},
    Row{"gelu_pytorch_tanh", &gelu_tanh},
    Row{"quick_gelu", &quick_gelu},
    Row{"relu", &relu},
    Row{"silu", &silu},
    Row{"swish", &silu},
};

}  // namespace

Activation find_activation(const std::string& name, const std::string& origin) {
  return find_row(kActivations, name, "activation", origin).function;
}

}  // namespace ogam
