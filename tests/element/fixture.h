/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A sink, the emulator that it uploads to, and what came of it.
 *
 * The sink stands behind a source pad that the test pushes into, or at the end
 * of a pipeline. GstHarness is not used because it turns `async` off and plays
 * the sink at once, and states are what many tests are about.
 *
 * Threads: all functions belong to the test's thread, but for fixture_push()
 * and what is built on it, which one other thread may call instead. Every wait
 * ends the test with an error at a generous deadline. */

#pragma once

#include <gst/gst.h>

#include "emulator/emulator.h"

#define KIB (G_GUINT64_CONSTANT (1024))
#define MIB (1024 * KIB)

/* What the fixture sets: OSS's smallest part. */
#define FIXTURE_PART_SIZE (100 * KIB)

/* The identity that the emulator knows by default. */
#define FIXTURE_KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define FIXTURE_KEY_SECRET "EmulatorDemoSecret0123456789ab"

/**
 * Fixture:
 * @emulator: (owned) (nullable): listens
 * @media_id: what the sink uploads to
 * @sink: (owned) (nullable): has endpoint, identity and media id, parts of
 *     FIXTURE_PART_SIZE, none by age, and holds no head back; a test that
 *     drops it by itself sets it to NULL
 * @bus: (owned): of the sink or the pipeline
 * @messages: (owned) (element-type GstMessage): taken from the bus so far
 * @pad: (owned): linked to the sink, or to nothing in a pipeline
 * @pipeline: (nullable) (owned): with the sink in it
 * @expected: (owned): the bytes of the object so far
 * @flow: what the last push returned
 */
typedef struct
{
  IceEmulator *emulator;
  gboolean owns_emulator;
  gchar *media_id;
  GstElement *sink;
  GstBus *bus;
  GPtrArray *messages;
  GstPad *pad;
  GstElement *pipeline;
  GByteArray *expected;
  GstFlowReturn flow;
  gint finalized;               /* atomic: the sink is gone */
  GThread *pusher;              /* (nullable) */
  gsize pusher_size;
  gsize pusher_buffer_size;
  gboolean pusher_eos;
  gint pusher_done;             /* atomic */
} Fixture;

/* Initialises GStreamer, with the plugin from the static library. */
void fixture_init (int *argc, char ***argv);

/* Adds a test of @func for each of @cases, which have a name. */
#define FIXTURE_ADD_CASES(prefix, cases, func) \
  G_STMT_START { \
    guint i_; \
    for (i_ = 0; i_ < G_N_ELEMENTS (cases); i_++) { \
      g_autofree gchar *path_ = g_strconcat (prefix, cases[i_].name, NULL); \
      g_test_add_data_func (path_, &cases[i_], func); \
    } \
  } G_STMT_END

/* A sink with an emulator of its own. @options: the emulator's, separated by
 * blanks, or NULL. */
Fixture *fixture_new (const gchar * options);

/* The same, with leases that live for @seconds. As deadlines, these are longer
 * for machines and tools that are slow. */
Fixture *fixture_new_with_life (guint seconds, const gchar * options);

/* A further sink with @emulator, (transfer none), or with none if NULL. */
Fixture *fixture_new_with (IceEmulator * emulator, const gchar * media_id);

/* Stops the sink and drops it, and checks that nobody else holds it. */
void fixture_free (Fixture * f);

void fixture_add_fault (Fixture * f, const gchar * fault);

/* Sets properties of the sink. @settings: words `name=value`, or NULL. */
void fixture_set (Fixture * f, const gchar * settings);
void fixture_set_reachable (Fixture * f, gboolean reachable);

/* As ice_emulator_set_silent(). */
void fixture_set_silent (Fixture * f);

/* Waiting: the messages that come meanwhile are collected. */

/* Ends the test at @deadline_us, saying @what was waited for and @where. */
void fixture_tick (Fixture * f, gint64 deadline_us, const gchar * what,
    const gchar * where);
gint64 fixture_get_deadline (void);

