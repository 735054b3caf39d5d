#pragma once

#include <initializer_list>
#include <string>

#include "core/nn/processor_config.h"

namespace ogam {

// Within which limits the settings of sound preprocessors are read.
inline constexpr ProcessorConfig::WholeRange kMelBands = {1, 1024};
inline constexpr ProcessorConfig::WholeRange kHops = {1, 1 << 16};

/// @return the configuration's class.
/// @throws Error{unsupported} when it is none of `names`.
std::string demand_class(const ProcessorConfig& config, std::initializer_list<const char*> names);

/// "sampling_rate" in hertz: even, since references halve it.
/// @throws Error{corrupt_data}.
int sampling_rate(const ProcessorConfig& config, int fallback);

/// The length of a Fourier transform: even, since references halve it.
/// @throws Error{corrupt_data}.
int fft_length(const ProcessorConfig& config, const std::string& key, int fallback);

}  // namespace ogam
