/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The script; see the header. One thread; the spool has its own. */

#include "recording-script.h"

#include <errno.h>
#include <string.h>

#include "disk.h"
#include "recording-model.h"
#include "spool-fixture.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define SECOND ((gint64) G_USEC_PER_SEC)

#define RUNS_MAX 6
#define STEPS_MAX 40

/* The disk's errors, or 0. */
static void
set_faults (gint journal, gint data)
{
  disk_set (DISK_APPEND, "/journal", journal);
  disk_set (DISK_WRITE, "/data", data);
}

/* ---- a script ---- */

typedef struct
{
  RecordingScriptDraw draw;
  gpointer draw_data;
  SpoolFixture *fixture;
  GstIceSpool *spool;
  GstIceRecordingConfig config;
  RecordingModel *model;
  guint64 base;                 /* where this run began */
  gboolean trouble;             /* the disk may lack something of this run */
} Script;

static guint64
draw (Script * script, guint64 from, guint64 to)
{
  return from + (guint64) (script->draw (script->draw_data)
      * (to - from + 1));
}

static gboolean
one_in (Script * script, guint n)
{
  return draw (script, 0, n - 1) == 0;
}

static void
open_spool (Script * script)
{
  guint64 max_size = one_in (script, 4) ? draw (script, 300 * KIB, 2 * MIB) : 0;
  g_autoptr (GError) error = NULL;

  script->spool = gst_ice_spool_open (script->fixture->directory, MEDIA_ID,
      max_size, GST_ICE_SPOOL_CREATE, &error);
  g_assert_no_error (error);
  script->config = (GstIceRecordingConfig) {
    .plan = {draw (script, 100, 250) * KIB, GST_ICE_PART_SIZE_MAX},
    .max_memory = draw (script, 1024, 3000) * KIB,
    .head_size = one_in (script, 2) ? 0
        : draw (script, 0, 300) * (one_in (script, 2) ? KIB : KIB / 32),
    .max_part_duration_us = draw (script, 0, 2) * SECOND,
    .spool = script->spool,
  };
}

/* All that the disk takes is there, so that a script does the same each time. */
static void
settle (Script * script)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) trouble = NULL;

  recording_flush (script->model->recording);
  error = gst_ice_recording_get_spool_error (script->model->recording);
  trouble = gst_ice_spool_get_trouble (script->spool);
  script->trouble = script->trouble || error != NULL || trouble != NULL;
}

static void
begin (Script * script)
{
  open_spool (script);
  gst_ice_spool_note_run (script->spool, 0, &script->config.plan);
  script->model = recording_model_new (&script->config,
      draw (script, 0, G_MAXUINT16));
}

/* ---- what upstream, the network and the disk do ---- */

static void
append (Script * script)
{
  recording_model_write_random (script->model,
      draw (script, 1, one_in (script, 4) ? 150 * KIB : 30 * KIB));
}

static void
rewind_some (Script * script)
{
  guint64 size = script->model->file->len;

  if (size == script->base)
    return;

  recording_model_seek (script->model, one_in (script, 2) ? script->base
      : draw (script, script->base, size - 1));
  recording_model_write_random (script->model, draw (script, 1, 20 * KIB));
  recording_model_seek (script->model, script->model->file->len);
}

static void
arrive (Script * script)
{
  if (script->model->verified && script->model->waiting->len > 0)
    recording_model_arrive_any (script->model);
}

static void
draw_faults (Script * script)
{
  const gint reasons[] = { 0, 0, 0, ENOSPC, EIO };

  set_faults (reasons[draw (script, 0, 4)], reasons[draw (script, 0, 4)]);
}

/* As FLUSH_STOP: back to nothing, with the same spool. */
static void
flush (Script * script)
{
  g_autoptr (GError) error = NULL;

  if (script->base > 0)
    return;

  recording_model_restart (script->model, &script->config);
  gst_ice_spool_truncate (script->spool, 0, &error);
  script->trouble = script->trouble || error != NULL;
  gst_ice_spool_note_run (script->spool, 0, &script->config.plan);
}

