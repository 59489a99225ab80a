/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a seed of chaos decides: a stream, a sink, a service, and what happens
 * to them at which moment.
 *
 * A plan follows from its seed alone; how the threads then meet does not. */

#pragma once

#include <glib.h>

/**
 * ChaosEventType:
 * @CHAOS_EVENT_PAUSE: PAUSED
 * @CHAOS_EVENT_PLAY: PLAYING
 * @CHAOS_EVENT_FLUSH: FLUSH_START and FLUSH_STOP
 * @CHAOS_EVENT_EXPIRE: all upload credentials are dead
 * @CHAOS_EVENT_STEP_CLOCK: the service's clock steps by @argument seconds
 * @CHAOS_EVENT_CUT: the service can't be reached
 * @CHAOS_EVENT_MEND: it can
 * @CHAOS_EVENT_CHECKPOINT: the action signal of that name
 * @CHAOS_EVENT_END: EOS before the stream ends by itself
 * @CHAOS_EVENT_STOP: READY without EOS
 */
typedef enum
{
  CHAOS_EVENT_PAUSE,
  CHAOS_EVENT_PLAY,
  CHAOS_EVENT_FLUSH,
  CHAOS_EVENT_EXPIRE,
  CHAOS_EVENT_STEP_CLOCK,
  CHAOS_EVENT_CUT,
  CHAOS_EVENT_MEND,
  CHAOS_EVENT_CHECKPOINT,
  CHAOS_EVENT_END,
  CHAOS_EVENT_STOP,
} ChaosEventType;

typedef struct
{
  guint at_ms;                  /* from the start of the pipeline */
  ChaosEventType type;
  gint argument;
} ChaosEvent;

/**
 * ChaosPlan:
 * @seed: where it comes from
 * @format: what is recorded
 * @upstream: (owned): what comes before the tee, in launch syntax
 * @settings: (owned): properties of icesink, in launch syntax
 * @on_stop: the one among them that says what a stop does
 * @options: (owned) (element-type utf8): of the emulator, NULL-terminated
 * @faults: (owned) (element-type utf8): in the emulator's words
 * @events: (owned) (element-type ChaosEvent): by time
 * @tls: the emulator speaks TLS
 * @is_raw: the stream is made by an appsrc
 * @n_buffers: of a raw stream
 * @max_buffer_size: of a raw stream, bytes
 * @patches: of a raw stream: bytes of its head that are rewritten now and
 *     then; 0: none
 * @stops: one of @events is a stop
 * @stops_cut_off: it comes while the service can't be reached
 */
typedef struct
{
  guint32 seed;
  const gchar *format;
  gchar *upstream;
  gchar *settings;
  const gchar *on_stop;
  GPtrArray *options;
  GPtrArray *faults;
  GArray *events;
  gboolean tls;
  gboolean is_raw;
  guint n_buffers;
  guint max_buffer_size;
  guint patches;
  gboolean stops;
  gboolean stops_cut_off;
} ChaosPlan;

/* Longest a stop may wait for the network if the service can't be reached. */
#define CHAOS_STOP_TIMEOUT_CUT_OFF_MS 300

ChaosPlan *chaos_plan_new (guint32 seed);
void chaos_plan_free (ChaosPlan * plan);

/* In words, on several lines. (transfer full) */
gchar *chaos_plan_describe (const ChaosPlan * plan);

/* The element that a format needs and this system does not have, or NULL. */
const gchar *chaos_plan_get_missing_element (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ChaosPlan, chaos_plan_free)
