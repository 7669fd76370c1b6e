# Programs of `make bench`: each compares with a floor or a peer in the same run and prints ratios. No test is timed.
function(initlab_bench name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  target_link_libraries(${name} PRIVATE initlab_options ${ARG_LIBS})
endfunction()

# The property engine: with sanitizers too, which have a goal of their own.
initlab_bench(bench_prop SOURCES bench/bench_prop.c LIBS initlab_runner)
if(NOT INITLAB_FLAVOUR STREQUAL "release")
  return()
endif()

initlab_bench(bench_run SOURCES bench/bench_run.c LIBS ${JANSSON_STATIC})
initlab_bench(floor SOURCES bench/floor.c)
initlab_static_program(floor)
initlab_bench(bench_seal SOURCES bench/bench_seal.c LIBS initlab_core)
initlab_static_program(bench_seal)
initlab_bench(bench_seccomp SOURCES bench/bench_seccomp.c LIBS initlab_core)
