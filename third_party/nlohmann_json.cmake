find_package(nlohmann_json REQUIRED)
