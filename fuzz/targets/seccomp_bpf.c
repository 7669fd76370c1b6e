/* Targets: seccomp_profile_make, seccomp_program_make, seccomp_args_link; libseccomp behind them. Input: choices. */
#include "fuzz/target.h"

FUZZ_TARGET(seccomp_bpf)
