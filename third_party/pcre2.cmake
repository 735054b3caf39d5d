pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
