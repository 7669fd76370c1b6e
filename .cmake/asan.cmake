# cmake -C .cmake/asan.cmake -S . -B build/asan
set(INITLAB_FLAVOUR asan CACHE STRING "" FORCE)
set(CMAKE_C_COMPILER clang-14 CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all" CACHE STRING "")
