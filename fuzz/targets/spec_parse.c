/* Targets: config_parse, config_validate, config_refuse_unsupported, config_free. Input: a config.json, then
 * knobs. */
#include "fuzz/target.h"

FUZZ_TARGET(spec_parse)
