#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "core/hub/url.h"

namespace ogam::hub {

/// The cache of models: `HF_HUB_CACHE`, or `HF_HOME`/hub, or ~/.cache/huggingface/hub.
/// @throws Error{unavailable} when not even HOME is set.
std::filesystem::path cache_folder();

/// What the environment says about the hub, in the variables that Python's huggingface_hub reads.
struct Settings {
  Url endpoint;                 ///< `HF_ENDPOINT`, else https://huggingface.co
  std::filesystem::path cache;  ///< see cache_folder
  std::string token;  ///< `HF_TOKEN`, else what the file `HF_TOKEN_PATH` or `HF_HOME`/token holds
  bool offline = false;                                    ///< `HF_HUB_OFFLINE`
  std::chrono::seconds timeout = std::chrono::seconds(0);  ///< `HF_HUB_DOWNLOAD_TIMEOUT`, else 10

  /// @throws Error{invalid_argument} naming the variable that makes no sense.
  static Settings from_environment();
};

/// The proxy for requests to `url`: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, else `ALL_PROXY`,
/// in small letters too, unless `NO_PROXY` lists the host ("*", "host", "host:port", ".domain").
/// @throws Error{unsupported} for a proxy that is not spoken to in plain HTTP,
/// Error{invalid_argument}
///     when the variable holds no address.
std::optional<Url> proxy_for(const Url& url);

}  // namespace ogam::hub
