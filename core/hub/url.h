#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ogam::hub {

/// An http or https address in its parts.
struct Url {
  std::string scheme;     ///< "http" or "https"
  std::string host = {};  ///< lowercase; without the brackets of an IPv6 address
  int port = 0;
  std::string target = {};  ///< path and query, beginning with '/'

  /// Whether a secret that was meant for `other` may be sent here: same scheme, host and port.
  bool same_origin(const Url& other) const;

  std::string text() const;
};

/// Parses an absolute address; bytes outside printable ASCII are percent-encoded, a fragment is
/// left out.
/// @return nothing when it is not an http or https address, or carries a name or password.
std::optional<Url> parse_url(std::string_view text);

/// Where a redirect leads. `location` is absolute, or relative to `base` (RFC 3986, section 5.2,
/// for what servers send: "https://...", "//host/...", "/path", "path").
/// @return nothing when it makes no sense or leads from https to http.
std::optional<Url> follow(const Url& base, std::string_view location);

/// `text` with every byte percent-encoded but letters, digits, "-_.~" and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = "");

}  // namespace ogam::hub
