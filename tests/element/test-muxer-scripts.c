/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Random scripts of what a muxer and an application may do, against a filesink
 * that gets the same through the same tee.
 *
 *   test-element-muxer-scripts [--seeds FROM-TO] [--spool]
 *
 * A script follows from its seed; how it meets the network does not. Without
 * a spool, a script may end in one refusal to rewrite what is gone; with one,
 * none may. Both are tried, or the latter alone with `--spool`. The suite
 * runs a hundred seeds; before a release, run `--seeds 1-1000`. The seed stands before
 * what it did: `--verbose` tells all steps. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define MAX_STEPS 60
#define MAX_BUFFER (200 * KIB)
#define MAX_GAP (300 * KIB)

/**
 * Script:
 * @emulator: (unowned): shared by all seeds
 * @f: (owned): the sink behind the tee, with the pad that feeds both
 * @file: (owned): the twin
 * @path: (owned): of the twin
 * @position: next byte written
 * @size: of the object
 * @head_size: what is promised to stay rewritable
 * @is_prerolled: something has come since the last flush
 * @has_object: an earlier stream was completed
 * @refused: the sink has failed for a rewrite
 */
typedef struct
{
  IceEmulator *emulator;
  Fixture *f;
  GRand *random;
  GstElement *file;
  gchar *directory;
  gchar *path;
  gchar *spool;
  guint64 position;
  guint64 size;
  guint64 head_size;
  gboolean is_prerolled;
  gboolean has_object;
  gboolean refused;
} Script;

static guint first_seed = 1;
static guint last_seed = 100;
static gboolean with_spool;

/* Inclusive. */
static guint64
pick (Script * s, guint64 from, guint64 to)
{
  return from + g_rand_double (s->random) * (to - from + 1);
}

static gboolean
chance (Script * s, gdouble probability)
{
  return g_rand_double (s->random) < probability;
}

/* Small ones often, large ones now and then. */
static gsize
pick_size (Script * s, gsize most)
{
  gsize limit = most >> pick (s, 0, 12);

  return pick (s, 1, MAX (limit, 1));
}

static void tell (const gchar * format, ...) G_GNUC_PRINTF (1, 2);

static void
tell (const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  if (!g_test_verbose ())
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_test_message ("%s", text);
}

/* ---- making and freeing ---- */

static void
set_up_sink (Script * s)
{
  guint64 max_memory = pick (s, 1, 8) * MIB;
  g_autofree gchar *settings = NULL;

  s->head_size = chance (s, 0.2) ? 0 : pick (s, 1, max_memory / 4);
  settings = g_strdup_printf ("max-memory=%" G_GUINT64_FORMAT " head-size=%"
      G_GUINT64_FORMAT " parallel-parts=%u max-part-duration=%u"
      " post-messages=%s", max_memory, s->head_size, (guint) pick (s, 1, 4),
      chance (s, 0.5) ? 0 : 10000000, chance (s, 0.5) ? "true" : "false");
  fixture_set (s->f, settings);
  tell ("%s", settings);
  if (s->spool != NULL)
    g_object_set (s->f->sink, "spool-directory", s->spool, NULL);
}

/* filesink plays from start to end whatever the pipeline does; see
 * muxer-twin.c. */
static void
set_up_file (Script * s)
{
  GstElement *bin;
  g_autoptr (GstPad) pad = NULL;

  s->file = gst_bin_get_by_name (GST_BIN (s->f->pipeline), "file");
  gst_element_set_locked_state (s->file, TRUE);
  GST_OBJECT_FLAG_UNSET (s->file, GST_ELEMENT_FLAG_SINK);
  bin = GST_ELEMENT_PARENT (s->file);
  GST_OBJECT_FLAG_UNSET (bin, GST_ELEMENT_FLAG_SINK);
  pad = gst_element_get_static_pad (bin, "sink");
  g_assert_cmpint (gst_pad_link (s->f->pad, pad), ==, GST_PAD_LINK_OK);
}

static Script *
script_new (IceEmulator * emulator, guint seed)
{
  Script *s = g_new0 (Script, 1);
  g_autofree gchar *media_id = g_strdup_printf ("script-%u", seed);
  g_autofree gchar *description = NULL;

  s->emulator = emulator;
  s->random = g_rand_new_with_seed (seed);
  s->directory = g_dir_make_tmp ("icesink-scripts-XXXXXX", NULL);
  s->path = g_build_filename (s->directory, "file", NULL);
  if (with_spool) {
    s->spool = g_build_filename (s->directory, "spool", NULL);
    g_assert_cmpint (g_mkdir (s->spool, 0700), ==, 0);
  }
  s->f = fixture_new_with (emulator, media_id);
  description = g_strdup_printf ("tee name=tee ! filesink name=file"
      " async=false buffer-mode=unbuffered location=%s"
      " tee. ! identity silent=true", s->path);
  fixture_launch (s->f, description);
  set_up_sink (s);
  set_up_file (s);

  return s;
}

