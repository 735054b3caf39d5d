#include "archive/fts_tokenizer.h"

#include <sqlite3.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string_view>

#include "core/base/error.h"
#include "core/text/lexical_tokens.h"

namespace ogam {

namespace {

using TokenCallback = int (*)(void*, int, const char*, int, int, int);

int create_tokenizer(void*, const char**, int, Fts5Tokenizer** tokenizer) {
  // There is no state, but FTS5 takes a null pointer for a failure.
  static char stateless;
  *tokenizer = reinterpret_cast<Fts5Tokenizer*>(&stateless);
  return SQLITE_OK;
}

void delete_tokenizer(Fts5Tokenizer*) {}

int tokenize(Fts5Tokenizer*, void* context, int flags, const char* text, int size,
             TokenCallback callback) {
  try {
    const auto use = (flags & FTS5_TOKENIZE_QUERY) != 0 ? TokenUse::query : TokenUse::index;
    for (const LexicalWord& word : lexical_words({text, static_cast<std::size_t>(size)})) {
      for (const std::string& token : word_tokens(word, use)) {
        // Offsets serve FTS5's highlighting, which is not used: the whole text stands for each.
        const int status =
            callback(context, 0, token.data(), static_cast<int>(token.size()), 0, size);
        if (status != SQLITE_OK) {
          return status;
        }
      }
    }
    return SQLITE_OK;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception&) {
    return SQLITE_ERROR;
  }
}

fts5_api* find_fts5(sqlite3* connection) {
  fts5_api* api = nullptr;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
    sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
  return api;
}

}  // namespace

void register_fts_tokenizer(sqlite3* connection) {
  fts5_api* const api = find_fts5(connection);
  require(api != nullptr && api->iVersion >= 2, ErrorCode::unavailable,
          "this build of SQLite ({}) has no FTS5; install the distribution's libsqlite3",
          sqlite3_libversion());
  fts5_tokenizer tokenizer{&create_tokenizer, &delete_tokenizer, &tokenize};
  const int status = api->xCreateTokenizer(api, "ogam_words", nullptr, &tokenizer, nullptr);
  require(status == SQLITE_OK, ErrorCode::internal, "cannot register the tokenizer: {}",
          sqlite3_errstr(status));
}

}  // namespace ogam
