# cmake -C .cmake/libfuzzer.cmake -S . -B build/libfuzzer
set(INITLAB_FLAVOUR libfuzzer CACHE STRING "" FORCE)
set(CMAKE_C_COMPILER clang-14 CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" CACHE STRING "")