static void
script_free (Script * s)
{
  fixture_set_state (s->f, GST_STATE_NULL);
  gst_element_set_state (s->file, GST_STATE_NULL);
  g_clear_object (&s->file);
  fixture_free (s->f);
  g_rand_free (s->random);
  g_remove (s->path);
  if (s->spool != NULL)
    g_rmdir (s->spool);
  g_rmdir (s->directory);
  g_free (s->spool);
  g_free (s->path);
  g_free (s->directory);
  g_free (s);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, script_free)

/* ---- the verdict ---- */

/* Bytes that are held by promise may not be refused. */
static void
check_refusal (Script * s, gsize size)
{
  tell ("refused: %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT, size,
      s->position);
  fixture_assert_refused (s->f);
  fixture_wait_error (s->f, GST_RESOURCE_ERROR_SEEK);
  g_assert_null (s->spool);
  g_assert_cmpuint (s->position, <, s->size);
  g_assert_cmpuint (s->position + size, >, MIN (s->head_size, s->size));
  s->refused = TRUE;
}

static void
note_flow (Script * s, gsize size)
{
  s->is_prerolled = TRUE;
  if (s->f->flow != GST_FLOW_OK) {
    check_refusal (s, size);
    return;
  }

  s->position += size;
  s->size = MAX (s->size, s->position);
}

/* The object as the service has it, once the sink says that it is done. */
static void
compare (Script * s)
{
  fixture_assert_object_is_file (s->f, s->path);
  s->has_object = TRUE;
}

/* ---- steps ---- */

static void
open_stream (Script * s)
{
  fixture_push_segment (s->f, chance (s, 0.5) ? GST_FORMAT_BYTES
      : GST_FORMAT_TIME, 0);
}

static void
step_push (Script * s)
{
  gsize size = pick_size (s, MAX_BUFFER);

  tell ("push %" G_GSIZE_FORMAT, size);
  fixture_push (s->f, size);
  note_flow (s, size);
}

/* Some of its buffers are in several pieces. */
static void
step_list (Script * s)
{
  guint n = pick (s, 1, 8);
  GstBufferList *list = gst_buffer_list_new_sized (n);
  gsize total = 0;

  for (; n > 0; n--) {
    gsize size = pick_size (s, MAX_BUFFER / 8);
    GstBuffer *buffer = fixture_new_buffer (s->position + total, size);

    if (chance (s, 0.5))
      buffer = gst_buffer_append (buffer, fixture_new_buffer (total, size));
    total += gst_buffer_get_size (buffer);
    gst_buffer_list_add (list, buffer);
  }
  tell ("list of %" G_GSIZE_FORMAT, total);
  s->f->flow = gst_pad_push_list (s->f->pad, list);
  note_flow (s, total);
}

/* Where muxers go: the head, a bit back, the end, past it. */
static guint64
pick_position (Script * s)
{
  guint64 back = pick_size (s, MAX_BUFFER);
  guint64 at = pick_size (s, MAX (s->head_size, 1)) - 1;

  switch (pick (s, 0, 9)) {
    case 0:
      return s->size + pick_size (s, MAX_GAP);
    case 1:
    case 2:
      return s->size;
    case 3:
      return pick (s, 0, s->size);
    case 4:
    case 5:
      return s->size - MIN (s->size, back);
    default:
      return MIN (s->size, at);
  }
}

static void
step_seek (Script * s)
{
  s->position = pick_position (s);
  tell ("seek to %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, s->position,
      s->size);
  fixture_push_segment (s->f, GST_FORMAT_BYTES, s->position);
}

/* These move nothing. */
static void
step_event (Script * s)
{
  tell ("events");
  if (chance (s, 0.5))
    fixture_push_segment (s->f, GST_FORMAT_TIME, pick (s, 0, GST_SECOND));
  gst_pad_push_event (s->f->pad, gst_event_new_gap (0, GST_SECOND));
  s->is_prerolled = TRUE;
}

/* A pipeline whose state change goes on in the background takes a new one, or
 * a flush, for an interruption and may never get anywhere: GstBin, not the
 * sink. Without data it waits, which is no such danger. */
static void
rest (Script * s)
{
  if (s->is_prerolled)
    fixture_wait_state (s->f, GST_STATE_PLAYING);
}

static void
flush (Script * s)
{
  rest (s);
  gst_pad_push_event (s->f->pad, gst_event_new_flush_start ());
  gst_pad_push_event (s->f->pad, gst_event_new_flush_stop (TRUE));
  s->position = s->size = 0;
  s->is_prerolled = FALSE;
  open_stream (s);
}

