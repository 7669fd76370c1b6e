# core/fds, on the real kernel and with the simulated fd table.
initlab_unit_test(fds_listen SOURCES core/test_fds_listen.c LIBS initlab_core)
initlab_unit_test(fds_kernel SOURCES core/test_fds_kernel.c LIBS initlab_core)
initlab_unit_test(sim_fdtable SOURCES props/test_sim_fdtable.c LIBS initlab_sim)

add_executable(fds_observer core/fds_observer.c)
set_target_properties(fds_observer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(fds_observer PRIVATE initlab_options)
initlab_payload_program(fds_observer)
add_dependencies(test_fds_kernel fds_observer)
target_compile_definitions(test_fds_kernel PRIVATE FDS_OBSERVER="$<TARGET_FILE:fds_observer>")
