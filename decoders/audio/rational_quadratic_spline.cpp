#include "decoders/audio/rational_quadratic_spline.h"

#include <ATen/ATen.h>

#include <cmath>

namespace ogam {
namespace {

constexpr double kLeast = 1e-3;        // of a width, a height and a slope
constexpr double kLastKnotGap = 1e-6;  // so that the bound itself lies in the last piece

/// The K + 1 knots that `parts`, before a softmax, cut [-bound, bound] into.
at::Tensor knots_of(const at::Tensor& parts, double bound) {
  const auto count = parts.size(-1);
  const auto shares = kLeast + (1 - kLeast * static_cast<double>(count)) * parts.softmax(-1);
  auto knots = at::constant_pad_nd(shares.cumsum(-1), {1, 0}) * (2 * bound) - bound;
  knots.select(-1, 0).fill_(-bound);
  knots.select(-1, count).fill_(bound);
  return knots;
}

}  // namespace

at::Tensor invert_rational_quadratic_spline(const at::Tensor& y, const at::Tensor& widths,
                                            const at::Tensor& heights, const at::Tensor& slopes,
                                            double tail_bound) {
  const auto inside = y.ge(-tail_bound).logical_and(y.le(tail_bound));
  const auto value = y.clamp(-tail_bound, tail_bound);  // the rest is replaced at the end

  const auto x_knots = knots_of(widths, tail_bound);   // [..., K + 1]
  const auto y_knots = knots_of(heights, tail_bound);  // [..., K + 1]
  // Outside, the curve goes on with slope 1: what a softplus makes 1 - kLeast of, plus kLeast.
  const double outer = std::log(std::exp(1 - kLeast) - 1);
  const auto derivatives = kLeast + at::softplus(at::constant_pad_nd(slopes, {1, 1}, outer));

  auto upper = y_knots.clone();
  upper.select(-1, upper.size(-1) - 1).add_(kLastKnotGap);
  const auto piece =
      (value.unsqueeze(-1).ge(upper).sum(-1, /*keepdim=*/true) - 1).clamp(0, widths.size(-1) - 1);
  const auto at_piece = [&](const at::Tensor& of) { return of.gather(-1, piece).squeeze(-1); };
  const auto next_piece = [&](const at::Tensor& of) {
    return of.gather(-1, piece + 1).squeeze(-1);
  };

  const auto x0 = at_piece(x_knots);
  const auto y0 = at_piece(y_knots);
  const auto width = next_piece(x_knots) - x0;
  const auto height = next_piece(y_knots) - y0;
  const auto slope = height / width;
  const auto d0 = at_piece(derivatives);
  const auto d1 = next_piece(derivatives);

  // The share of the piece at which its quotient takes the value: a root of a quadratic equation.
  const auto rise = value - y0;
  const auto bend = rise * (d0 + d1 - 2 * slope);
  const auto a = height * (slope - d0) + bend;
  const auto b = height * d0 - bend;
  const auto c = -slope * rise;
  const auto root = 2 * c / (-b - (b.square() - 4 * a * c).clamp_min(0).sqrt());
  return at::where(inside, root * width + x0, y);
}

}  // namespace ogam