#define fixture_wait_for(f, condition) \
  G_STMT_START { \
    gint64 deadline_us_ = fixture_get_deadline (); \
    while (!(condition)) \
      fixture_tick (f, deadline_us_, #condition, G_STRLOC); \
  } G_STMT_END

/* The stream */

void fixture_set_state (Fixture * f, GstState state);

/* Waits for the state that was set. */
void fixture_wait_state (Fixture * f, GstState state);

/* Starts, in PLAYING, a stream of @caps: a string, or NULL for none. */
void fixture_play (Fixture * f);
void fixture_open_stream (Fixture * f, const gchar * caps);
void fixture_push_segment (Fixture * f, GstFormat format, guint64 start);

/* @size bytes that differ everywhere, @offset bytes into their sequence. */
GstBuffer *fixture_new_buffer (guint64 offset, gsize size);

/* Pushes, and expects the bytes at the end of the object.
 * @buffer: (transfer full) */
GstFlowReturn fixture_push_buffer (Fixture * f, GstBuffer * buffer);
GstFlowReturn fixture_push (Fixture * f, gsize size);

/* Pushes @size bytes in buffers of @buffer_size until one is refused. */
GstFlowReturn fixture_push_all (Fixture * f, gsize size, gsize buffer_size);

/* Plays, and pushes @size bytes in buffers of 64 KiB. */
void fixture_record (Fixture * f, gsize size);

/* Pushes @n times FIXTURE_PART_SIZE, all of which is taken. */
void fixture_push_parts (Fixture * f, guint n);

/* Waits until such parts have arrived, though the plan may want larger ones. */
void fixture_wait_uploaded (Fixture * f);

/* fixture_push_all() from another thread, or EOS. It is joined by fixture_join(), which
 * returns the flow. */
void fixture_start_pushing (Fixture * f, gsize size, gsize buffer_size);
void fixture_start_eos (Fixture * f);
gboolean fixture_is_pushing (Fixture * f);
GstFlowReturn fixture_join (Fixture * f);

gboolean fixture_push_eos (Fixture * f);

/* Pushes EOS and waits until the application has it. */
void fixture_finish (Fixture * f);

/* The same, and the object is there with the expected bytes. */
void fixture_complete (Fixture * f);

/* Puts the sink at the end of a pipeline: the one loose source pad of
 * @description is linked to it. */
void fixture_launch (Fixture * f, const gchar * description);

/* Messages */

/* Takes what is on the bus. */
void fixture_collect (Fixture * f);

/* The first one that came, or comes. Owned by the fixture. */
GstMessage *fixture_wait_message (Fixture * f, GstMessageType type);
const GstStructure *fixture_wait_element (Fixture * f, const gchar * name);

/* So far. @name: of an element message. */
guint fixture_count_messages (Fixture * f, GstMessageType type);
guint fixture_count_elements (Fixture * f, const gchar * name);

/* The place of the first one among all messages so far, or -1. */
gint fixture_find_message (Fixture * f, GstMessageType type);
gint fixture_find_element (Fixture * f, const gchar * name);
gint fixture_find_progress (Fixture * f, GstProgressType type,
    const gchar * code);

/* Forgets all messages so far. */
void fixture_forget (Fixture * f);

/* Waits for the error, checks its domain and @code, and returns its details.
 * Owned by the fixture. */
const GstStructure *fixture_wait_error (Fixture * f, gint code);

/* Exactly one error from the sink, and no EOS. */
void fixture_assert_failed_once (Fixture * f);

/* The last push was refused, after the error had been posted. */
void fixture_assert_refused (Fixture * f);

/* Figures */

guint64 fixture_get_stat (Fixture * f, const gchar * name);
gchar *fixture_get_stat_string (Fixture * f, const gchar * name);
gboolean fixture_stat_is (Fixture * f, const gchar * name,
    const gchar * value);

/* What the emulator has */

guint fixture_count (Fixture * f, IceEmulatorOperation operation);

/* Waits until the requests so far are @expected: words such as `refresh=1
 * part=3`; operations that are not named must not have come. Numbers with a
 * `+` are lower bounds. */
void fixture_assert_requests (Fixture * f, const gchar * expected);

/* The requests of @operation so far, by serial. @status: 0 for any.
 * (transfer full) (element-type IceEmulatorRecord) */
GPtrArray *fixture_get_records (Fixture * f, IceEmulatorOperation operation,
    guint status);

/* The object is there and has the expected bytes, or those of a file. */
void fixture_assert_object (Fixture * f);
void fixture_assert_object_is_file (Fixture * f, const gchar * path);

/* It has the first of them. Returns how many. */
guint64 fixture_assert_object_is_prefix (Fixture * f);
void fixture_assert_no_object (Fixture * f);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)
