/*
 * The typed payloads of the sync protocol: the part of the codec behind the header. Private to sync_codec.c, which
 * documents the layout.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/sync/sync_codec.h"

/* Little-endian bytes. */
uint16_t sync_get_u16(const uint8_t *p);
uint32_t sync_get_u32(const uint8_t *p);
void sync_put_u16(uint8_t *p, uint16_t v);
void sync_put_u32(uint8_t *p, uint32_t v);

/* The most that a payload of the type may have; 0 for the empty ones. */
size_t sync_payload_limit(enum sync_type type);

/* Checks every field of msg against the rules and adds up its payload. -EINVAL, -EMSGSIZE. */
int sync_payload_size(const struct sync_msg *msg, size_t *ret_size, struct err *err);

/* Writes a payload that sync_payload_size accepted; returns the end. */
uint8_t *sync_payload_put(const struct sync_msg *msg, uint8_t *p);

/* Parses a whole payload, of a frame that came with nfds. -EPROTO. Texts of *ret_msg borrow from payload. */
int sync_payload_get(enum sync_type type, uint32_t nfds, const uint8_t *payload, size_t len, struct sync_msg *ret_msg,
                     struct err *err);
