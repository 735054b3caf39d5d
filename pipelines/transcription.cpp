#include "pipelines/transcription.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/reader.h"
#include "pipelines/speech_windows.h"

namespace ogam {
namespace {

constexpr std::size_t kWindowsToListenTo = 3;  // for the language, until it is clear
constexpr double kClearLanguage = 0.5;
constexpr std::chrono::milliseconds kPatience(50);

/// Keeps the models single-threaded on the calling thread, as ThreadBudget wants it.
class SingleThreaded {
 public:
  SingleThreaded() { at::set_num_threads(1); }
  ~SingleThreaded() { at::set_num_threads(before_); }
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_ = at::get_num_threads();
};

}  // namespace

/// Note: [Windows, workers and slots]
/// The caller finds speech and fills windows; whoever is free recognises them. A worker takes a
/// slot first and a window then, so that a window that was taken is always being worked on. A
/// caller that finds the queue full, or waits for the end, recognises windows itself under the slot
/// it may hold; it only ever waits for windows that somebody is working on. Hence no order of slots
/// and windows can lock up.
struct TranscriptionSession::State {
  struct Task {
    std::size_t index = 0;
    SpeechWindow window;
    std::vector<KeyValues> sound;  // where it was needed for the language already
  };

  State(std::shared_ptr<const SpeechRecognizer> recognizer_in,
        const TranscriptionOptions& options_in, ThreadBudget* budget_in,
        CancellationToken cancellation_in)
      : recognizer(std::move(recognizer_in)),
        options(options_in),
        budget(budget_in),
        cancellation(std::move(cancellation_in)),
        builder(recognizer->voice_activity(), window_options(*recognizer)) {
    recognizer->check(options);
    if (options.language != "auto") {
      language = options.language;
    }
    for (int i = 0; i < options.workers; ++i) {
      workers.emplace_back([this] { work(); });
    }
  }

  ~State() {
    {
      const std::lock_guard lock(mutex);
      closed = true;
      queue.clear();
    }
    stopping.request();
    changed.notify_all();
    for (auto& worker : workers) {
      worker.join();
    }
  }

  static SpeechWindowOptions window_options(const SpeechRecognizer& recognizer) {
    SpeechWindowOptions options;
    options.max_samples = recognizer.window_samples();
    options.voice_activity.max_speech =
        std::max(options.max_samples - 5 * options.padding, options.max_samples / 2);
    return options;
  }

  /// Takes in new windows; holds them back until the language is known.
  void add(std::vector<SpeechWindow> windows, bool at_end) {
    for (auto& window : windows) {
      unheard.push_back({next_index++, std::move(window), {}});
      if (language.empty()) {
        listen_for_language(unheard.back());
      }
    }
    if (language.empty() && at_end && !unheard.empty()) {
      const std::lock_guard lock(mutex);
      language = likeliest_language();
    }
    if (!language.empty()) {
      for (auto& task : std::exchange(unheard, {})) {
        submit(std::move(task));
      }
    }
  }

  void listen_for_language(Task& task) {
    cancellation.check();
    task.sound = recognizer->listen(task.window.samples);
    for (const auto& heard : recognizer->detect_language(task.sound)) {
      language_scores[heard.code] += heard.probability;
    }
    ++windows_listened_to;
    const auto likeliest = likeliest_language();
    if (language_scores[likeliest] >= kClearLanguage * static_cast<double>(windows_listened_to) ||
        windows_listened_to >= kWindowsToListenTo) {
      const std::lock_guard lock(mutex);
      language = likeliest;
    }
  }

