# The executor of real containers, its scenarios and its judge.
initlab_unit_test(scenario SOURCES sandbox/test_scenario.c LIBS initlab_judge)
target_compile_definitions(test_scenario PRIVATE SCENARIOS="${CMAKE_SOURCE_DIR}/corpus/scenarios")
initlab_unit_test(judge SOURCES sandbox/test_judge.c LIBS initlab_judge)
initlab_unit_test(judge_env SOURCES sandbox/test_judge_env.c LIBS initlab_judge)
initlab_unit_test(observation SOURCES sandbox/test_observation.c LIBS initlab_judge)
initlab_unit_test(known SOURCES sandbox/test_known.c LIBS initlab_judge)
