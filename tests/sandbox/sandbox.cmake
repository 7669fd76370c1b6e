# The executor of real containers, its scenarios and its judge.
initlab_unit_test(scenario SOURCES sandbox/test_scenario.c LIBS initlab_judge)
target_compile_definitions(test_scenario PRIVATE SCENARIOS="${CMAKE_SOURCE_DIR}/corpus/scenarios")
initlab_unit_test(judge SOURCES sandbox/test_judge.c LIBS initlab_judge)
initlab_unit_test(judge_env SOURCES sandbox/test_judge_env.c LIBS initlab_judge)
initlab_unit_test(judge_host SOURCES sandbox/test_judge_host.c LIBS initlab_judge)
initlab_unit_test(judge_hooks SOURCES sandbox/test_judge_hooks.c LIBS initlab_judge)
initlab_unit_test(judge_life SOURCES sandbox/test_judge_life.c LIBS initlab_judge)
initlab_unit_test(judge_terminal SOURCES sandbox/test_judge_terminal.c LIBS initlab_judge)
initlab_unit_test(world SOURCES sandbox/test_world.c LIBS initlab_executor)
initlab_unit_test(observation SOURCES sandbox/test_observation.c LIBS initlab_judge)
initlab_unit_test(history SOURCES sandbox/test_history.c LIBS initlab_judge)
target_compile_definitions(test_history PRIVATE SOURCES="${CMAKE_SOURCE_DIR}")
initlab_unit_test(known SOURCES sandbox/test_known.c LIBS initlab_judge)

# Real containers: the executor against a runtime with one fault, and every scenario with every runtime that is there.
if(INITLAB_FLAVOUR STREQUAL "release")
  initlab_unit_test(check LABEL container SOURCES sandbox/test_check.c LIBS initlab_executor)
  target_compile_definitions(test_check PRIVATE CHECK="$<TARGET_FILE:check>" LABRUN="$<TARGET_FILE:labrun>"
    FAKE="${CMAKE_CURRENT_SOURCE_DIR}/sandbox/fake-runtime")
  add_dependencies(test_check check labrun)
  add_test(NAME check-all COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/sandbox/check-all $<TARGET_FILE:check>)
  set_tests_properties(check-all PROPERTIES LABELS container TIMEOUT 300 SKIP_RETURN_CODE 77)
endif()
