#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/cancellation.h"
#include "core/hub/http.h"
#include "core/hub/settings.h"

namespace ogam::hub {

/// Counts the failures of one task and waits before each new try: half a second, then twice as long
/// each time, or as long as the server asks.
class Retries {
 public:
  Retries(CancellationToken cancel, std::function<void(const std::string&)> on_note)
      : cancel_(std::move(cancel)), on_note_(std::move(on_note)) {}

  /// Waits before the next try.
  /// @param gained bytes by which the failed try came further: after a megabyte the count begins
  ///     again.
  /// @throws Error{unavailable} after five failures, or when the server asks for more than five
  ///     minutes; Cancelled.
  void wait(const TemporaryFailure& failure, std::uint64_t gained = 0);

 private:
  CancellationToken cancel_;
  std::function<void(const std::string&)> on_note_;
  int failures_ = 0;
};

/// What happens to a redirect that leads away from the hub's own address.
enum class Beyond { follow, stop };

/// Requests to the hub and to where it redirects them.
class Client {
 public:
  Client(Settings settings, CancellationToken cancel,
         std::function<void(const std::string&)> on_note);

  const Settings& settings() const { return settings_; }

  Retries retries() const { return {cancel_, on_note_}; }

  /// An address on the hub. @param path encoded, beginning with '/'.
  Url url(std::string_view path) const;

  /// Sends a request once and follows redirects. The token goes to the hub's own address alone.
  /// @param beyond stop: the answer that leads away from the hub is the final one.
  /// @param receiver sees the final answer and, in `accept`, also those that redirect.
  /// @return the final answer, of any status but those below.
  /// @throws TemporaryFailure for the statuses 408, 429 and 5xx too; Error{unavailable} for
  /// redirects
  ///     that lead nowhere.
  HttpResponse send(HttpRequest request, const BodyReceiver& receiver,
                    Beyond beyond = Beyond::follow) const;

  /// The head of a file's answer from the hub itself, which knows size and hash, with new tries.
  HttpResponse head(std::string_view path) const;

  /// The content of an answer with status 200, of at most `max_bytes`, with new tries.
  /// @param response receives the head; for other statuses the content is left out.
  std::string get(std::string_view path, std::size_t max_bytes, HttpResponse& response) const;

 private:
  HttpResponse send_once(HttpRequest request, const BodyReceiver& receiver) const;

  Settings settings_;
  CancellationToken cancel_;
  std::function<void(const std::string&)> on_note_;
};

}  // namespace ogam::hub
