#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/vector_output.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/thread_budget.h"
#include "core/media/kind.h"
#include "core/text/unicode.h"
#include "pipelines/embedding.h"
#include "pipelines/input_files.h"

namespace ogam {

namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("text", po::value<std::vector<std::string>>()->value_name("TEXT")->composing(),
       "a text, whatever it looks like; may be repeated")  //
      ("model", po::value<std::string>()->value_name("ID|DIR"),
       "a model that was pulled, or a model folder, instead of the pack's")  //
      ("lane", po::value<std::string>()->value_name("LANE"),
       "the pack's lane whose space the vectors are of (default: by the kind of input)")  //
      ("output", po::value<std::string>()->value_name("NAME"),
       "which of the model's outputs (default: its first)")  //
      ("prompt", po::value<std::string>()->value_name("NAME"),
       "what the model writes before texts: query, document, or a name of its own")      //
      ("dim", po::value<int>()->value_name("N"), "cut vectors to their first N values")  //
      ("normalize", po::value<bool>()->value_name("yes|no")->default_value(true, "yes"),
       "bring cut vectors back to length 1")  //
      ("precision",
       po::value<std::string>()->value_name("float32|bfloat16")->default_value("float32"),
       "in which the model of --model computes")  //
      ("sample-fps", po::value<double>()->value_name("F")->default_value(1.0),
       "frames a second of a video, for models that see pictures")  //
      ("out,o", po::value<std::string>()->value_name("FILE"),
       "write to FILE.jsonl, .npy or .safetensors instead of JSON lines to stdout");
  return options;
}

/// A word of the command line, or a line of stdin.
struct Input {
  std::string text;
  bool is_file = false;
  std::optional<Error> error = {};  // of a folder that could not be read
};

/// Files and folders are those that are there; what looks like the name of a file and is not there
/// is a slip, and everything else a text.
std::vector<Input> inputs_of(const CommandLine& line, const CancellationToken& cancellation) {
  std::vector<Input> inputs;
  for (const std::string& word : line.words()) {
    std::error_code ignored;
    if (word == "-") {
      for (std::string text; std::getline(std::cin, text);) {
        inputs.push_back({std::move(text)});
      }
    } else if (fs::exists(word, ignored) || word.find('/') != std::string::npos ||
               has_media_extension(word)) {
      for (InputFile& file : find_input_files({word}, cancellation)) {
        inputs.push_back({file.path.string(), true, std::move(file.error)});
      }
    } else {
      inputs.push_back({word});
    }
  }
  for (const std::string& text : line.get_or<std::vector<std::string>>("text", {})) {
    inputs.push_back({text});
  }
  return inputs;
}

/// What makes the vectors of each kind of input.
class Embedders {
 public:
  Embedders(const CommandLine& line, const CancellationToken& cancellation)
      : lane_(line.get_or<std::string>("lane", "")),
        output_(line.get_or<std::string>("output", "")) {
    options_.dimension = line.get_or<int>("dim", 0);
    options_.normalize = line.get<bool>("normalize");
    options_.sample_fps = line.get<double>("sample-fps");
    options_.cancellation = cancellation;
    const auto precision = line.get<std::string>("precision");
    require(precision == "float32" || precision == "bfloat16", ErrorCode::invalid_argument,
            "--precision is float32 or bfloat16, not '{}'", precision);
    require(!line.has("model") || !line.has("lane"), ErrorCode::invalid_argument,
            "--lane names a lane of the pack; with --model there is none");
    require(line.has("model") || !line.has("prompt"), ErrorCode::invalid_argument,
            "--prompt is for the models of --model; the pack's own texts need none");
    if (line.has("model")) {
      const auto model = EmbeddingModel::load(line.get<std::string>("model"),
                                              precision == "bfloat16" ? at::kBFloat16 : at::kFloat);
      only_ = std::make_unique<Embedder>(
          embedding_source(model, output_, line.get_or<std::string>("prompt", "")), options_);
    } else {
      pack_.emplace(Pack::open(line.common().pack));
      if (!lane_.empty()) {
        only_ = std::make_unique<Embedder>(embedding_source(*pack_, Lane::parse(lane_), output_),
                                           options_);
      }
    }
  }

  /// Whose vectors an input gets where nothing was asked for by name.
  /// @throws errors of reading the file.
  Lane::Value lane_of(const Input& input) const {
    const bool by_kind = only_ == nullptr && input.is_file;
    return by_kind ? lane_of(detect_media_kind(input.text)) : Lane::text;
  }

  const Embedder& of(Lane::Value lane) {
    if (only_ != nullptr) {
      return *only_;
    }
    auto& made = by_lane_[lane];
    if (made == nullptr) {
      made = std::make_unique<Embedder>(embedding_source(*pack_, lane, output_), options_);
    }
    return *made;
  }