static void
play_step (Script * script)
{
  switch (draw (script, 0, 15)) {
    case 0:
    case 1:
    case 2:
      rewind_some (script);
      break;
    case 3:
      recording_model_advance (script->model, draw (script, 0, 2 * SECOND));
      break;
    case 4:
      gst_ice_recording_checkpoint (script->model->recording);
      break;
    case 5:
    case 6:
      arrive (script);
      break;
    case 7:
      if (!script->model->verified)
        recording_model_verify (script->model);
      break;
    case 8:
      if (one_in (script, 3))
        draw_faults (script);
      break;
    case 9:
      if (one_in (script, 20))
        flush (script);
      break;
    default:
      append (script);
      break;
  }
  settle (script);
}

/* ---- the kill ---- */

static void
cut_file (Script * script, const gchar * name, guint64 size)
{
  g_autofree gchar *path = spool_fixture_get_path (script->fixture, name);

  g_assert_cmpint (truncate (path, size), ==, 0);
}

/* Where the last line begins or ends that has to have been on the disk before
 * the data changed. */
static gsize
find_firm (const gchar * text)
{
  const gchar *firm[] = { "\"cut\"", "\"freed\"", "\"run\"" };
  gsize size = 0;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (firm); i++) {
    const gchar *at = g_strrstr (text, firm[i]);

    if (at != NULL)
      size = MAX (size, (gsize) (strchr (at, '\n') + 1 - text));
  }

  return size;
}

/* The journal's end never came to the disk, or half a line of it. */
static void
tear_journal (Script * script)
{
  gsize size;
  g_autofree gchar *text =
      spool_fixture_read_journal (script->fixture, &size);
  gsize firm = find_firm (text);

  if (size > firm)
    cut_file (script, "journal", draw (script, MAX (firm,
                size > 2000 ? size - 2000 : 0), size));
}

static void
tear_data (Script * script)
{
  guint64 size = gst_ice_spool_get_left (script->spool) != NULL ?
      gst_ice_spool_get_left (script->spool)->size : 0;

  cut_file (script, "data", draw (script, size - MIN (size, 400 * KIB),
          size));
  script->trouble = TRUE;
}

static void
reopen (Script * script)
{
  gst_ice_spool_close (script->spool, G_MAXINT64);
  g_clear_pointer (&script->spool, gst_ice_spool_unref);
  open_spool (script);
}

/* The next run goes on with what is there. */
static void
die (Script * script)
{
  set_faults (0, 0);
  if (one_in (script, 3)) {
    gst_ice_spool_close (script->spool, G_MAXINT64);
    tear_journal (script);
  }
  reopen (script);
  if (one_in (script, 3)) {
    tear_data (script);
    reopen (script);
  }

  if (one_in (script, 6))
    draw_faults (script);
  recording_model_crash (script->model, &script->config, !script->trouble);
  gst_ice_spool_note_run (script->spool, script->model->position,
      &script->config.plan);
  script->base = script->model->position;
  script->trouble = FALSE;
  settle (script);
}

/* As at EOS, but the process dies before all has arrived. */
static void
end_early (Script * script)
{
  recording_model_take_rest (script->model);
  settle (script);
  while (script->model->verified && script->model->waiting->len > 0
      && !one_in (script, 8)) {
    recording_model_arrive_any (script->model);
    settle (script);
  }
}

static void
play_run (Script * script)
{
  guint steps = draw (script, 0, STEPS_MAX);

  while (steps-- > 0)
    play_step (script);
  if (one_in (script, 4))
    end_early (script);
  die (script);
}

void
recording_script_play (RecordingScriptDraw draw_func, gpointer data)
{
  Script script = { draw_func, data };
  guint runs;

  script.fixture = spool_fixture_new ();
  begin (&script);
  for (runs = draw (&script, 1, RUNS_MAX); runs > 0; runs--)
    play_run (&script);

  set_faults (0, 0);
  settle (&script);
  if (!script.model->verified)
    recording_model_verify (script.model);
  recording_model_finish (script.model);

  recording_model_free (script.model);
  gst_ice_spool_unref (script.spool);
  spool_fixture_free (script.fixture);
}
