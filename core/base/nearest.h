/*
 * Which word somebody may have meant. Pure.
 */
#pragma once

#include <stddef.h>

/* Longer words are near to nothing. */
#define NEAREST_WORD_MAX 64

/* How many letters to insert, delete, replace or swap with their neighbour make b of a (Damerau-Levenshtein). */
size_t nearest_distance(const char *a, const char *b);

/* The word nearest to `word` (at most a third of its length + 1 away), NULL if none is near. */
const char *nearest_word(const char *word, const char *const *words, size_t n);