 private:
  static Lane::Value lane_of(MediaKind kind) {
    switch (kind) {
      case MediaKind::video:
      case MediaKind::image:
        return Lane::visual;
      case MediaKind::audio:
        return Lane::sound;
      case MediaKind::text:
      case MediaKind::subtitles:
        break;
    }
    return Lane::text;
  }

  std::string lane_;
  std::string output_;
  EmbedOptions options_;
  std::optional<Pack> pack_;
  std::unique_ptr<Embedder> only_;
  std::map<Lane::Value, std::unique_ptr<Embedder>> by_lane_;
};

/// Runs over the inputs: texts that follow each other go together, files one by one.
class Job {
 public:
  Job(const CommandLine& line, Embedders& embedders, VectorOutput& output)
      : line_(line), embedders_(embedders), output_(output), bar_(line.common()) {}

  /// @return how many inputs failed.
  int run(const std::vector<Input>& inputs) {
    int failed = 0;
    for (std::size_t i = 0; i < inputs.size();) {
      std::size_t end = i + 1;
      while (!inputs[i].is_file && end < inputs.size() && !inputs[end].is_file) {
        ++end;
      }
      bar_.show({.path = inputs[i].is_file ? inputs[i].text : "",
                 .files_done = i,
                 .files_total = inputs.size(),
                 .message = {}});
      if (!embed(std::span(inputs).subspan(i, end - i))) {
        failed += static_cast<int>(end - i);
      }
      i = end;
    }
    bar_.clear();
    return failed;
  }

 private:
  /// What is wrong with an input is reported; what is wrong with the command ends it.
  bool embed(std::span<const Input> inputs) {
    const Input& first = inputs.front();
    return attempt(first,
                   [&] {
                     if (first.error) {
                       throw Error(*first.error);
                     }
                     lane_ = embedders_.lane_of(first);
                   }) &&
           embed_in_lane(inputs);
  }

  bool embed_in_lane(std::span<const Input> inputs) {
    const Embedder& embedder = embedders_.of(lane_);
    output_.begin(embedder.source().space);
    const auto sink = [&](const EmbeddedInput& embedding) {
      bar_.clear();
      output_.add(embedding);
    };
    const Input& first = inputs.front();
    return attempt(first, [&] {
      if (first.is_file) {
        embedder.file(first.text, sink);
        return;
      }
      std::vector<std::string> texts;
      texts.reserve(inputs.size());
      for (const Input& input : inputs) {
        texts.push_back(to_nfc(repair_utf8(input.text)));
      }
      embedder.texts(texts, sink);
    });
  }

  template <typename Work>
  bool attempt(const Input& input, const Work& work) {
    try {
      work();
      return true;
    } catch (const Error& error) {
      report(input.text, error);
      return false;
    }
  }

  void report(const std::string& input, const Error& error) {
    bar_.clear();
    const std::string message = describe(error);
    if (line_.common().json) {
      print_json({{"input", display_path(input)},
                  {"error", error_json(error_code_name(error.code()), message)}});
    } else {
      fmt::print(stderr, "failed   {}\n", printable(message));
    }
  }

  const CommandLine& line_;
  Embedders& embedders_;
  VectorOutput& output_;
  ProgressBar bar_;
  Lane::Value lane_ = Lane::text;
};

}  // namespace

int run_embed(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "embed INPUT... [OPTIONS]",
       .description =
           "Makes vectors of texts, files and folders: one for a text or a picture, one for each "
           "window of a\nsound, one for each sampled frame of a video (or one for all of it, where "
           "the model sees videos).\nAn INPUT that is no file is a text; '-' reads texts from "
           "stdin, one a line.",
       .examples = "  ogam embed \"빨간 자동차\" car.jpg\n"
                   "  ogam embed photos/ --lane visual -o photos.npy\n"
                   "  ogam embed --model google/siglip2-base-patch16-256 \"a red car\" photos/\n"
                   "  ogam embed - --model intfloat/multilingual-e5-base --prompt query < lines\n",
       .positionals = -1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty() || line.has("text"), ErrorCode::invalid_argument,
          "name what to embed: a text, a file, a folder, or - for lines of stdin");
  const auto output = make_vector_output(line.get_or<std::string>("out", ""));
  const CancellationToken cancellation = cancellation_by_signals();
  at::set_num_threads(ThreadBudget(line.common().threads).size());  // one model works at a time
  Embedders embedders(line, cancellation);
  const std::vector<Input> inputs = inputs_of(line, cancellation);
  require(!inputs.empty(), ErrorCode::invalid_argument, "there is nothing to embed in {}",
          line.words().empty() ? "the texts" : display_path(line.words().front()));
  Job job(line, embedders, *output);
  const int failed = job.run(inputs);
  const bool all_failed = failed == static_cast<int>(inputs.size());
  if (!all_failed) {
    output->finish();
  }
  if (line.has("out") && !line.common().quiet && !all_failed) {
    fmt::print(stderr, "Written: {}\n", line.get<std::string>("out"));
  }
  return failed > 0 ? kSomeFailed : kDone;
}

}  // namespace ogam
