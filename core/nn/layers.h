#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/block_matrix.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// y = x W^T + b over the last dimension. Names: `weight` [out, in], `bias` [out].
///
/// Where the file packs the weight into blocks it stays packed; see BlockMatrix.
class Linear {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    bool bias = true;
  };
  Linear(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  std::optional<BlockMatrix> packed_;
  at::Tensor weight_;  // undefined where it is packed
  at::Tensor bias_;    // undefined without a bias
};

/// The rows of a table. Names: `weight` [count, size].
class Embedding {
 public:
  struct Config {
    std::int64_t count = 0;
    std::int64_t size = 0;
    /// The table stays as the file has it, a view or in blocks, and rows are converted as they are
    /// asked for: for large vocabularies.
    bool as_stored = false;
  };
  Embedding(const WeightScope& weights, const Config& config);

  /// @param ids integers [...] from 0 to count - 1.
  /// @return [..., size] in the checkpoint's precision.
  /// @throws Error{invalid_argument} when an id is out of range.
  at::Tensor operator()(const at::Tensor& ids) const;

  /// The whole table; undefined where it stayed in blocks.
  const at::Tensor& weight() const { return weight_; }

 private:
  std::optional<BlockMatrix> packed_;
  at::Tensor weight_;
  std::int64_t count_;
  std::int64_t size_;
  at::ScalarType precision_;
};

/// Normalises the last dimension to mean 0 and variance 1. Names: `weight`, `bias` [size].
/// Source: Ba et al. 2016, section 3.
class LayerNorm {
 public:
  struct Config {
    std::int64_t size = 0;
    double eps = 1e-5;
    bool bias = true;
    std::array<const char*, 2> names = {"weight", "bias"};
  };
  LayerNorm(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without a bias
  double eps_;
};

/// x / sqrt(mean(x^2) + eps) over the last dimension, computed in float32, times a weight.
/// Names: `weight` [size]; none where the norm has no weight. Source: Zhang and Sennrich 2019.
class RmsNorm {
 public:
  struct Config {
    std::int64_t size = 0;
    double eps = 1e-6;
    bool centered = false;  ///< what is stored is the weight less 1
  };
  RmsNorm(const WeightScope& weights, const Config& config);
  /// The norm without a weight.
  explicit RmsNorm(double eps) : eps_(eps) {}
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;  // float32; undefined without a weight
  double eps_;
};

/// Convolution over the last one, two or three dimensions, as many as the kernel has.
/// Names: `weight` [out, in / groups, kernel...], `bias` [out].
class Conv {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::vector<std::int64_t> kernel;
    std::vector<std::int64_t> stride = {1};  // one value stands for every dimension
    std::vector<std::int64_t> padding = {0};
    std::vector<std::int64_t> dilation = {1};
    std::int64_t groups = 1;
    bool bias = true;
  };
  Conv(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  at::Tensor bias_;
  Config config_;
};

}  // namespace ogam
