# The payload's terminal, from the caller's and from an engine's end.
initlab_labrun_test(console)
initlab_labrun_test(console_socket)
initlab_labrun_test(console_rootless)
target_sources(test_labrun_console PRIVATE labrun/terminal.c labrun/hold.c)
target_sources(test_labrun_console_socket PRIVATE labrun/terminal.c)
target_sources(test_labrun_console_rootless PRIVATE labrun/terminal.c labrun/ordinary.c)
