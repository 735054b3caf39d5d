#include "core/hub/http.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>

#include "core/base/error.h"
#include "core/base/version.h"
#include "core/hub/settings.h"

namespace ogam::hub {

namespace {

constexpr long kSlowest = 1000;  // bytes a second
constexpr int kPollMilliseconds = 100;
constexpr long kBuffer = 256L << 10;
constexpr std::size_t kMaxHeaders = 256U << 10;
constexpr int kProxyAuthentication = 407;

/// Keeps SIGPIPE, which a write to a closed connection raises, from this thread: OpenSSL sends
/// without MSG_NOSIGNAL, and a library may not change what the program does with signals.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec now{};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &now) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

template <typename T, auto Free>
struct Deleter {
  void operator()(T* handle) const { Free(handle); }
};
using Easy = std::unique_ptr<CURL, Deleter<CURL, &curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Deleter<CURLM, &curl_multi_cleanup>>;
using Lines = std::unique_ptr<curl_slist, Deleter<curl_slist, &curl_slist_free_all>>;

bool same_but_for_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

/// What libcurl reports about one answer. Exceptions wait here until they may leave its callbacks.
class Answer {
 public:
  explicit Answer(const BodyReceiver& receiver) : receiver_(receiver) {}

  const HttpResponse& head() const { return head_; }
  bool is_unwanted() const { return unwanted_; }
  bool has_too_many_headers() const { return header_bytes_ > kMaxHeaders; }
  void rethrow() const {
    if (thrown_) {
      std::rethrow_exception(thrown_);
    }
  }

  /// One line of a head, or of what may follow the content.
  static std::size_t take_header(const char* data, std::size_t one, std::size_t size, void* self) {
    auto* const answer = static_cast<Answer*>(self);
    return answer->guarded([&] { return answer->add_header({data, one * size}); }) ? one * size : 0;
  }

  static std::size_t take_content(const char* data, std::size_t one, std::size_t size, void* self) {
    auto* const answer = static_cast<Answer*>(self);
    return answer->guarded([&] {
      answer->receiver_.take({data, one * size});
      return true;
    })
               ? one * size
               : 0;
  }

