#pragma once

#include <memory>
#include <span>
#include <vector>

namespace ogam {

/// Brings mono float samples from one rate to another, piece by piece. Sample i of all that comes
/// out lies at i / to of the time at which sample i of all that went in lay at i / from.
class MonoResampler {
 public:
  struct Config {
    int from = 0;  ///< samples a second
    int to = 0;
  };
  /// @throws Error{invalid_argument} for a rate that is not positive.
  explicit MonoResampler(const Config& config);
  ~MonoResampler();
  MonoResampler(MonoResampler&&) noexcept;
  MonoResampler& operator=(MonoResampler&&) noexcept;

  /// What has become ready with the next samples; as they are where the rates are equal.
  std::vector<float> push(std::span<const float> samples);
  /// The rest; nothing may be pushed afterwards.
  std::vector<float> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
