find_package(CURL 7.85 REQUIRED)
