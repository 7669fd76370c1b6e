/*
 * A machine for seccomp's programs, written from the kernel's Documentation/networking/filter.rst and
 * seccomp_check_filter: classic BPF whose only input is struct seccomp_data.
 */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the kernel would take it: known instructions, all jumps and loads in bounds, an answer at the end.
 */
bool bpf_valid(const struct sock_filter *code, size_t n);

/* Runs it. false: no program that the kernel would take (an unknown instruction, a jump or load out of
 * bounds). */
bool bpf_run(const struct sock_filter *code, size_t n, const struct seccomp_data *data, uint32_t *ret_result);
