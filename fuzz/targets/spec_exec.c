/* Targets: config_exec_text, config_document_write. Input: a config.json or process.json, then knobs. */
#include "fuzz/target.h"

FUZZ_TARGET(spec_exec)