  std::string likeliest_language() const {
    return std::max_element(language_scores.begin(), language_scores.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

  void submit(Task task) {
    {
      const std::lock_guard lock(mutex);
      queue.push_back(std::move(task));
    }
    changed.notify_all();
    for (;;) {
      std::optional<Task> mine;
      {
        const std::lock_guard lock(mutex);
        rethrow_failure();
        if (queue.size() > workers.size()) {
          mine = take();
        }
      }
      if (!mine) {
        return;
      }
      recognize(std::move(*mine));
    }
  }

  /// The next task; the mutex is held.
  std::optional<Task> take() {
    if (queue.empty()) {
      return std::nullopt;
    }
    std::optional<Task> task(std::move(queue.front()));
    queue.pop_front();
    ++in_work;
    return task;
  }

  void recognize(Task task) {
    std::vector<TimedText> utterances;
    std::exception_ptr error;
    try {
      cancellation.check();
      stopping.check();
      utterances = recognizer->recognize(task.window, std::move(task.sound), language, options,
                                         cancellation);
    } catch (...) {
      error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex);
      --in_work;
      done[task.index] = std::move(utterances);
      if (error != nullptr && failure == nullptr) {
        failure = error;
      }
    }
    changed.notify_all();
  }

  void work() {
    at::set_num_threads(1);  // the setting belongs to the thread
    for (;;) {
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return closed || !queue.empty(); });
        if (closed) {
          return;
        }
      }
      std::unique_ptr<ThreadBudget::Slot> slot;
      if (budget != nullptr && (slot = budget->wait_for_slot(kPatience)) == nullptr) {
        continue;  // the session may have ended meanwhile
      }
      std::optional<Task> task;
      {
        const std::lock_guard lock(mutex);
        task = take();
      }
      if (task) {
        recognize(std::move(*task));
      }
    }
  }

  /// Works until nothing is left; the caller has ended the stream.
  void drain() {
    for (;;) {
      std::optional<Task> mine;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return !queue.empty() || in_work == 0 || failure != nullptr; });
        rethrow_failure();
        mine = take();
        if (!mine && in_work == 0) {
          return;
        }
      }
      if (mine) {
        recognize(std::move(*mine));
      }
    }
  }

  /// The mutex is held.
  void rethrow_failure() const {
    if (failure != nullptr) {
      std::rethrow_exception(failure);
    }
  }

  std::vector<TimedText> collect() {
    const std::lock_guard lock(mutex);
    rethrow_failure();
    std::vector<TimedText> utterances;
    for (auto found = done.find(next_result); found != done.end();
         found = done.find(++next_result)) {
      std::move(found->second.begin(), found->second.end(), std::back_inserter(utterances));
      done.erase(found);
    }
    return utterances;
  }

  std::shared_ptr<const SpeechRecognizer> recognizer;
  TranscriptionOptions options;
  ThreadBudget* budget;
  CancellationToken cancellation;
  SpeechWindowBuilder builder;
  std::vector<Task> unheard;  // waiting for the language
  std::map<std::string, double> language_scores;
  std::size_t windows_listened_to = 0;
  std::size_t next_index = 0;

  std::mutex mutex;  // over what follows
  std::condition_variable changed;
  std::string language;  // written by the caller before any task is queued
  std::deque<Task> queue;
  std::size_t in_work = 0;
  std::map<std::size_t, std::vector<TimedText>> done;
  std::size_t next_result = 0;
  std::exception_ptr failure;
  bool closed = false;
  CancellationToken stopping;
  std::vector<std::thread> workers;
};

TranscriptionSession::TranscriptionSession(std::shared_ptr<const SpeechRecognizer> recognizer,
                                           const TranscriptionOptions& options,
                                           ThreadBudget* budget, CancellationToken cancellation)
    : state_(std::make_unique<State>(std::move(recognizer), options, budget,
                                     std::move(cancellation))) {}

TranscriptionSession::~TranscriptionSession() = default;

void TranscriptionSession::push(std::span<const float> samples) {
  state_->cancellation.check();
  state_->add(state_->builder.push(samples), /*at_end=*/false);
}

std::vector<TimedText> TranscriptionSession::poll() { return state_->collect(); }

std::vector<TimedText> TranscriptionSession::finish() {
  state_->cancellation.check();
  state_->add(state_->builder.finish(), /*at_end=*/true);
  state_->drain();
  return state_->collect();
}

std::string TranscriptionSession::language() const {
  const std::lock_guard lock(state_->mutex);
  return state_->language;
}

Transcript transcribe_file(const std::shared_ptr<const SpeechRecognizer>& recognizer,
                           const std::filesystem::path& path, const TranscriptionOptions& options,
                           ThreadBudget* budget, const CancellationToken& cancellation,
                           const std::function<void(Time, Time)>& on_time) {
  const SingleThreaded single_threaded;
  ReadOptions read_options;
  read_options.frames.kind = FrameSelection::Kind::none;
  read_options.sample_rate = SileroVad::kSampleRate;
  MediaReader reader(path, read_options);
  require(reader.info().audio.has_value(), ErrorCode::unsupported, "{} has no sound to transcribe",
          display_path(path));
  TranscriptionSession session(recognizer, options, budget, cancellation);
  Transcript transcript;
  const auto keep = [&](std::vector<TimedText> utterances) {
    std::move(utterances.begin(), utterances.end(), std::back_inserter(transcript.utterances));
  };
  while (const auto event = reader.next()) {
    const auto* chunk = std::get_if<AudioChunk>(&*event);
    if (chunk == nullptr) {
      continue;
    }
    session.push(chunk->samples);
    keep(session.poll());
    transcript.duration =
        chunk->time + static_cast<Time>(chunk->samples.size()) * kSecond / SileroVad::kSampleRate;
    if (on_time) {
      on_time(transcript.duration, reader.info().duration);
    }
  }
  keep(session.finish());
  transcript.report = reader.report();
  transcript.language = transcript.utterances.empty() ? std::string() : session.language();
  return transcript;
}

}  // namespace ogam
