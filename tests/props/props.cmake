initlab_unit_test(pt SOURCES props/test_pt.c LIBS initlab_properties)

# Properties that are wrong on purpose, and what the runner says of them.
add_executable(planted_prop ${CMAKE_SOURCE_DIR}/props/runner/main.c ${CMAKE_SOURCE_DIR}/props/runner/hunt.c
  ${CMAKE_SOURCE_DIR}/props/runner/run.c props/planted.c)
set_target_properties(planted_prop PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(planted_prop PRIVATE initlab_runner)
add_test(NAME prop-runner COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/props/runner $<TARGET_FILE:planted_prop>)
set_tests_properties(prop-runner PROPERTIES LABELS unit TIMEOUT 60)

# The properties themselves, with random cases.
add_test(NAME properties COMMAND prop run)
set_tests_properties(properties PROPERTIES LABELS prop TIMEOUT 300
  ENVIRONMENT INITLAB_DIR=${CMAKE_BINARY_DIR}/tests/initlab)

# The shrinker on the problems of the public shrinking challenge: each of 100 seeds comes to the known minimum.
add_executable(shrink shrink/main.c shrink/challenges.c)
target_link_libraries(shrink PRIVATE initlab_pt)
set_target_properties(shrink PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME shrink COMMAND shrink 100)
set_tests_properties(shrink PROPERTIES LABELS prop TIMEOUT 120)
