/*
 * A fuzz target is a property under a fuzz engine. Its source, fuzz/targets/NAME.c, opens with the functions
 * that it targets and says FUZZ_TARGET(NAME), the property's name; NAME.dict and NAME.options may lie beside
 * it. The flavour of the build decides which of fuzz/engine/ runs it.
 */
#pragma once

extern const char *const fuzz_property;

#define FUZZ_TARGET(name) const char *const fuzz_property = #name;
