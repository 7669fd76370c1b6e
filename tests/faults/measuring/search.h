/* Searches for the smallest input of a property that fails. */
#pragma once

#include "tests/faults/measuring/trial.h"

struct search {
        double seconds;           /* that may be spent */
        bool found;
        struct trial_input best;  /* if found */
        struct trial_draws draws; /* of the best */
        char how[160];            /* what of the smaller inputs was tried */
};

/* Called with inputs that may fail, before the search: the search only ever gets smaller. */
void search_offer(struct search *s, const struct trial_input *input);

void search_choices(struct search *s);
void search_document(struct search *s);

/* Seconds of a clock that only goes on. */
double search_now(void);
