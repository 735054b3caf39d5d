#include "pipelines/text_writer.h"

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/hub/model_card.h"
#include "core/hub/pull.h"
#include "core/pack/manifest.h"
#include "core/tensor/checkpoint.h"
#include "core/tensor/model_files.h"
#include "decoders/text/grammar_token_constraint.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTask = "text-generation";
/// Packs that are taken when none is named, the better one first.
constexpr std::array<const char*, 2> kWriterPacks = {"writer", "writer-small"};

at::ScalarType precision_of(const fs::path& folder) {
  const auto file = folder / "config.json";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    return at::kFloat;
  }
  const Json config = read_json_file(file);
  const auto origin = display_path(file);
  const auto older = json_value_or<std::string>(config, "torch_dtype", origin, "float32");
  const auto dtype = json_value_or<std::string>(config, "dtype", origin, older);
  return dtype == "bfloat16" ? at::kBFloat16 : at::kFloat;
}

LanguageModel load_model(const fs::path& folder) {
  const c10::InferenceMode inference;
  Checkpoint checkpoint(folder, precision_of(folder));
  return LanguageModel(checkpoint);
}

std::vector<std::string> marks_of(const Tokenizer& tokenizer,
                                  const std::vector<std::string>& bytes) {
  std::vector<std::string> marks;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto id = static_cast<std::int32_t>(i);
    if (bytes[i].empty()) {
      // A mark of one character could be any text.
      auto mark = tokenizer.decode({&id, 1}, {.skip_special_tokens = false});
      if (mark.size() > 1 && tokenizer.token_id(mark) == id) {
        marks.push_back(std::move(mark));
      }
    }
  }
  return marks;
}

}  // namespace

TextWriter::TextWriter(const fs::path& folder, Label label)
    : label_(std::move(label)),
      model_(load_model(folder)),
      tokenizer_(folder),
      chat_(ModelChat::open(folder)),
      token_bytes_(token_bytes(tokenizer_)),
      generator_(model_, tokenizer_) {
  marks_ = marks_of(tokenizer_, token_bytes_);
}

std::string TextWriter::without_marks(std::string text) const {
  for (const std::string& mark : marks_) {
    const std::string broken = fmt::format("{} {}", mark.front(), mark.substr(1));
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      text.replace(at, mark.size(), broken);
    }
  }
  return text;
}

Tokenizer::Ids TextWriter::prompt_of(std::span<const ChatTurn> turns) const {
  if (!chat_) {
    require(
        turns.size() == 1 && turns.front().role == "user", ErrorCode::unsupported,
        "the model {} has no chat template: it goes on from one text, and takes no instructions "
        "and no conversation; name a model that was trained to follow them",
        name());
    return tokenizer_.encode(without_marks(turns.front().text));
  }
  Json messages = Json::array();
  for (const ChatTurn& turn : turns) {
    messages.push_back({{"role", turn.role}, {"content", without_marks(turn.text)}});
  }
  return tokenizer_.encode(chat_->render(messages), {.add_special_tokens = false});
}

std::int64_t TextWriter::count_tokens(std::string_view text) const {
  return std::ssize(tokenizer_.encode(text, {.add_special_tokens = false}));
}

std::int64_t TextWriter::count_tokens(std::span<const ChatTurn> turns) const {
  return std::ssize(prompt_of(turns));
}

GeneratedText TextWriter::write(const WritingRequest& request) {
  auto config = request.generation;
  config.constraint = nullptr;
  const auto prompt = prompt_of(request.turns);
  if (!request.grammar) {
    return generator_.generate(prompt, config);
  }
  if (!table_) {
    const auto& ends = model_.eos_token_ids();
    table_ = std::make_shared<const TokenTable>(std::exchange(token_bytes_, {}),
                                                std::vector<std::int32_t>(ends.begin(), ends.end()),
                                                name());
  }
  GrammarTokenConstraint constraint(request.grammar, table_);
  config.constraint = &constraint;
  return generator_.generate(prompt, config);
}

namespace {

/// Loads a folder; an error names the model, and those of LibTorch are ours.
std::unique_ptr<TextWriter> load(const fs::path& folder, TextWriter::Label label) {
  try {
    return std::make_unique<TextWriter>(folder, label);
  } catch (const Error& error) {
    std::throw_with_nested(
        Error(error.code(), fmt::format("the language model {} cannot be loaded", label.name)));
  } catch (const c10::Error& error) {  // a weight that no check of ours knew to refuse
    fail(ErrorCode::corrupt_data, "the language model {} cannot be loaded: {}", label.name,
         error.what_without_backtrace());
  }
}

std::unique_ptr<TextWriter> load_folder(const fs::path& folder, const std::string& name) {
  const auto licence = hub::folder_licence(folder).name;
  return load(folder, {display_path(name), licence.empty() ? "unknown" : licence});
}

std::unique_ptr<TextWriter> load_gguf(const fs::path& file, const std::string& name) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const auto files = other_weight_files(folder);
  const bool is_read = std::any_of(files.begin(), files.end(), [&](const fs::path& other) {
    return other.filename() == file.filename();
  });
  require(is_read, ErrorCode::unsupported,
          "{} is no GGUF file, or lies beside weights of another format; put the GGUF file (or a "
          "link to it) into a folder of its own",
          display_path(file));
  return load_folder(folder, name);
}

std::unique_ptr<TextWriter> load_pack(const fs::path& folder) {
  const auto pack = read_pack(folder);
  const auto task = pack.tasks.find(kTask);
  require(task != pack.tasks.end(), ErrorCode::unavailable,
          "the pack {} has no language model: no task '{}'; one that has is built with: {}",
          pack.name, kTask, pack_building_command(kWriterPacks.front()));
  const auto& model = pack.model(task->second);
  try {
    return load(model.folder, {pack.name + "/" + model.id, model.licence});
  } catch (const Error&) {
    std::throw_with_nested(
        Error(ErrorCode::unavailable, fmt::format("the pack {} is damaged; mend it with: {}",
                                                  pack.name, pack.mending_command())));
  }
}

bool is_pack(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "pack.json", ignored);
}

std::unique_ptr<TextWriter> open_first_installed() {
  for (const auto* const name : kWriterPacks) {
    if (const auto folder = ogam_home() / "packs" / name; is_pack(folder)) {
      return load_pack(folder);
    }
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<TextWriter> open_writer(const std::string& name) {
  if (name.empty()) {
    return open_first_installed();
  }
  if (name == kNoWriter) {
    return nullptr;
  }
  std::error_code ignored;
  if (fs::is_regular_file(name, ignored)) {
    return load_gguf(name, name);
  }
  const bool may_be_installed = is_plain_pack_name(name);
  if (is_pack(name) || (may_be_installed && is_pack(ogam_home() / "packs" / name))) {
    return load_pack(find_pack(name));
  }
  if (may_be_installed && !fs::is_directory(name, ignored) &&
      std::find(kWriterPacks.begin(), kWriterPacks.end(), name) != kWriterPacks.end()) {
    find_pack(name);  // names the command that builds it
  }
  return load_folder(hub::resolve_model(name), name);
}

}  // namespace ogam
