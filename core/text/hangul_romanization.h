#pragma once

#include <string>
#include <string_view>

namespace ogam {

/// Hangul in Latin letters as uroman writes it, letter by letter and without regard to sound
/// changes ("신라" is "sinra"): what MMS-TTS's Korean voice was trained on. Other Latin letters
/// lose their diacritics; what is no letter stays as it is. Source: Hermjakob et al. 2018,
/// "Out-of-the-box universal romanization tool uroman"; the table is what its version 1.3.1 gives
/// for each of the 11,172 syllables.
///
/// @param text valid UTF-8.
/// @throws Error{unsupported} naming a letter of another script, for which uroman's data would be
///     needed.
std::string romanize_hangul(std::string_view text);

}  // namespace ogam
