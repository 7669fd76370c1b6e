# Planted faults. Each NAME.patch is applied to a copy of the sources it touches; these are compiled and linked, ahead
# of core's archive, into a second property program and a second labrun under faults/NAME/ of the build directory.
# Nothing of this is part of a normal build: the test fault-build makes target `faults`, going on after a patch that
# doesn't apply or compile, so that such a patch fails its own test and no other.

# initlab_fault_program(TARGET CLEAN OUT-DIR FILE...): the program CLEAN with the files (relative to the sources) replaced
function(initlab_fault_program target clean out)
  get_target_property(folder ${clean} SOURCE_DIR)
  get_target_property(sources ${clean} SOURCES)
  set(faulty)
  foreach(file ${ARGN})
    list(APPEND faulty ${out}/src/${file})
  endforeach()
  set(others)
  foreach(source ${sources})
    if(NOT source MATCHES "^[$]<")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
      cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE relative)
      if(relative IN_LIST ARGN)
        continue()
      endif()
    endif()
    list(APPEND others ${source})
  endforeach()
  add_executable(${target} EXCLUDE_FROM_ALL ${faulty} ${others})
  foreach(property LINK_LIBRARIES LINK_OPTIONS COMPILE_DEFINITIONS COMPILE_OPTIONS INCLUDE_DIRECTORIES)
    get_target_property(value ${clean} ${property})
    if(value)
      set_property(TARGET ${target} PROPERTY ${property} ${value})
    endif()
  endforeach()
  get_target_property(name ${clean} OUTPUT_NAME)
  if(NOT name)
    set(name ${clean})
  endif()
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${out})
endfunction()

# Finds the smallest case that fails; with a fault in it on demand: tests/faults/measure
add_executable(measure faults/measuring/choices.c faults/measuring/document.c faults/measuring/main.c
  faults/measuring/trial.c $<TARGET_OBJECTS:initlab_properties>)
target_link_libraries(measure PRIVATE initlab_runner)
set_target_properties(measure PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

# initlab_fault(PATCH OUT-DIR PREFIX): the programs that its Seen-by: line asks for, as part of target `faults`
function(initlab_fault patch out prefix)
  cmake_path(GET patch STEM LAST_ONLY name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${patch})
  file(STRINGS ${patch} lines REGEX "^[+][+][+] b/(core|props)/[^ \t]*[.]c")
  file(STRINGS ${patch} tiers REGEX "^Seen-by:")
  set(files)
  set(originals)
  set(copies)
  foreach(line ${lines})
    string(REGEX REPLACE "^[+][+][+] b/([^ \t]*).*" "\\1" file "${line}")
    if(EXISTS ${CMAKE_SOURCE_DIR}/${file})
      list(APPEND files ${file})
      list(APPEND originals ${CMAKE_SOURCE_DIR}/${file})
      list(APPEND copies ${out}/src/${file})
    endif()
  endforeach()
  if(NOT files)
    return() # its test says so
  endif()
  set(apply ${CMAKE_CURRENT_SOURCE_DIR}/faults/apply)
  add_custom_command(OUTPUT ${copies} COMMAND ${apply} ${patch} ${CMAKE_SOURCE_DIR} ${out}/src
    DEPENDS ${patch} ${apply} ${originals} COMMENT "planting ${name}" VERBATIM)
  if(tiers MATCHES "tier1")
    initlab_fault_program(${prefix}${name}_prop prop ${out} ${files})
    add_dependencies(faults ${prefix}${name}_prop)
    initlab_fault_program(${prefix}${name}_measure measure ${out} ${files})
  endif()
  if(tiers MATCHES "tier3|labrun_")
    initlab_fault_program(${prefix}${name}_labrun labrun ${out} ${files})
    add_dependencies(faults ${prefix}${name}_labrun)
  endif()
endfunction()

function(initlab_fault_test name)
  set_tests_properties(${name} PROPERTIES LABELS faults TIMEOUT 120 SKIP_RETURN_CODE 77 FIXTURES_REQUIRED faults)
endfunction()

add_custom_target(faults)
add_test(NAME fault-build COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/faults/build ${CMAKE_BINARY_DIR} ${CMAKE_COMMAND})
set_tests_properties(fault-build PROPERTIES LABELS faults TIMEOUT 300 FIXTURES_SETUP faults)
# What a fault is told by must be absent without it: once for all faults.
add_test(NAME fault-none COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/faults/none ${CMAKE_BINARY_DIR})
set_tests_properties(fault-none PROPERTIES LABELS faults TIMEOUT 300 FIXTURES_SETUP faults)

file(GLOB patches CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/faults/*.patch)
foreach(patch ${patches})
  cmake_path(GET patch STEM LAST_ONLY name)
  initlab_fault(${patch} ${CMAKE_BINARY_DIR}/faults/${name} fault_)
  add_test(NAME fault-${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/faults/check
    ${name} ${patch} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  initlab_fault_test(fault-${name})
  list(APPEND fault_tests fault-${name})
endforeach()
add_test(NAME fault-cover COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/faults/cover ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
initlab_fault_test(fault-cover)
set_tests_properties(fault-cover PROPERTIES DEPENDS "${fault_tests}")

file(GLOB patches CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/faults/machinery/*.patch)
foreach(patch ${patches})
  cmake_path(GET patch STEM LAST_ONLY name)
  initlab_fault(${patch} ${CMAKE_BINARY_DIR}/faults/machinery/${name} fault_machinery_)
  add_test(NAME fault-machinery-${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/faults/expect
    machinery/${name} ${patch} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  initlab_fault_test(fault-machinery-${name})
endforeach()

# What measures the smallest cases still comes to what the heads say: of choices, and of a document.
add_dependencies(faults fault_preserve-fds-off-by-one_measure fault_config-duplicate-key_measure)
add_test(NAME fault-remeasure COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/faults/remeasure ${CMAKE_BINARY_DIR}
  preserve-fds-off-by-one config-duplicate-key)
initlab_fault_test(fault-remeasure)
