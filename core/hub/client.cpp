#include "core/hub/client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>
#include <thread>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam::hub {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMaxFailures = 5;
constexpr int kMaxRedirects = 10;
constexpr milliseconds kFirstWait(500);
constexpr std::int64_t kYear = std::int64_t{365} * 24 * 3600;
constexpr seconds kLongestWait(300);
constexpr std::uint64_t kProgress = 1'000'000;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_temporary(int status) { return status == 408 || status == 429 || status >= 500; }

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
std::optional<seconds> retry_after(const HttpResponse& response) {
  const std::string value = response.header("Retry-After");
  std::int64_t number = 0;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (!value.empty() && parsed.ec == std::errc() && parsed.ptr == value.data() + value.size()) {
    return seconds(std::clamp<std::int64_t>(number, 0, kYear));
  }
  std::tm date{};
  if (::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) != nullptr) {
    return seconds(std::max<std::time_t>(::timegm(&date) - std::time(nullptr), 0));
  }
  return std::nullopt;
}

}  // namespace

void Retries::wait(const TemporaryFailure& failure, std::uint64_t gained) {
  failures_ = gained >= kProgress ? 1 : failures_ + 1;
  require(failures_ < kMaxFailures, ErrorCode::unavailable,
          "{} ({} times); check the network and run the same command again: what came is kept",
          failure.what(), failures_);
  milliseconds pause = kFirstWait * (1 << (failures_ - 1));
  if (failure.wait()) {
    require(*failure.wait() <= kLongestWait, ErrorCode::unavailable,
            "{}; the server asks to come back in {} s", failure.what(), failure.wait()->count());
    pause = *failure.wait();
  }
  if (on_note_) {
    on_note_(fmt::format("{}; trying again in {:.1f} s", failure.what(),
                         std::chrono::duration<double>(pause).count()));
  }
  const auto end = std::chrono::steady_clock::now() + pause;
  while (std::chrono::steady_clock::now() < end) {
    cancel_.check();
    std::this_thread::sleep_for(milliseconds(50));
  }
}

Client::Client(Settings settings, CancellationToken cancel,
               std::function<void(const std::string&)> on_note)
    : settings_(std::move(settings)), cancel_(std::move(cancel)), on_note_(std::move(on_note)) {}

Url Client::url(std::string_view path) const {
  Url url = settings_.endpoint;
  url.target += path;
  return url;
}

HttpResponse Client::send_once(HttpRequest request, const BodyReceiver& receiver) const {
  if (!settings_.token.empty() && request.url.same_origin(settings_.endpoint)) {
    request.headers.emplace_back("Authorization", "Bearer " + settings_.token);
  }
  HttpResponse response = send_request(request, settings_.timeout, cancel_, receiver);
  if (is_temporary(response.status)) {
    throw TemporaryFailure(fmt::format("{} answered {}", request.url.host, response.status),
                           retry_after(response));
  }
  return response;
}

HttpResponse Client::send(HttpRequest request, const BodyReceiver& receiver, Beyond beyond) const {
  const BodyReceiver final_one = {.accept =
                                      [&](const HttpResponse& head) {
                                        return receiver.accept(head) && !is_redirect(head.status);
                                      },
                                  .take = receiver.take};
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    HttpResponse response = send_once(request, final_one);
    if (!is_redirect(response.status)) {
      return response;
    }
    const auto next = follow(request.url, response.header("Location"));
    require(next.has_value(), ErrorCode::unavailable, "{} redirects to '{}', which is not followed",
            request.url.host, display_path(response.header("Location")));
    if (beyond == Beyond::stop && !next->same_origin(settings_.endpoint)) {
      return response;
    }
    request.url = *next;
  }
  fail(ErrorCode::unavailable, "{} redirects more than {} times", request.url.host, kMaxRedirects);
}

HttpResponse Client::head(std::string_view path) const {
  Retries retries(cancel_, on_note_);
  for (;;) {
    try {
      return send(
          {.method = "HEAD", .url = url(path)},
          {.accept = [](const HttpResponse&) { return false; }, .take = [](std::string_view) {}},
          Beyond::stop);
    } catch (const TemporaryFailure& failure) {
      retries.wait(failure);
    }
  }
}

std::string Client::get(std::string_view path, std::size_t max_bytes,
                        HttpResponse& response) const {
  Retries retries(cancel_, on_note_);
  for (;;) {
    std::string content;
    try {
      response = send({.url = url(path)},
                      {.accept = [](const HttpResponse& head) { return head.status == 200; },
                       .take =
                           [&](std::string_view piece) {
                             require(content.size() + piece.size() <= max_bytes,
                                     ErrorCode::resource_exhausted,
                                     "the answer of {} is larger than {} bytes",
                                     settings_.endpoint.host, max_bytes);
                             content += piece;
                           }});
      return content;
    } catch (const TemporaryFailure& failure) {
      retries.wait(failure);
    }
  }
}

}  // namespace ogam::hub
