# Its headers; the library itself is opened when something is to be spoken (decoders/audio/espeak.cpp).
pkg_check_modules(ESPEAK_NG REQUIRED espeak-ng)
add_library(ogam_espeak_ng INTERFACE)
target_include_directories(ogam_espeak_ng SYSTEM INTERFACE ${ESPEAK_NG_INCLUDE_DIRS})
