#include "core/hub/http.h"

#include <fmt/format.h>
#include <httplib.h>
#include <signal.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "core/base/error.h"
#include "core/base/version.h"
#include "core/hub/settings.h"
#include "core/hub/socket_watch.h"

namespace ogam::hub {

namespace {

constexpr int kPatience = 3;  // times the timeout

/// Keeps SIGPIPE, which a write to a closed connection raises, from this thread: httplib sends
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

HttpResponse head_of(const httplib::Response& response) {
  return {.status = response.status, .headers = {response.headers.begin(), response.headers.end()}};
}

std::unique_ptr<httplib::ClientImpl> client_for(const Url& url, std::chrono::seconds timeout) {
  std::unique_ptr<httplib::ClientImpl> client;
  if (url.scheme == "https") {
    client = std::make_unique<httplib::SSLClient>(url.host, url.port);
  } else {
    client = std::make_unique<httplib::ClientImpl>(url.host, url.port);
  }
  require(client->is_valid(), ErrorCode::internal, "OpenSSL could not be set up for {}", url.host);
  client->set_connection_timeout(timeout);
  client->set_read_timeout(timeout);
  client->set_write_timeout(timeout);
  client->set_url_encode(false);  // it is encoded, and signatures are made over it as it is
  client->set_decompress(false);
  if (const auto proxy = proxy_for(url)) {
    client->set_proxy(proxy->host, proxy->port);
    if (!proxy->userinfo.empty()) {
      const auto colon = std::min(proxy->userinfo.find(':'), proxy->userinfo.size());
      client->set_proxy_basic_auth(
          percent_decode(proxy->userinfo.substr(0, colon)),
          percent_decode(proxy->userinfo.substr(std::min(colon + 1, proxy->userinfo.size()))));
    }
  }
  return client;
}

[[noreturn]] void fail_for(httplib::Error error, const Url& url) {
  if (error == httplib::Error::SSLServerVerification || error == httplib::Error::SSLLoadingCerts) {
    fail(
        ErrorCode::unavailable,
        "the certificate of {} cannot be trusted; install ca-certificates, or set SSL_CERT_FILE to "
        "the certificates of whoever stands between",
        url.host);
  }
  const char* what = "the connection was cut";
  if (error == httplib::Error::Connection) {
    what = "cannot connect";
  } else if (error == httplib::Error::ConnectionTimeout) {
    what = "no connection in time";
  } else if (error == httplib::Error::SSLConnection) {
    what = "no encrypted connection";
  }
  throw TemporaryFailure(fmt::format("{}:{}: {}", url.host, url.port, what));
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
    return std::equal(header.first.begin(), header.first.end(), name.begin(), name.end(), same);
  });
  return found == headers.end() ? "" : found->second;
}

HttpResponse send_request(const HttpRequest& request, std::chrono::seconds timeout,
                          const CancellationToken& cancel, const BodyReceiver& receiver) {
  cancel.check();
  const NoBrokenPipe no_broken_pipe;
  const auto client = client_for(request.url, timeout);
  SocketWatch watch(cancel, kPatience * timeout);
  client->set_socket_options([&](int socket) { watch.opened(socket); });

  httplib::Request message;
  message.method = request.method;
  message.path = request.url.target;
  message.headers = {request.headers.begin(), request.headers.end()};
  message.headers.emplace("Accept-Encoding", "identity");
  message.headers.emplace("User-Agent", fmt::format("ogam/{}", kVersion));

  HttpResponse head;
  std::exception_ptr thrown;  // httplib is not made for exceptions that pass through it
  const auto guarded = [&](const auto& action) {
    try {
      return action();
    } catch (...) {
      thrown = std::current_exception();
      return false;
    }
  };
  bool unwanted = false;
  message.response_handler = [&](const httplib::Response& response) {
    watch.headers_done();
    return guarded([&] {
      head = head_of(response);
      unwanted = !receiver.accept(head);
      return !unwanted;
    });
  };
  message.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    watch.delivered(size);
    return guarded([&] {
      receiver.take({data, size});
      return !cancel.requested();
    });
  };

  const httplib::Result result = client->send(message);
  cancel.check();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  if (result) {
    return head_of(*result);
  }
  if (unwanted) {
    return head;
  }
  if (const std::string reason = watch.reason(); !reason.empty()) {
    throw TemporaryFailure(fmt::format("{}:{}: {}", request.url.host, request.url.port, reason));
  }
  fail_for(result.error(), request.url);
}

}  // namespace ogam::hub
