#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/cancellation.h"
#include "core/hub/url.h"

namespace ogam::hub {

struct HttpRequest {
  std::string method = "GET";  ///< or "HEAD"
  Url url;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// The head of an answer.
struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers = {};

  /// The first header of this name, whatever its case; empty when there is none.
  std::string header(std::string_view name) const;
};

/// Who takes an answer's content.
struct BodyReceiver {
  /// Looks at the head; false: the content is not wanted, and the connection is closed.
  std::function<bool(const HttpResponse&)> accept;
  /// Called with the content in order, in pieces.
  std::function<void(std::string_view)> take;
};

/// A failure that may be gone at the next try.
class TemporaryFailure : public std::runtime_error {
 public:
  explicit TemporaryFailure(const std::string& message,
                            std::optional<std::chrono::seconds> wait = std::nullopt)
      : std::runtime_error(message), wait_(wait) {}

  /// How long the server asks to wait.
  std::optional<std::chrono::seconds> wait() const { return wait_; }

 private:
  std::optional<std::chrono::seconds> wait_;
};

/// What a person may do when a proxy answers 407.
inline constexpr const char* kProxyWantsPassword =
    "the proxy wants to know who asks; write http://NAME:PASSWORD@HOST:PORT into HTTPS_PROXY and "
    "HTTP_PROXY";

/// Sends one request, through the proxy that the environment names, and follows nothing. The
/// server's certificate is checked against the system's (or `SSL_CERT_FILE`).
/// @param timeout for connecting, and how long less than 1 kB a second may come.
/// @throws TemporaryFailure when the connection fails, Error{unavailable} when the certificate does
///     not hold or the proxy wants a password, Cancelled, and what `receiver` throws.
HttpResponse send_request(const HttpRequest& request, std::chrono::seconds timeout,
                          const CancellationToken& cancel, const BodyReceiver& receiver);

}  // namespace ogam::hub
