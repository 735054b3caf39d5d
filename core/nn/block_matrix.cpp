#include "core/nn/block_matrix.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <span>

#include "core/base/error.h"
#include "core/nn/block_kernels.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

/// Up to here packed numbers are multiplied as they are; from here on widening a part of the matrix
/// costs less than unpacking it again for every four rows.
constexpr std::int64_t kFewRows = 16;
/// Numbers that are widened at a time: as much as stays in the cache while it is multiplied.
constexpr std::int64_t kWidenedNumbers = std::int64_t{1} << 20;
/// Multiplications that are worth another thread.
constexpr std::int64_t kWorkOfAThread = std::int64_t{1} << 16;

std::span<const std::byte> bytes_of(const at::Tensor& bytes) {
  return std::as_bytes(
      std::span(bytes.const_data_ptr<std::uint8_t>(), static_cast<std::size_t>(bytes.numel())));
}

bool has_bfloat16_products() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace

BlockMatrix::BlockMatrix(TensorBlocks blocks)
    : format_(blocks.format), bytes_(blocks.bytes.contiguous()) {
  require(bytes_.dim() == 2, ErrorCode::invalid_argument,
          "a matrix in blocks must be [M, N], got {} dimensions", bytes_.dim());
}

std::int64_t BlockMatrix::columns() const {
  return bytes_.size(1) / static_cast<std::int64_t>(format_->bytes) *
         static_cast<std::int64_t>(format_->elements);
}

at::Tensor BlockMatrix::multiply(const at::Tensor& x) const {
  require(x.dim() > 0 && x.size(-1) == columns() && x.is_floating_point(),
          ErrorCode::invalid_argument, "x must be floating point [..., {}], got {}", columns(),
          shape_string(x));
  auto shape = x.sizes().vec();
  shape.back() = rows();
  const auto flat = x.reshape({-1, columns()});
  const auto products = flat.size(0) > kFewRows ? multiply_widened(flat) : multiply_packed(flat);
  return products.to(x.scalar_type()).view(shape);
}

/// x [K, N] with few rows: on the packed numbers.
at::Tensor BlockMatrix::multiply_packed(const at::Tensor& x) const {
  const BlockKernels& kernels = block_kernels().front();
  const auto multiply = kernels.row(*format_).multiply;
  const auto numbers = x.to(at::kFloat).contiguous();
  const auto groups = columns() / kActivationGroup;
  auto quants = at::empty(numbers.sizes(), at::kShort);
  auto scales = at::empty({2, x.size(0), groups}, at::kFloat);  // and sums
  auto* const sums = scales.mutable_data_ptr<float>() + x.size(0) * groups;
  for (std::int64_t r = 0; r < x.size(0); ++r) {
    kernels.quantize(numbers.const_data_ptr<float>() + r * columns(), columns(),
                     quants.mutable_data_ptr<std::int16_t>() + r * columns(),
                     scales.mutable_data_ptr<float>() + r * groups, sums + r * groups);
  }
  const QuantizedRows rows_of_x = {.quants = quants.const_data_ptr<std::int16_t>(),
                                   .scales = scales.const_data_ptr<float>(),
                                   .sums = sums,
                                   .rows = x.size(0),
                                   .columns = columns()};
  auto products = at::empty({x.size(0), rows()}, at::kFloat);
  auto* const to = products.mutable_data_ptr<float>();
  const auto row_bytes = static_cast<std::size_t>(bytes_.size(1));
  const auto* const packed = bytes_of(bytes_).data();
  at::parallel_for(0, rows(), grain(), [&](std::int64_t begin, std::int64_t end) {
    multiply({packed + static_cast<std::size_t>(begin) * row_bytes, row_bytes, end - begin},
             rows_of_x, {to + begin, rows()});
  });
  return products;
}

/// x [K, N] with many rows: on a part of the matrix at a time, widened.
at::Tensor BlockMatrix::multiply_widened(const at::Tensor& given) const {
  // Where the processor does not multiply bfloat16 itself, LibTorch takes eight times as long.
  const auto x = has_bfloat16_products() ? given : given.to(at::kFloat);
  auto products = at::empty({x.size(0), rows()}, x.options());
  const auto at_a_time =
      std::max<std::int64_t>(1, kWidenedNumbers / std::max<std::int64_t>(1, columns()));
  for (std::int64_t begin = 0; begin < rows(); begin += at_a_time) {
    const auto count = std::min(at_a_time, rows() - begin);
    auto part = products.narrow(1, begin, count);
    at::mm_out(part, x, widen(begin, count).to(x.scalar_type()).t());
  }
  return products;
}

at::Tensor BlockMatrix::rows_at(const at::Tensor& ids) const {
  const auto chosen = bytes_.index_select(0, ids);
  return widen_blocks(*format_, bytes_of(chosen), {ids.size(0), columns()});
}

/// Rows [begin, begin + count), float32.
at::Tensor BlockMatrix::widen(std::int64_t begin, std::int64_t count) const {
  auto numbers = at::empty({count, columns()}, at::kFloat);
  auto* const to = numbers.mutable_data_ptr<float>();
  const auto row_bytes = bytes_.size(1);
  const auto* const from = bytes_of(bytes_).data() + begin * row_bytes;
  const auto widen_row = block_kernels().front().row(*format_).widen;
  at::parallel_for(0, count, grain(), [&](std::int64_t first, std::int64_t last) {
    for (auto row = first; row < last; ++row) {
      widen_row(from + row * row_bytes, columns(), to + row * columns());
    }
  });
  return numbers;
}

/// Rows that are worth another thread.
std::int64_t BlockMatrix::grain() const {
  return std::max<std::int64_t>(1, kWorkOfAThread / std::max<std::int64_t>(1, columns()));
}

}  // namespace ogam