/* At byte 0, filesink forgets to empty its file. */
static void
step_flush (Script * s)
{
  if (s->position == 0)
    return;

  tell ("flush");
  flush (s);
}

static void
step_pause (Script * s)
{
  gsize size = pick_size (s, MAX_BUFFER);

  tell ("push %" G_GSIZE_FORMAT " across a pause", size);
  rest (s);
  fixture_set_state (s->f, GST_STATE_PAUSED);
  fixture_start_pushing (s->f, size, size);
  fixture_wait_for (s->f, !fixture_is_pushing (s->f)
      || gst_element_get_state (s->f->pipeline, NULL, NULL, 0)
      == GST_STATE_CHANGE_SUCCESS);
  fixture_set_state (s->f, GST_STATE_PLAYING);
  fixture_join (s->f);
  note_flow (s, size);
}

/* Nothing is in flight any more: what has arrived may be let go. */
static void
step_settle (Script * s)
{
  tell ("settle");
  if (chance (s, 0.5))
    g_signal_emit_by_name (s->f->sink, "checkpoint");
  fixture_wait_for (s->f, fixture_get_stat (s->f, "parts-in-flight") == 0);
}

/* An object, and then the next one in its place. */
static void
step_eos (Script * s)
{
  if (s->position == 0)
    return;

  tell ("EOS, flush");
  fixture_finish (s->f);
  compare (s);
  fixture_forget (s->f);
  flush (s);
}

static void
take_step (Script * s)
{
  guint roll = pick (s, 0, 99);

  if (roll < 45)
    step_push (s);
  else if (roll < 60)
    step_list (s);
  else if (roll < 82)
    step_seek (s);
  else if (roll < 87)
    step_event (s);
  else if (roll < 92)
    step_settle (s);
  else if (roll < 97)
    step_pause (s);
  else if (roll < 99)
    step_flush (s);
  else
    step_eos (s);
}

/* EOS, or a stop that completes what there is. */
static void
end (Script * s)
{
  if (s->refused) {
    fixture_set_state (s->f, GST_STATE_READY);
    fixture_assert_failed_once (s->f);
    if (!s->has_object)
      fixture_assert_no_object (s->f);
    return;
  }

  if (chance (s, 0.8)) {
    tell ("EOS");
    fixture_finish (s->f);
  } else {
    tell ("stop");
    fixture_set_state (s->f, GST_STATE_READY);
    /* Without a byte there is nothing to complete. */
    if (s->size == 0)
      return;
  }
  compare (s);
}

/* Returns FALSE if it ended in a refusal. */
static gboolean
run_script (IceEmulator * emulator, guint seed)
{
  g_autoptr (Script) s = NULL;
  guint steps;

  g_test_message ("seed %u", seed);
  s = script_new (emulator, seed);
  steps = pick (s, 0, MAX_STEPS);
  gst_element_set_state (s->file, GST_STATE_PLAYING);
  fixture_play (s->f);
  open_stream (s);
  while (steps-- > 0 && !s->refused)
    take_step (s);
  end (s);

  return !s->refused;
}

static void
test_scripts (void)
{
  g_autoptr (IceEmulator) emulator = ice_emulator_new_started (NULL);
  guint seed, refused = 0;

  for (seed = first_seed; seed <= last_seed; seed++)
    refused += !run_script (emulator, seed);
  g_test_message ("%u scripts, %u of them ended in a refusal",
      last_seed - first_seed + 1, refused);
  /* Most are about what is kept. */
  g_assert_cmpuint (refused, <=, (last_seed - first_seed) / 4 + 1);
}

/* ---- the command line ---- */

static gboolean
parse_seeds (const gchar * option, const gchar * value, gpointer data,
    GError ** error)
{
  if (sscanf (value, "%u-%u", &first_seed, &last_seed) == 2
      && first_seed <= last_seed)
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--seeds wants FROM-TO");

  return FALSE;
}

static void
parse_options (int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    {"seeds", 0, 0, G_OPTION_ARG_CALLBACK, parse_seeds, "Scripts to run",
        "FROM-TO"},
    {"spool", 0, 0, G_OPTION_ARG_NONE, &with_spool,
        "Give the sink a spool directory", NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_ignore_unknown_options (context, TRUE);
  if (!g_option_context_parse (context, argc, argv, &error))
    g_error ("%s", error->message);
}

static void
test_scripts_with_spool (void)
{
  with_spool = TRUE;
  test_scripts ();
}

int
main (int argc, char **argv)
{
  parse_options (&argc, &argv);
  fixture_init (&argc, &argv);

  if (!with_spool)
    g_test_add_func ("/icesink/scripts/writes-what-a-file-has", test_scripts);
  g_test_add_func ("/icesink/scripts/writes-what-a-file-has-with-a-spool",
      test_scripts_with_spool);

  return g_test_run ();
}
