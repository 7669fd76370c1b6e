# cmake -C .cmake/release.cmake -S . -B build
set(INITLAB_FLAVOUR release CACHE STRING "" FORCE)
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong" CACHE STRING "") # asserts stay on: no -DNDEBUG
