#include "archive/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "archive/fts_tokenizer.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr int kBusyMilliseconds = 10'000;

[[noreturn]] void fail_sqlite(sqlite3* connection, const std::filesystem::path& file, int status) {
  const int system_error = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  // After a write that failed, SQLite rolls back and may lose the reason; want of room is the usual
  // one.
  const bool no_space = system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG ||
                        (status == SQLITE_IOERR_WRITE && system_error == 0);
  const std::string reason =
      connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(status);
  const std::string shown = display_path(file);
  switch (status & 0xFF) {
    case SQLITE_FULL:
      fail(ErrorCode::resource_exhausted, "no space left for {}; free some and run again", shown);
    case SQLITE_IOERR:
      require(!no_space, ErrorCode::resource_exhausted,
              "no space left for {}; free some and run again", shown);
      fail(ErrorCode::inaccessible, "cannot read or write {}: {} (status {}, {})", shown, reason,
           status, std::strerror(system_error));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      fail(
          ErrorCode::corrupt_data,
          "{} is damaged: {}; `ogam archive verify` lists what is, and indexing into a new archive "
          "mends it",
          shown, reason);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail(ErrorCode::inaccessible, "{} is held by another process; try again when it is done",
           shown);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      fail(ErrorCode::inaccessible,
           "{} cannot be opened for this: {}; check that the folder exists and may be written to",
           shown, reason);
    case SQLITE_NOMEM:
      fail(ErrorCode::resource_exhausted, "out of memory while reading {}", shown);
    case SQLITE_CONSTRAINT:
      fail(ErrorCode::corrupt_data, "{} refused contradictory content: {}", shown, reason);
    default:
      fail(ErrorCode::internal, "{}: {} (status {})", shown, reason, status);
  }
}

/// "file:/a%20folder/catalog.sqlite?immutable=1"
std::string immutable_uri(const std::filesystem::path& file) {
  const std::filesystem::path whole = std::filesystem::absolute(file);
  std::string uri = "file:";
  for (const char c : whole.native()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '-' || c == '_' || c == '.';
    uri += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

}  // namespace

Rows::Rows(Rows&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), owned_(other.owned_) {}

Rows::~Rows() {
  if (statement_ == nullptr) {
    return;
  }
  if (owned_) {
    sqlite3_finalize(statement_);
  } else {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
}

void Rows::fail_statement(int status) const {
  sqlite3* const connection = sqlite3_db_handle(statement_);
  const char* const file = sqlite3_db_filename(connection, "main");
  fail_sqlite(connection, file != nullptr ? file : "catalog", status);
}

void Rows::bind(int index, std::int64_t value) {
  if (const int status = sqlite3_bind_int64(statement_, index, value); status != SQLITE_OK) {
    fail_statement(status);
  }
}

void Rows::bind(int index, double value) {
  if (const int status = sqlite3_bind_double(statement_, index, value); status != SQLITE_OK) {
    fail_statement(status);
  }
}

void Rows::bind(int index, std::string_view value) {
  // A null pointer would be SQL NULL, not the empty text.
  const char* const data = value.data() != nullptr ? value.data() : "";
  const int status =
      sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (status != SQLITE_OK) {
    fail_statement(status);
  }
}

void Rows::bind(int index, Blob value) {
  const void* const data = value.data() != nullptr ? static_cast<const void*>(value.data()) : "";
  const int status = sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_TRANSIENT);
  if (status != SQLITE_OK) {
    fail_statement(status);
  }
}

bool Rows::next() {
  const int status = sqlite3_step(statement_);
  if (status != SQLITE_ROW && status != SQLITE_DONE) {
    fail_statement(status);
  }
  return status == SQLITE_ROW;
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

double Rows::real(int column) const { return sqlite3_column_double(statement_, column); }

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::string Rows::text(int column) const {
  const Blob bytes = blob(column);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Blob Rows::blob(int column) const {
  const auto* const data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return {data, data != nullptr ? static_cast<std::size_t>(size) : 0};
}

std::size_t Rows::size(int column, std::size_t limit) const {
  const std::int64_t value = integer(column);
  require(value >= 0 && static_cast<std::uint64_t>(value) <= limit, ErrorCode::corrupt_data,
          "the catalog is damaged: '{}' is {}, expected 0 to {}",
          sqlite3_column_name(statement_, column), value, limit);
  return static_cast<std::size_t>(value);
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

void Database::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Database::Database(std::filesystem::path file, Mode mode) : file_(std::move(file)) {
  const int access = mode == Mode::create || mode == Mode::scratch
                         ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                     : mode == Mode::write ? SQLITE_OPEN_READWRITE
                                           : SQLITE_OPEN_READONLY;
  const std::string name = mode == Mode::immutable ? immutable_uri(file_)
                           : mode == Mode::scratch ? std::string()
                                                   : std::filesystem::absolute(file_).string();
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(
      name.c_str(), &opened,
      access | SQLITE_OPEN_FULLMUTEX | (mode == Mode::immutable ? SQLITE_OPEN_URI : 0), nullptr);
  connection_.reset(opened);
  if (status != SQLITE_OK) {
    fail_sqlite(opened, file_, status);
  }
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  // The catalog may come from anywhere: nothing in its schema is to be trusted.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  register_fts_tokenizer(opened);
  script("PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;");
  if (mode == Mode::create || mode == Mode::write) {
    script("PRAGMA synchronous=FULL;");
  }
}

bool Database::read_only() const { return sqlite3_db_readonly(handle(), "main") != 0; }

Rows Database::prepare(std::string_view sql) const {
  constexpr int kLongestSql = 1 << 20;
  require(sql.size() < kLongestSql, ErrorCode::internal, "an SQL statement of {} bytes",
          sql.size());
  auto& kept = statements_[std::string(sql)];
  if (kept != nullptr && sqlite3_stmt_busy(kept.get()) == 0) {
    return {kept.get(), false};
  }
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  // Every statement is this project's own: one that does not fit means other tables than its own.
  require((status & 0xFF) != SQLITE_ERROR, ErrorCode::corrupt_data,
          "{} is damaged: its tables are not those of an archive ({}); put a copy of it back, or "
          "index into a new archive",
          display_path(file_), sqlite3_errmsg(handle()));
  if (status != SQLITE_OK) {
    fail_sqlite(handle(), file_, status);
  }
  if (kept == nullptr) {
    kept.reset(statement);
    return {statement, false};
  }
  return {statement, true};  // the kept one is running: this one lives as long as its rows
}

void Database::script(const char* sql) const {
  if (const int status = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
      status != SQLITE_OK) {
    fail_sqlite(handle(), file_, status);
  }
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle()); }

void Database::copy_from(const Database& source) {
  sqlite3_backup* const backup = sqlite3_backup_init(handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    fail_sqlite(handle(), source.file(), sqlite3_errcode(handle()));
  }
  const int status = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (status != SQLITE_DONE) {
    fail_sqlite(nullptr, source.file(), status);
  }
}

Transaction::Transaction(const Database& database, Kind kind) : database_(database) {
  database_.execute(kind == Kind::writing ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (open_ && sqlite3_get_autocommit(database_.handle()) == 0) {
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace ogam
