#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ogam {

/// Random numbers that are the same everywhere for the same seed: SplitMix64. Source: Steele, Lea
/// and Flood 2014, "Fast splittable pseudorandom number generators", figure 17.
class SamplingRandom {
 public:
  explicit SamplingRandom(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, 1): the upper 53 bits of the next number, divided by 2^53.
  double uniform();

 private:
  std::uint64_t state_;
};

/// How the next token is chosen. With the defaults it is the likeliest.
struct SamplingConfig {
  /// Logits are divided by it; 0 takes the likeliest token, and of equal ones the first.
  double temperature = 0;
  std::int64_t top_k = 0;  ///< only the k likeliest, and those equal to the last; 0: all
  double top_p = 1;        ///< only the fewest likeliest whose probabilities reach it; at least one
  double min_p = 0;        ///< only those at least so likely as a share of the likeliest
  /// Logits of tokens that were there before are divided by it where positive, else multiplied.
  /// Source: Keskar et al. 2019, section 4.1.
  double repetition_penalty = 1;
  std::uint64_t seed = 0;  ///< the same seed, model and prompt give the same text

  /// @throws Error{invalid_argument} naming a value that makes no sense.
  void check() const;
};

/// A token that may come next.
struct TokenCandidate {
  std::int32_t token = 0;
  double probability = 0;
};

/// The tokens that may come next with their probabilities, in the order in which transformers'
/// generation applies what is asked for: repetition penalty, `allowed`, temperature (0 counts as
/// 1), top-k, top-p, min-p; then what is left is brought to the sum 1.
///
/// @param logits of every token.
/// @param before the tokens so far, the prompt's among them.
/// @param allowed which tokens a constraint allows; empty where there is none.
/// @return by falling probability, equal ones by rising token.
/// @throws Error{corrupt_data} when a logit is not a number, Error{invalid_argument} when no token
///     is allowed.
std::vector<TokenCandidate> sampling_candidates(std::span<const float> logits,
                                                std::span<const std::int32_t> before,
                                                const std::vector<bool>& allowed,
                                                const SamplingConfig& config);

/// Chooses the next token: the first candidate at temperature 0, else one by chance.
/// Parameters and errors as of sampling_candidates.
std::int32_t sample_token(std::span<const float> logits, std::span<const std::int32_t> before,
                          const std::vector<bool>& allowed, const SamplingConfig& config,
                          SamplingRandom& random);

}  // namespace ogam
