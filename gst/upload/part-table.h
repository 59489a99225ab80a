/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The parts of one upload, by number: what waits, what is on its way, what
 * has arrived.
 *
 * Runs on: the network thread. Owns: references to parts that have not
 * arrived, or can be had again from disk; of the others that have, only what
 * Complete needs. */

#pragma once

#include "recording/part.h"
#include "upload/retry-policy.h"

typedef enum
{
  GST_ICE_PART_WAITING,   /* to be sent */
  GST_ICE_PART_IN_FLIGHT, /* a request is on its way */
  GST_ICE_PART_CONFIRMED, /* the newest generation has arrived */
} GstIcePartState;

typedef struct
{
  guint number;               /* part number */
  GstIcePartState state;      /* where it is */
  GstIcePart *part;           /* (nullable) (owned) newest generation; once it
                               * has arrived, NULL unless it is durable */
  guint generation;           /* the newest one taken so far, 0: none */
  guint64 size;               /* bytes of the newest generation */
  guint64 crc64;              /* its CRC-64 */
  gchar *etag;                /* (nullable) (owned) of the generation that
                               * arrived last */
  gboolean is_compared;       /* its CRC-64 was OSS's, too, when it arrived */
  guint uploads;              /* how often some generation of it has arrived */
  gint64 not_before_us;       /* not to be sent before */
  GstIceRetryHistory history; /* what it has been through */
} GstIcePartEntry;

typedef struct _GstIcePartTable GstIcePartTable;

GstIcePartTable *gst_ice_part_table_new (void);
void gst_ice_part_table_free (GstIcePartTable * table);

/* Takes a sealed part, or a newer generation of one it has; an older one is
 * dropped. @part: (transfer full) */
void gst_ice_part_table_push (GstIcePartTable * table, GstIcePart * part);

/* Takes a part that has arrived with @etag before this table was there.
 * @part: (transfer full) */
void gst_ice_part_table_add_arrived (GstIcePartTable * table,
    GstIcePart * part, const gchar * etag);

/* The entry of @number, which must exist. Valid until the table is freed. */
GstIcePartEntry *gst_ice_part_table_get (GstIcePartTable * table,
    guint number);

/* The first waiting part that may be sent at @now_us, or NULL; the largest one
 * if no more than @n_last wait. One that is superseded may not; it waits for
 * the newer generation. */
GstIcePartEntry *gst_ice_part_table_next (GstIcePartTable * table,
    gint64 now_us, guint n_last);

/* The bytes of the parts that wait. */
guint64 gst_ice_part_table_get_waiting_bytes (GstIcePartTable * table);

/* When the next waiting part may be sent: monotonic, or -1 if none waits. */
gint64 gst_ice_part_table_next_time (GstIcePartTable * table);

void gst_ice_part_table_set_in_flight (GstIcePartTable * table,
    GstIcePartEntry * entry);

/* Back to waiting, not before @not_before_us. */
void gst_ice_part_table_set_waiting (GstIcePartTable * table,
    GstIcePartEntry * entry, gint64 not_before_us);

/* @part has arrived with @etag. Returns TRUE if that was the newest
 * generation, and is not superseded; else the entry waits again. */
gboolean gst_ice_part_table_confirm (GstIcePartTable * table,
    GstIcePartEntry * entry, const GstIcePart * part, const gchar * etag);

/* What had arrived has not, after all: it waits again. FALSE if its bytes are
 * gone. */
gboolean gst_ice_part_table_revoke (GstIcePartTable * table,
    GstIcePartEntry * entry);

/* TRUE if no part has arrived whose bytes are gone. */
gboolean gst_ice_part_table_can_restart (GstIcePartTable * table);

/* Everything waits again, as if nothing had been sent. */
void gst_ice_part_table_restart (GstIcePartTable * table);

/* Lets go of all bytes: nothing is sent any more. */
void gst_ice_part_table_drop_bytes (GstIcePartTable * table);

guint gst_ice_part_table_get_length (GstIcePartTable * table);
guint gst_ice_part_table_count_confirmed (GstIcePartTable * table);

/* How many parts from the first one on have arrived without a gap. */
guint gst_ice_part_table_get_prefix (GstIcePartTable * table);

/* How many parts from the first one on have arrived or can be sent. */
guint gst_ice_part_table_get_reach (GstIcePartTable * table);

/* Bytes and CRC-64 of the first @n_parts. */
guint64 gst_ice_part_table_get_size (GstIcePartTable * table, guint n_parts,
    guint64 * crc64);

/* Bytes that have arrived, each counted once. */
guint64 gst_ice_part_table_get_confirmed_bytes (GstIcePartTable * table);

/* Calls @func for the first @n_parts, by number. */
typedef void (*GstIcePartEntryFunc) (GstIcePartEntry * entry,
    gpointer user_data);
void gst_ice_part_table_foreach (GstIcePartTable * table, guint n_parts,
    GstIcePartEntryFunc func, gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIcePartTable, gst_ice_part_table_free)
