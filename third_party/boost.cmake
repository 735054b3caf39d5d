find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
