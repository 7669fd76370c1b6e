# Mechanical mutants of core: `make mutants`.
add_executable(mutants mutants/main.c mutants/mutate.c mutants/plant.c mutants/rows.c mutants/tokens.c)
target_link_libraries(mutants PRIVATE initlab_tool ${JANSSON_STATIC})
set_target_properties(mutants PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

initlab_unit_test(mutants SOURCES mutants/test_mutants.c mutants/mutate.c mutants/rows.c mutants/tokens.c LIBS initlab_tool)
add_test(NAME mutants-bounded COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants/bounded ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(mutants-bounded PROPERTIES LABELS prop TIMEOUT 600 SKIP_RETURN_CODE 77)
