# Tests of core/container: the root file system and the cgroups.
initlab_unit_test(mount_options SOURCES core/test_mount_options.c LIBS initlab_core)
initlab_unit_test(inside SOURCES core/test_inside.c LIBS initlab_core)
initlab_unit_test(sysctl SOURCES core/test_sysctl.c LIBS initlab_core)
initlab_unit_test(rootfs SOURCES core/test_rootfs.c core/rootfs_fixture.c LIBS initlab_core)
initlab_unit_test(cgroup SOURCES core/test_cgroup.c LIBS initlab_core)
initlab_unit_test(cgroup_kernel SOURCES core/test_cgroup_kernel.c LIBS initlab_core)
add_test(NAME cgroup_unified COMMAND test_cgroup_kernel unified)
set_tests_properties(cgroup_unified PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77)
