# cmake -C .cmake/coverage.cmake -S . -B build/coverage
set(INITLAB_FLAVOUR coverage CACHE STRING "" FORCE)
set(CMAKE_C_COMPILER clang-14 CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS "-O0 -g -fprofile-instr-generate -fcoverage-mapping" CACHE STRING "")
