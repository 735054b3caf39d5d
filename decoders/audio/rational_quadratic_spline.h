#pragma once

#include <ATen/core/Tensor.h>

namespace ogam {

/// The inverse of a rising curve made of pieces that are quotients of quadratic polynomials, within
/// [-tail_bound, tail_bound]; outside it is the identity.
/// Source: Durkan et al., "Neural Spline Flows", 2019, section 3.1.
///
/// @param y [...] in which the curve's values are given.
/// @param widths [..., K] how wide each piece is, before a softmax; @param heights [..., K] how
/// high;
/// @param slopes [..., K - 1] at the inner knots, before a softplus.
/// @return [...] where the curve has those values.
at::Tensor invert_rational_quadratic_spline(const at::Tensor& y, const at::Tensor& widths,
                                            const at::Tensor& heights, const at::Tensor& slopes,
                                            double tail_bound);

}  // namespace ogam
