#pragma once

#include <span>
#include <string>

namespace ogam {

// Verbs that need no model, in `ogam` itself.
int run_archive(std::span<const std::string> arguments);
int run_models(std::span<const std::string> arguments);

// Verbs that compute, in the library of model verbs.
int run_ask(std::span<const std::string> arguments);
int run_caption(std::span<const std::string> arguments);
int run_chapters(std::span<const std::string> arguments);
int run_doctor(std::span<const std::string> arguments);
int run_embed(std::span<const std::string> arguments);
int run_generate(std::span<const std::string> arguments);
int run_generate_speech(std::span<const std::string> arguments);
int run_generate_text(std::span<const std::string> arguments);
int run_generate_video(std::span<const std::string> arguments);
int run_highlights(std::span<const std::string> arguments);
int run_index(std::span<const std::string> arguments);
int run_models_pack(std::span<const std::string> arguments);
int run_models_show(std::span<const std::string> arguments);
int run_search(std::span<const std::string> arguments);
int run_shots(std::span<const std::string> arguments);
int run_summarize(std::span<const std::string> arguments);
int run_transcribe(std::span<const std::string> arguments);

}  // namespace ogam
