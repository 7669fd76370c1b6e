/* Between the files of the reader of scenarios only. */
#pragma once

#include "sandbox/json.h"
#include "sandbox/scenario.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The words of enum scenario_kind, scenario_flow, scenario_bad, scenario_step_kind, scenario_operation_kind,
 * in their order. */
extern const char *const scenario_kind_words[7];
extern const char *const scenario_flow_words[4];
extern const char *const scenario_bad_words[7];
extern const char *const scenario_step_words[16];
extern const char *const scenario_attack_words[3];
extern const char *const scenario_operation_words[OPERATION__COUNT];

/* Each reads one member of the document's root into *s. Errors: -EINVAL with the JSON pointer. */
int scenario_read_world(const json_t *root, struct scenario *s, struct err *err);
int scenario_read_client(const json_t *root, struct scenario *s, struct err *err);
int scenario_read_process(const json_t *root, struct scenario *s, struct err *err);
int scenario_read_payload(const json_t *root, struct scenario *s, struct err *err);
int scenario_read_bundle(const json_t *root, struct scenario *s, struct err *err); /* rootfs, swap, config */

/* A member that is a path of the root file system: absolute, no empty, "." or ".." component. */
int scenario_read_path(const json_t *value, const struct json_at *at, char ret[SCENARIO_PATH], struct err *err);

/* Steps that contradict each other or the world. Errors: -EINVAL with the JSON pointer. */
int scenario_check_steps(const struct scenario *s, struct err *err);
