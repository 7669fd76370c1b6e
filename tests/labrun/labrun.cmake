# labrun as a program, on the real kernel. As an ordinary user what needs root is skipped by name.
function(initlab_labrun_test name)
  initlab_unit_test(labrun_${name} LABEL container SOURCES labrun/test_${name}.c labrun/fixture.c LIBS ${JANSSON_STATIC} ${ARGN})
  add_dependencies(test_labrun_${name} labrun)
  target_compile_definitions(test_labrun_${name} PRIVATE LABRUN="$<TARGET_FILE:labrun>")
endfunction()

foreach(name cli life crash payload hostile)
  initlab_labrun_test(${name})
endforeach()
