# labrun as a program, on the real kernel. As an ordinary user what needs root is skipped by name.
function(initlab_labrun_test name)
  initlab_unit_test(labrun_${name} LABEL container SOURCES labrun/test_${name}.c labrun/fixture.c LIBS ${JANSSON_STATIC} ${ARGN})
  add_dependencies(test_labrun_${name} labrun)
  target_compile_definitions(test_labrun_${name} PRIVATE LABRUN="$<TARGET_FILE:labrun>")
endfunction()

foreach(name cli life crash payload hostile seccomp rootless userns surroundings)
  initlab_labrun_test(${name})
endforeach()
target_sources(test_labrun_rootless PRIVATE labrun/ordinary.c)
initlab_labrun_test(steps)
target_sources(test_labrun_steps PRIVATE labrun/steps_seen.c labrun/hold.c labrun/ordinary.c)
initlab_labrun_test(exec)
initlab_labrun_test(exec_errors)
initlab_labrun_test(features)
initlab_labrun_test(freeze)

initlab_labrun_test(hooks)
add_executable(hook_observer labrun/hook_observer.c)
target_link_libraries(hook_observer PRIVATE initlab_options)
set_target_properties(hook_observer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
initlab_payload_program(hook_observer)
add_dependencies(test_labrun_hooks hook_observer)
target_compile_definitions(test_labrun_hooks PRIVATE OBSERVER="$<TARGET_FILE:hook_observer>")

add_executable(seccomp_probe labrun/seccomp_probe.c)
target_link_libraries(seccomp_probe PRIVATE initlab_options)
set_target_properties(seccomp_probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
initlab_payload_program(seccomp_probe)
add_dependencies(test_labrun_seccomp seccomp_probe)
target_compile_definitions(test_labrun_seccomp PRIVATE PROBE="$<TARGET_FILE:seccomp_probe>"
  ENGINE_PROFILE="${CMAKE_SOURCE_DIR}/corpus/seeds/spec_parse/seccomp-engine.json")
add_test(NAME labrun-soak COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/labrun/soak $<TARGET_FILE:labrun>)
set_tests_properties(labrun-soak PROPERTIES LABELS container TIMEOUT 900 SKIP_RETURN_CODE 77)

# only the release build makes documents
if(INITLAB_FLAVOUR STREQUAL release)
  add_test(NAME labrun-documents COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/labrun/documents ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  set_tests_properties(labrun-documents PROPERTIES LABELS tool TIMEOUT 60)
endif()

initlab_labrun_test(seal)
add_executable(attacker labrun/attacker.c ${CMAKE_SOURCE_DIR}/sandbox/exe_attack.c)
target_link_libraries(attacker PRIVATE initlab_options)
set_target_properties(attacker PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
initlab_payload_program(attacker)
add_dependencies(test_labrun_seal attacker)
target_compile_definitions(test_labrun_seal PRIVATE ATTACKER="$<TARGET_FILE:attacker>")

# Wrong input: every field of config.json, every option.
initlab_labrun_test(bad_config)
target_sources(test_labrun_bad_config PRIVATE core/made_config.c ${CMAKE_SOURCE_DIR}/props/models/spec_rules.c)
initlab_labrun_test(bad_options initlab_core)
