# What the sources must look like, and that the checks of it can fail.
function(initlab_tidy_test name)
  add_test(NAME tidy-${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy/${name} ${ARGN})
  set_tests_properties(tidy-${name} PROPERTIES LABELS tool TIMEOUT 60)
endfunction()

initlab_tidy_test(selftest)
initlab_tidy_test(style ${CMAKE_SOURCE_DIR})
initlab_tidy_test(includes ${CMAKE_SOURCE_DIR})
initlab_tidy_test(names ${CMAKE_SOURCE_DIR})
initlab_tidy_test(corpus ${CMAKE_SOURCE_DIR})
initlab_tidy_test(forwards ${CMAKE_SOURCE_DIR})
initlab_tidy_test(faults ${CMAKE_SOURCE_DIR})
initlab_tidy_test(symbols $<TARGET_FILE:initlab_core> ${CMAKE_CURRENT_SOURCE_DIR}/tidy/allowed-symbols)
if(INITLAB_FLAVOUR STREQUAL release AND CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  add_test(NAME tidy-symbols-early COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy/symbols
    "$<FILTER:$<TARGET_OBJECTS:labrun>,INCLUDE,/early[.]c>" ${CMAKE_CURRENT_SOURCE_DIR}/tidy/allowed-early)
  set_tests_properties(tidy-symbols-early PROPERTIES LABELS tool TIMEOUT 60)
endif()
