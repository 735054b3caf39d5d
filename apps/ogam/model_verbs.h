#pragma once

namespace ogam {

/// Opens the library of model verbs, found beside the program or where it is installed, and runs a
/// verb there.
/// @param arguments the program's, with the verb at index 1.
/// @return the verb's exit status; 5 with a message when the library cannot be opened.
int run_model_verb(int count, char** arguments);

}  // namespace ogam
