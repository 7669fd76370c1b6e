# The payload's terminal, from the caller's and from an engine's end.
initlab_labrun_test(console)
initlab_labrun_test(console_socket)
target_sources(test_labrun_console PRIVATE labrun/terminal.c labrun/hold.c)
