# cmake -C .cmake/afl.cmake -S . -B build/afl
# Without sanitizers: they make it 2 to 3 times slower, and what it keeps is replayed in the libfuzzer flavour, with them.
set(INITLAB_FLAVOUR afl CACHE STRING "" FORCE)
set(CMAKE_C_COMPILER afl-clang-fast CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS "-O2 -g -fno-omit-frame-pointer" CACHE STRING "")
# AFL++ 4.04's own PCGUARD pass miscounts the guards of selects: the program then counts outside of the map and crashes
# by itself, on the config parser with nearly every malformed UTF-8. LLVM's pass is as fast here.
set(CMAKE_C_COMPILER_LAUNCHER env AFL_LLVM_INSTRUMENT=LLVM-NATIVE CACHE STRING "")
