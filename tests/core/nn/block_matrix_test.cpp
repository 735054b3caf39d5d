#include "core/nn/block_matrix.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/nn/block_kernels.h"
#include "tests/support/golden.h"
#include "tests/support/random_blocks.h"

namespace ogam {
namespace {

constexpr std::array kTypes = {2U, 6U, 8U, 12U, 13U, 14U};
constexpr std::int64_t kColumns = 768;

at::Tensor widened(const TensorBlocks& blocks, std::int64_t columns) {
  const std::span bytes(blocks.bytes.const_data_ptr<std::uint8_t>(),
                        static_cast<std::size_t>(blocks.bytes.numel()));
  return widen_blocks(*blocks.format, std::as_bytes(bytes), {blocks.bytes.size(0), columns});
}

/// The largest difference as a part of the product of both vectors' lengths.
double error_of(const at::Tensor& products, const at::Tensor& x, const at::Tensor& weight) {
  const auto exact = at::mm(x.to(at::kDouble), weight.to(at::kDouble).t());
  const auto lengths = at::outer(x.to(at::kDouble).norm(2, 1), weight.to(at::kDouble).norm(2, 1));
  return ((products.to(at::kDouble) - exact).abs() / lengths).max().item<double>();
}

/// Products by one instruction set's kernel.
at::Tensor products_by(const BlockKernels& kernels, const TensorBlocks& blocks,
                       const at::Tensor& x) {
  const auto groups = x.size(1) / kActivationGroup;
  auto quants = at::empty(x.sizes(), at::kShort);
  auto scales = at::empty({x.size(0), groups}, at::kFloat);
  auto sums = at::empty({x.size(0), groups}, at::kFloat);
  for (std::int64_t r = 0; r < x.size(0); ++r) {
    kernels.quantize(x[r].const_data_ptr<float>(), x.size(1),
                     quants[r].mutable_data_ptr<std::int16_t>(),
                     scales[r].mutable_data_ptr<float>(), sums[r].mutable_data_ptr<float>());
  }
  auto products = at::zeros({x.size(0), blocks.bytes.size(0)}, at::kFloat);
  const auto* const bytes = blocks.bytes.const_data_ptr<std::uint8_t>();
  const auto multiply = kernels.row(*blocks.format).multiply;
  multiply({reinterpret_cast<const std::byte*>(bytes),
            static_cast<std::size_t>(blocks.bytes.size(1)), blocks.bytes.size(0)},
           {quants.const_data_ptr<std::int16_t>(), scales.const_data_ptr<float>(),
            sums.const_data_ptr<float>(), x.size(0), x.size(1)},
           {products.mutable_data_ptr<float>(), products.size(1)});
  return products;
}

TEST(BlockKernelsTest, EveryInstructionSetMultipliesEveryFormatLikeWidenedNumbers) {
  at::manual_seed(7);
  for (const auto& kernels : block_kernels()) {
    for (const auto type : kTypes) {
      const auto blocks = test::random_blocks(*find_block_format(type), 13, kColumns, type);
      const auto weight = widened(blocks, kColumns);
      for (const std::int64_t rows : {1, 2, 3, 4, 5, 9}) {
        const auto x = at::randn({rows, kColumns}) * at::randn({rows, 1}).exp();
        EXPECT_LT(error_of(products_by(kernels, blocks, x), x, weight), 1e-5)
            << kernels.name << " " << blocks.format->name << " " << rows;
      }
    }
  }
}

TEST(BlockKernelsTest, EveryInstructionSetWidensEveryFormat) {
  for (const auto& kernels : block_kernels()) {
    for (const auto type : kTypes) {
      const auto blocks = test::random_blocks(*find_block_format(type), 1, kColumns, type);
      auto numbers = at::empty({1, kColumns}, at::kFloat);
      const auto widen = kernels.row(*blocks.format).widen;
      widen(static_cast<const std::byte*>(blocks.bytes.const_data_ptr()), kColumns,
            numbers.mutable_data_ptr<float>());
      EXPECT_TRUE(test::all_close(numbers, widened(blocks, kColumns), {.atol = 1e-7, .rtol = 1e-6}))
          << kernels.name << " " << blocks.format->name;
    }
  }
}

// The widest products that fit 32 bits: 32 * 128 * 32 * 16383 of Q6_K.
TEST(BlockKernelsTest, TheLargestNumbersDoNotOverflow) {
  const auto* const format = find_block_format(14);
  auto blocks = test::random_blocks(*format, 1, 256, 1);
  auto bytes = blocks.bytes[0];
  bytes.narrow(0, 0, 192).zero_();           // quants of 0 - 32
  bytes.narrow(0, 192, 16).fill_(0x80);      // scales of -128
  const auto weight = widened(blocks, 256);  // all the same
  for (const auto& kernels : block_kernels()) {
    const auto x = at::full({1, 256}, 3.0F);
    EXPECT_LT(error_of(products_by(kernels, blocks, x), x, weight), 1e-6) << kernels.name;
  }
}

TEST(BlockKernelsTest, NumbersThatAreNotFiniteSpoilTheirRowAlone) {
  const auto blocks = test::random_blocks(*find_block_format(12), 3, 256, 2);
  for (const auto& kernels : block_kernels()) {
    for (const float strange : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
      auto x = at::ones({2, 256});
      x[1][40] = strange;
      const auto products = products_by(kernels, blocks, x);
      EXPECT_TRUE(products[0].isfinite().all().item<bool>()) << kernels.name;
      EXPECT_FALSE(products[1].isfinite().any().item<bool>()) << kernels.name;
    }
  }
}

TEST(BlockKernelsTest, ZerosAndTinyNumbersGiveZeros) {
  const auto blocks = test::random_blocks(*find_block_format(13), 3, 256, 2);
  for (const auto& kernels : block_kernels()) {
    for (const double size : {0.0, 1e-38}) {
      const auto products = products_by(kernels, blocks, at::full({1, 256}, size, at::kFloat));
      EXPECT_LT(products.abs().max().item<double>(), 1e-30) << kernels.name;
    }
  }
}

TEST(BlockKernelsTest, PlainCodeIsAlwaysThere) {
  EXPECT_EQ(block_kernels().back().name, "portable");
  for (const auto& kernels : block_kernels()) {
    EXPECT_EQ(kernels.rows.size(), kTypes.size()) << kernels.name;
  }
}

class BlockMatrixTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(BlockMatrixTest, FewAndManyRowsMultiplyLikeWidenedNumbers) {
  at::manual_seed(11);
  const auto blocks = test::random_blocks(*find_block_format(GetParam()), 1501, kColumns, 5);
  const auto weight = widened(blocks, kColumns);
  const BlockMatrix matrix(blocks);
  EXPECT_EQ(matrix.rows(), 1501);
  EXPECT_EQ(matrix.columns(), kColumns);
  for (const std::int64_t rows : {1, 7, 16, 17, 130}) {
    const auto x = at::randn({rows, kColumns});
    EXPECT_LT(error_of(matrix.multiply(x), x, weight), 1e-5) << rows;
  }
}

TEST_P(BlockMatrixTest, KeepsShapeAndPrecision) {
  at::manual_seed(13);
  const auto blocks = test::random_blocks(*find_block_format(GetParam()), 10, kColumns, 5);
  const auto weight = widened(blocks, kColumns);
  const BlockMatrix matrix(blocks);
  for (const std::int64_t tokens : {2, 40}) {
    const auto x = at::randn({3, tokens, kColumns}).to(at::kBFloat16);
    const auto products = matrix.multiply(x);
    EXPECT_EQ(products.scalar_type(), at::kBFloat16);
    EXPECT_EQ(products.sizes(), (at::IntArrayRef{3, tokens, 10}));
    const auto flat = x.to(at::kFloat).view({-1, kColumns});
    EXPECT_LT(error_of(products.view({-1, 10}), flat, weight), 2e-3) << tokens;
  }
}

TEST_P(BlockMatrixTest, RowsAreWidenedOnDemand) {
  const auto blocks = test::random_blocks(*find_block_format(GetParam()), 10, kColumns, 5);
  const auto ids = at::tensor({9, 0, 9}, at::kLong);
  EXPECT_TRUE(
      at::equal(BlockMatrix(blocks).rows_at(ids), widened(blocks, kColumns).index_select(0, ids)));
}

INSTANTIATE_TEST_SUITE_P(Formats, BlockMatrixTest, ::testing::ValuesIn(kTypes),
                         [](const auto& format) {
                           return std::string(find_block_format(format.param)->name);
                         });

TEST(BlockMatrixErrorsTest, OtherShapesAreRefused) {
  const BlockMatrix matrix(test::random_blocks(*find_block_format(8), 4, 64, 1));
  EXPECT_THROW(matrix.multiply(at::ones({2, 32})), Error);
  EXPECT_THROW(matrix.multiply(at::ones({2, 64}, at::kLong)), Error);
  EXPECT_THROW(BlockMatrix({find_block_format(8), at::zeros({34}, at::kByte)}), Error);
}

TEST(BlockMatrixErrorsTest, NoRowsGiveNoProducts) {
  const BlockMatrix matrix(test::random_blocks(*find_block_format(8), 4, 64, 1));
  EXPECT_EQ(matrix.multiply(at::ones({0, 64})).sizes(), (at::IntArrayRef{0, 4}));
}

}  // namespace
}  // namespace ogam
