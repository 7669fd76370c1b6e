# cmake -C .cmake/afl.cmake -S . -B build/afl
set(INITLAB_FLAVOUR afl CACHE STRING "" FORCE)
set(CMAKE_C_COMPILER afl-clang-fast CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS "-O2 -g -fno-omit-frame-pointer" CACHE STRING "")
