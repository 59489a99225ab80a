/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Scripts that are drawn: a recording with a spool that is written, rewound,
 * sent, flushed and killed, on a disk that has errors, again and again, beside
 * a plain array.
 *
 * A kill leaves data and journal as they were, or one of them behind the other,
 * or a torn line. What the next run makes of that must be whole at the end:
 * every byte of the array, in parts that OSS takes.
 *
 *   test-recording-scripts --seeds FIRST-LAST
 *
 * runs these seeds and says which fail; --seed N runs one, and stops where it
 * fails. Without either, it is a test of a few. */

#define _GNU_SOURCE             /* syscall() */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../patience.h"
#include "recording-model.h"
#include "spool-fixture.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define SECOND ((gint64) G_USEC_PER_SEC)

#define SEEDS 150
#define MORE_SEEDS 20000

#define RUNS_MAX 6
#define STEPS_MAX 40

/* ---- a disk that has errors ---- */

/* An errno, or 0; atomic. */
static gint journal_fault;
static gint data_fault;

static gboolean
is_file (int fd, const gchar * name)
{
  g_autofree gchar *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree gchar *path = g_file_read_link (link, NULL);

  return path != NULL && g_str_has_suffix (path, name);
}

/* These two stand in place of the C library's. */
ssize_t
write (int fd, const void *data, size_t size)
{
  gint fault = g_atomic_int_get (&journal_fault);

  if (fault != 0 && is_file (fd, "/journal")) {
    errno = fault;
    return -1;
  }

  return syscall (SYS_write, fd, data, size);
}

ssize_t
pwrite (int fd, const void *data, size_t size, off_t offset)
{
  gint fault = g_atomic_int_get (&data_fault);

  if (fault != 0 && is_file (fd, "/data")) {
    errno = fault;
    return -1;
  }

  return syscall (SYS_pwrite64, fd, data, size, offset);
}

static void
set_faults (gint journal, gint data)
{
  g_atomic_int_set (&journal_fault, journal);
  g_atomic_int_set (&data_fault, data);
}

/* ---- a script ---- */

typedef struct
{
  GRand *rand;
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
  return from + (guint64) (g_rand_double (script->rand) * (to - from + 1));
}

static gboolean
one_in (Script * script, guint n)
{
  return g_rand_int_range (script->rand, 0, n) == 0;
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
    .head_size = one_in (script, 2) ? 0 : draw (script, 0, 300) * KIB,
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
      g_rand_int (script->rand));
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

static void
play (guint seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  Script script = { rand };
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

/* ---- many ---- */

/* A script that fails takes its process with it, and no other. */
static gboolean
play_apart (const gchar * program, guint first, guint last)
{
  g_autofree gchar *seeds = g_strdup_printf ("%u-%u", first, last);
  const gchar *argv[] = { program, "--apart", seeds, NULL };
  gint status = 0;

  g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL
      | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, &status, NULL);

  return g_spawn_check_wait_status (status, NULL);
}

/* Halves what fails until it is one seed. */
static guint
find_failing (const gchar * program, guint first, guint last)
{
  guint middle = first + (last - first) / 2;

  if (play_apart (program, first, last))
    return 0;
  if (first == last) {
    g_print ("seed %u fails\n", first);
    return 1;
  }

  return find_failing (program, first, middle)
      + find_failing (program, middle + 1, last);
}

static int
play_seeds (const gchar * program, const gchar * range)
{
  guint first = 1, last = 1, n_failed = 0, seed;

  if (sscanf (range, "%u-%u", &first, &last) != 2 || first > last)
    return 2;
  for (seed = first; seed <= last; seed += 100)
    n_failed += find_failing (program, seed, MIN (seed + 99, last));
  g_print ("%u of %u scripts failed\n", n_failed, last - first + 1);

  return n_failed > 0 ? 1 : 0;
}

static int
play_here (const gchar * range)
{
  guint first = 1, last = 1;

  if (sscanf (range, "%u-%u", &first, &last) == 1)
    last = first;
  for (; first <= last; first++)
    play (first);

  return 0;
}

static void
test_random (void)
{
  guint n_seeds = g_test_slow () ? MORE_SEEDS
      : test_patience_count_seeds (SEEDS);
  guint seed;

  for (seed = 1; seed <= n_seeds; seed++) {
    g_test_message ("seed %u", seed);
    play (seed);
  }
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--seeds") == 0)
    return play_seeds (argv[0], argv[2]);
  if (argc == 3 && (strcmp (argv[1], "--seed") == 0
          || strcmp (argv[1], "--apart") == 0))
    return play_here (argv[2]);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording-scripts/are-whole-in-the-end", test_random);

  return g_test_run ();
}