 private:
  template <typename Action>
  bool guarded(const Action& action) {
    try {
      return action();
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  bool add_header(std::string_view line) {
    constexpr std::string_view kBlanks = " \t\r\n";
    header_bytes_ += line.size();
    if (has_too_many_headers()) {
      return false;
    }
    if (is_complete_) {
      return true;  // behind the content
    }
    if (line.starts_with("HTTP/")) {  // also after an interim answer
      head_ = {};
      const auto blank = std::min(line.find(' ') + 1, line.size());
      std::from_chars(line.data() + blank, line.data() + line.size(), head_.status);
      return true;
    }
    if (line.find_first_not_of(kBlanks) == std::string_view::npos) {
      is_complete_ = head_.status >= 200;
      unwanted_ = is_complete_ && !receiver_.accept(head_);
      return !unwanted_;
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      std::string_view value = line.substr(colon + 1);
      value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
      value = value.substr(0, value.find_last_not_of(kBlanks) + 1);
      head_.headers.emplace_back(line.substr(0, colon), value);
    }
    return true;
  }

  const BodyReceiver& receiver_;
  HttpResponse head_;
  std::size_t header_bytes_ = 0;
  bool is_complete_ = false;
  bool unwanted_ = false;
  std::exception_ptr thrown_;
};

Easy make_transfer(const HttpRequest& request, std::chrono::seconds timeout, const Lines& lines,
                   Answer& answer, char* message) {
  Easy easy(curl_easy_init());
  require(easy != nullptr, ErrorCode::internal, "libcurl could not be set up");
  const auto set = [&](CURLoption option, auto value) {
    const CURLcode code = curl_easy_setopt(easy.get(), option, value);
    require(code == CURLE_OK, ErrorCode::internal, "libcurl refuses option {}: {}",
            static_cast<int>(option), curl_easy_strerror(code));
  };
  const auto seconds = static_cast<long>(timeout.count());
  set(CURLOPT_URL, request.url.text().c_str());
  set(CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
  set(CURLOPT_HTTPHEADER, lines.get());
  set(CURLOPT_USERAGENT, fmt::format("ogam/{}", kVersion).c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_PATH_AS_IS, 1L);  // signatures are made over it
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, seconds);
  set(CURLOPT_LOW_SPEED_TIME, seconds);
  set(CURLOPT_LOW_SPEED_LIMIT, kSlowest);
  set(CURLOPT_BUFFERSIZE, kBuffer);
  set(CURLOPT_ERRORBUFFER, message);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADERFUNCTION, &Answer::take_header);
  set(CURLOPT_HEADERDATA, &answer);
  set(CURLOPT_WRITEFUNCTION, &Answer::take_content);
  set(CURLOPT_WRITEDATA, &answer);
  // libcurl does not read this one, and HTTP_PROXY in small letters alone.
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    set(CURLOPT_CAINFO, file);
  }
  if (const std::string proxy = proxy_for(request.url); !proxy.empty()) {
    set(CURLOPT_PROXY, proxy.c_str());
  }
  return easy;
}

/// Runs the transfer to its end. @throws Cancelled within a tenth of a second.
CURLcode perform(CURL* easy, const CancellationToken& cancel) {
  const Multi multi(curl_multi_init());
  require(multi != nullptr && curl_multi_add_handle(multi.get(), easy) == CURLM_OK,
          ErrorCode::internal, "libcurl could not be set up");
  const std::unique_ptr<CURL, std::function<void(CURL*)>> added(
      easy, [&](CURL* handle) { curl_multi_remove_handle(multi.get(), handle); });
  for (;;) {
    cancel.check();
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi.get(), &running);
    require(code == CURLM_OK, ErrorCode::internal, "libcurl: {}", curl_multi_strerror(code));
    int left = 0;
    if (const CURLMsg* done = curl_multi_info_read(multi.get(), &left); done != nullptr) {
      return done->data.result;
    }
    curl_multi_poll(multi.get(), nullptr, 0, kPollMilliseconds, nullptr);
  }
}

[[noreturn]] void fail_for(CURLcode code, CURL* easy, const Url& url, const std::string& message) {
  long proxy_status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  require(proxy_status != kProxyAuthentication, ErrorCode::unavailable, "{}", kProxyWantsPassword);
  require(code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE,
          ErrorCode::unavailable,
          "the certificate of {} cannot be trusted ({}); install ca-certificates, or set "
          "SSL_CERT_FILE to the certificates of whoever stands between",
          url.host, message);
  throw TemporaryFailure(fmt::format("{}:{}: {}", url.host, url.port, message));
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
    return same_but_for_case(header.first, name);
  });
  return found == headers.end() ? "" : found->second;
}

HttpResponse send_request(const HttpRequest& request, std::chrono::seconds timeout,
                          const CancellationToken& cancel, const BodyReceiver& receiver) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  require(initialized == CURLE_OK, ErrorCode::internal, "libcurl could not be set up");
  const NoBrokenPipe no_broken_pipe;
  Lines lines(curl_slist_append(nullptr, "Accept-Encoding: identity"));
  for (const auto& [name, value] : request.headers) {
    lines.reset(curl_slist_append(lines.release(), fmt::format("{}: {}", name, value).c_str()));
  }
  Answer answer(receiver);
  char message[CURL_ERROR_SIZE] = "";
  const Easy easy = make_transfer(request, timeout, lines, answer, message);
  const CURLcode code = perform(easy.get(), cancel);
  answer.rethrow();
  if (code == CURLE_OK || answer.is_unwanted()) {
    return answer.head();
  }
  fail_for(code, easy.get(), request.url,
           answer.has_too_many_headers() ? "the answer has headers without end"
           : code == CURLE_OUT_OF_MEMORY ? "the answer has a header without end, or memory is out"
           : *message != '\0'            ? message
                                         : curl_easy_strerror(code));
}

}  // namespace ogam::hub
