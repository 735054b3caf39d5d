#include "core/hub/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ogam::hub {

namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr int kMaxPort = 65535;
constexpr std::string_view kLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return result;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char letter) {
    const auto byte = static_cast<unsigned char>(letter);
    return byte < 0x20 || byte == 0x7F;
  });
}

int default_port(const std::string& scheme) { return scheme == "https" ? kHttpsPort : kHttpPort; }

/// Takes "host", "host:port" or "[address]:port" apart; false when it is none of these.
bool parse_authority(std::string_view authority, Url& url) {
  std::string_view host = authority;
  std::string_view port;
  const auto bracket = authority.find(']');
  if (authority.starts_with('[') && bracket != std::string_view::npos) {
    host = authority.substr(1, bracket - 1);
    port = authority.substr(bracket + 1);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos ||
        (!port.empty() && port.front() != ':')) {
      return false;
    }
    port = port.empty() ? port : port.substr(1);
  } else {
    const auto colon = authority.find(':');
    host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
    if (host.find_first_not_of(std::string(kLetters) + "-._") != std::string_view::npos) {
      return false;
    }
  }
  url.host = lower(host);
  url.port = default_port(url.scheme);
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size()) {
      return false;
    }
  }
  return !url.host.empty() && url.port >= 1 && url.port <= kMaxPort;
}

/// `target` without its fragment, and without what may not stand in a request line.
std::string clean_target(std::string_view target) {
  std::string result;
  for (const char letter : target.substr(0, target.find('#'))) {
    const auto byte = static_cast<unsigned char>(letter);
    result += byte > 0x20 && byte < 0x7F ? std::string(1, letter) : fmt::format("%{:02X}", byte);
  }
  return result.starts_with('/') ? result : "/" + result;
}

}  // namespace

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

std::string Url::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}", scheme, is_ipv6 ? "[" + host + "]" : host,
                     port == default_port(scheme) ? "" : fmt::format(":{}", port), target);
}

std::optional<Url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || has_control(text)) {
    return std::nullopt;
  }
  Url url{.scheme = lower(text.substr(0, colon))};
  if (url.scheme != "http" && url.scheme != "https") {
    return std::nullopt;
  }
  std::string_view rest = text.substr(colon + 3);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  if (!parse_authority(rest.substr(0, end), url)) {
    return std::nullopt;
  }
  url.target = clean_target(rest.substr(end));
  return url;
}

std::optional<Url> follow(const Url& base, std::string_view location) {
  if (location.empty() || has_control(location)) {
    return std::nullopt;
  }
  std::optional<Url> url;
  const std::string_view head = location.substr(0, location.find_first_of("/?#"));
  if (head.find(':') != std::string_view::npos) {  // it has a scheme
    url = parse_url(location);
  } else if (location.starts_with("//")) {
    url = parse_url(base.scheme + ":" + std::string(location));
  } else {
    url = base;
    const std::string path = base.target.substr(0, base.target.find('?'));
    if (location.starts_with('/')) {
      url->target = clean_target(location);
    } else if (location.starts_with('?')) {
      url->target = clean_target(path + std::string(location));
    } else {
      url->target = clean_target(path.substr(0, path.rfind('/') + 1) + std::string(location));
    }
  }
  const bool is_downgrade = url && base.scheme == "https" && url->scheme == "http";
  return url && !is_downgrade ? url : std::nullopt;
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string result;
  for (const char letter : text) {
    const bool plain = kLetters.find(letter) != std::string_view::npos ||
                       std::string_view("-_.~").find(letter) != std::string_view::npos ||
                       keep.find(letter) != std::string_view::npos;
    result +=
        plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return result;
}

}  // namespace ogam::hub
