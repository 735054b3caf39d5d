find_package(fmt REQUIRED)
