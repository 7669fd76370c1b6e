initlab_unit_test(pt SOURCES props/test_pt.c LIBS initlab_properties)

# Properties that are wrong on purpose, and what the runner says of them.
set(planted_source planted.c)
foreach(name planted_prop planted_moved example_prop)
  if(name STREQUAL "example_prop")
    set(planted_source example.c)
  endif()
  add_executable(${name} ${CMAKE_SOURCE_DIR}/props/runner/main.c ${CMAKE_SOURCE_DIR}/props/runner/commands.c
    ${CMAKE_SOURCE_DIR}/props/runner/hunt.c ${CMAKE_SOURCE_DIR}/props/runner/run.c ${CMAKE_SOURCE_DIR}/props/runner/saved.c
    props/${planted_source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE initlab_runner)
endforeach()
target_compile_definitions(planted_moved PRIVATE PLANTED_VERSION=2)
add_test(NAME prop-runner COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/props/runner $<TARGET_FILE:planted_prop>)
add_test(NAME prop-findings COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/props/findings
  $<TARGET_FILE:planted_prop> $<TARGET_FILE:planted_moved>)
add_test(NAME prop-example COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/props/example $<TARGET_FILE:example_prop>
  ${CMAKE_SOURCE_DIR}/README.md)
set_tests_properties(prop-runner prop-findings prop-example PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77)
initlab_unit_test(finding SOURCES props/test_finding.c LIBS initlab_runner)

# The properties themselves, with random cases, and with all small ones.
add_test(NAME properties COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/props/properties $<TARGET_FILE:prop> run)
# With sanitizers, which take their time, fewer of the small ones and of the seeds below.
set(small 20000)
set(seeds 100)
if(INITLAB_FLAVOUR STREQUAL "asan")
  set(small 3000)
  set(seeds 20)
endif()
add_test(NAME exhaust COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/props/properties $<TARGET_FILE:prop> exhaust --cases ${small})
set_tests_properties(properties PROPERTIES LABELS prop TIMEOUT 300
  ENVIRONMENT INITLAB_DIR=${CMAKE_BINARY_DIR}/tests/initlab)
set_tests_properties(exhaust PROPERTIES LABELS prop TIMEOUT 300
  ENVIRONMENT INITLAB_DIR=${CMAKE_BINARY_DIR}/tests/initlab-exhaust)

# The shrinker on the problems of the public shrinking challenge: each of 100 seeds comes to the known minimum.
add_executable(shrink shrink/main.c shrink/challenges.c)
target_link_libraries(shrink PRIVATE initlab_pt)
set_target_properties(shrink PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME shrink COMMAND shrink ${seeds})
set_tests_properties(shrink PROPERTIES LABELS prop TIMEOUT 120)
