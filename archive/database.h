#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace ogam {

using Blob = std::span<const std::byte>;

/// The rows of a running statement: `while (rows.next()) use(rows.integer(0))`.
class Rows {
 public:
  Rows(sqlite3_stmt* statement, bool owned) : statement_(statement), owned_(owned) {}
  ~Rows();
  Rows(Rows&& other) noexcept;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  Rows& operator=(Rows&&) = delete;

  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view value);
  void bind(int index, Blob value);

  /// Steps to the next row; false behind the last one.
  bool next();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  Blob blob(int column) const;  ///< valid until the next step
  bool is_null(int column) const;

  /// A count or an index.
  /// @throws Error{corrupt_data} when it is negative or above `limit`.
  std::size_t size(int column, std::size_t limit = SIZE_MAX / 2) const;

 private:
  [[noreturn]] void fail_statement(int status) const;

  sqlite3_stmt* statement_;
  bool owned_;
};

/// One connection to the catalog. Statements are prepared once and kept.
///
/// Every function throws Error: resource_exhausted when the disk is full, inaccessible when another
/// process is in the way or the file cannot be written, corrupt_data when it is damaged.
class Database {
 public:
  enum class Mode {
    create,     ///< read and write; made when it is not there
    write,      ///< read and write; must be there
    read,       ///< only read
    immutable,  ///< only read, from a folder where not even a lock can be written
    scratch,    ///< a private temporary database
  };

  Database(std::filesystem::path file, Mode mode);

  const std::filesystem::path& file() const { return file_; }
  sqlite3* handle() const { return connection_.get(); }
  bool read_only() const;

  /// A statement with its parameters bound in order.
  template <typename... Args>
  Rows query(std::string_view sql, const Args&... args) const {
    Rows rows = prepare(sql);
    int index = 0;
    (rows.bind(++index, as_parameter(args)), ...);
    return rows;
  }

  /// Runs a statement to its end.
  template <typename... Args>
  void execute(std::string_view sql, const Args&... args) const {
    Rows rows = query(sql, args...);
    while (rows.next()) {
    }
  }

  /// Runs several statements without parameters.
  void script(const char* sql) const;

  std::int64_t last_row() const;

  /// Makes this database a copy of `source` as it is at this moment.
  void copy_from(const Database& source);

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  template <typename T>
  static auto as_parameter(const T& value) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<std::int64_t>(value);
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return std::string_view(value);
    } else {
      return Blob(value);
    }
  }

  Rows prepare(std::string_view sql) const;

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> connection_;
  mutable std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

/// A transaction that is undone unless it is committed.
class Transaction {
 public:
  enum class Kind { reading, writing };
  Transaction(const Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  const Database& database_;
  bool open_ = true;
};

}  // namespace ogam
