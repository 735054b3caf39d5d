if(OGAM_TESTS)
  find_package(GTest REQUIRED)
endif()
