/*
 * A second container, for a payload in the host's pid namespace that attacks the runtime while it makes one. The
 * createRuntime hook, which is called when init is there and waits, says so and waits for the end of the attack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "sandbox/bundle.h"
#include "sandbox/supervisor_private.h"

#define ROOTFS SURROUNDINGS_BUNDLE "/rootfs" /* of the first one, whose payload must see these files */
#define CGROUP_PATH "/initlab-second"

static const char document[] =
        "{\"version\":1,\"about\":\"a container in the making\",\"world\":{\"stdio\":[\"devnull\",\"devnull\","
        "\"devnull\"]},\"client\":{\"flow\":\"run\"},\"payload\":{\"steps\":[]},\"config\":{\"hooks\":{\"createRuntime\":"
        "[{\"path\":\"" SURROUNDINGS_HOOK "\",\"args\":[\"observer\",\"" BUNDLE_HOOK "\",\"mark:" ROOTFS BUNDLE_HELD
        "\",\"until:" ROOTFS BUNDLE_GO "\"]}]}}}";

void super_second(struct super *su)
{
        static struct scenario s;
        struct err err = ERR_INIT;
        char text[900];
        int rc = scenario_parse(document, sizeof document - 1, "second", &s, &err);

        if (rc == 0)
                rc = bundle_make(&s, SURROUNDINGS_SECOND, CGROUP_PATH, su->job->observer, su->job->observer_len, &err);
        if (rc < 0) {
                super_trouble(su, "%.400s", err_format(&err, text, sizeof text));
                return;
        }
        su->second = true;
        super_command(su, "run");
        super_wait_payload(su); /* while it attacks what is gone, nobody must execute it again */
        super_command(su, "delete --force");
        su->second = false;
}
