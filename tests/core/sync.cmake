initlab_unit_test(sync_codec SOURCES core/test_sync_codec.c LIBS initlab_core)
initlab_unit_test(sync_fsm SOURCES core/test_sync_fsm.c LIBS initlab_core)
initlab_unit_test(sync_io SOURCES core/test_sync_io.c LIBS initlab_core)
