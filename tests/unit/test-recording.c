/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recording against a plain file: rules one by one, random scripts, and
 * what real muxers do to a file. */

#include <string.h>

#include "../patience.h"
#include "common/error.h"
#include "icesink/settings.h"
#include "recording-model.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define SECOND ((gint64) G_USEC_PER_SEC)

#define SEEDS 100
#define MORE_SEEDS 3000

/* The configuration that the element's defaults make. */
static GstIceRecordingConfig
get_defaults (void)
{
  GstIceSettings settings;
  GstIceRecordingConfig config;

  gst_ice_settings_init (&settings);
  g_assert_true (gst_ice_settings_get_recording_config (&settings, &config,
          NULL));
  gst_ice_settings_clear (&settings);

  return config;
}

/* Small parts, so that little has to be written. */
static GstIceRecordingConfig
get_small (void)
{
  return (GstIceRecordingConfig) {
    .plan = {128 * KIB, 1 * MIB},
    .max_memory = 16 * MIB,
    .head_size = 128 * KIB,
    .max_part_duration_us = 10 * SECOND,
  };
}

/* Of the largest parts, as many as are on their way and one more. */
static void
test_parts_fit_memory (void)
{
  GstIceSettings settings;
  GstIceRecordingConfig config;
  guint n;

  gst_ice_settings_init (&settings);
  for (n = 1; n <= 16; n++) {
    guint64 chunks;

    settings.parallel_parts = n;
    g_assert_true (gst_ice_settings_get_recording_config (&settings, &config,
            NULL));
    chunks = (config.plan.max_part_size + GST_ICE_CHUNK_SIZE - 1)
        / GST_ICE_CHUNK_SIZE;
    g_assert_cmpuint ((n + 1) * chunks * GST_ICE_CHUNK_SIZE, <=,
        settings.max_memory);
    g_assert_cmpuint ((n + 1) * (chunks + 1) * GST_ICE_CHUNK_SIZE, >,
        settings.max_memory);
  }
  gst_ice_settings_clear (&settings);
}

static guint64
get_used (RecordingModel * model)
{
  return gst_ice_recording_get_memory_used (model->recording);
}

static void
assert_refused (RecordingModel * model, guint64 offset)
{
  guint n_refused = model->n_refused;

  recording_model_seek (model, offset);
  g_assert_false (recording_model_write_random (model, 10));
  g_assert_cmpuint (model->n_refused, ==, n_refused + 1);
  recording_model_seek (model, model->file->len);
}

static void
assert_rewritten (RecordingModel * model, guint64 offset, gsize size)
{
  recording_model_seek (model, offset);
  g_assert_true (recording_model_write_random (model, size));
  recording_model_seek (model, model->file->len);
}

/* ---- rules ---- */

static void
test_empty (void)
{
  GstIceRecordingConfig config = get_defaults ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  g_autoptr (GPtrArray) rest = NULL;

  g_assert_cmpuint (get_used (model), ==, 0);
  g_assert_cmpint (gst_ice_recording_get_oldest (model->recording), ==, -1);
  g_assert_cmpuint (gst_ice_recording_get_part_size (model->recording), ==,
      config.head_size);
  recording_model_advance (model, 3600 * SECOND);
  gst_ice_recording_checkpoint (model->recording);

  rest = gst_ice_recording_finish (model->recording);
  g_assert_cmpuint (rest->len, ==, 0);
  g_assert_cmpuint (model->waiting->len, ==, 0);
}

/* A muxer that never rewinds has nothing held back but the head and the part
 * that is being filled, and nothing is sent twice. */
static void
check_plain (const GstIceRecordingConfig * config)
{
  g_autoptr (RecordingModel) model = recording_model_new (config, 1);
  /* It is held in parts that OSS takes. */
  guint64 head_size = config->head_size + GST_ICE_PART_SIZE_MIN;
  guint i;

  /* As far as the first rewind is awaited, and further. */
  for (i = 0; i < 200; i++) {
    guint64 part_size;

    g_assert_true (recording_model_write_random (model, 200 * KIB));
    recording_model_advance (model, SECOND);
    recording_model_arrive_all (model);
    part_size = gst_ice_recording_get_part_size (model->recording);
    g_assert_cmpuint (model->sent + head_size + part_size, >=,
        model->file->len);
  }
  g_assert_cmpuint (get_used (model), <=, head_size
      + gst_ice_recording_get_part_size (model->recording)
      + 3 * GST_ICE_CHUNK_SIZE);

  recording_model_finish (model);
  g_assert_cmpuint (model->sent, ==, model->file->len);
  g_assert_cmpuint (model->n_resent, ==, 0);
}

static void
test_plain (void)
{
  GstIceRecordingConfig config = get_small ();

  check_plain (&config);
  config.max_part_duration_us = 2 * SECOND;
  check_plain (&config);
  config.plan.part_size = 100 * KIB;
  check_plain (&config);
}

static void
test_no_head (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;

  config.head_size = 0;
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, 128 * KIB));
  g_assert_cmpuint (model->waiting->len, ==, 1);
  recording_model_finish (model);
}

static void
test_gap_is_zero (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  recording_model_seek (model, 64 * MIB + 12345);
  g_assert_cmpuint (gst_ice_recording_get_size (model->recording), ==, 0);
  g_assert_true (recording_model_write_random (model, 10));
  g_assert_cmpuint (get_used (model), ==, GST_ICE_CHUNK_SIZE);

  /* Zeroes that were written cost as little as those that were not. */
  g_assert_true (recording_model_write_zeroes (model, 8 * MIB));
  g_assert_cmpuint (get_used (model), <=, 12 * GST_ICE_CHUNK_SIZE);
  recording_model_finish (model);
}

/* A gap in several steps, with bytes between them. */
static void
test_gaps (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  guint i;

  for (i = 0; i < 100; i++) {
    recording_model_seek (model, model->file->len + i * 997);
    g_assert_true (recording_model_write_random (model, i * 13 + 1));
    recording_model_arrive_all (model);
  }
  recording_model_finish (model);
}

/* Moving the position alone writes nothing. */
static void
test_seek_alone (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (recording_model_write_random (model, 100));
  recording_model_seek (model, 5 * MIB);
  recording_model_seek (model, 50);
  g_assert_cmpuint (gst_ice_recording_get_size (model->recording), ==, 100);
  recording_model_finish (model);
}

static void
test_zeroes_stay_rewritable (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (recording_model_write_random (model, 1 * MIB));
  recording_model_seek (model, 20 * MIB);
  g_assert_true (recording_model_write_random (model, 1 * MIB));
  recording_model_arrive_all (model);

  assert_rewritten (model, 10 * MIB, 1000);
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, 1);
}

static void
test_refusal (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  g_autoptr (GError) error = NULL;

  /* More than memory could keep for rewrites. */
  while (model->file->len < 3 * config.max_memory) {
    g_assert_true (recording_model_write_random (model, 1 * MIB));
    recording_model_arrive_all (model);
  }

  assert_refused (model, 5 * MIB);
  assert_refused (model, config.head_size);
  assert_rewritten (model, config.head_size - 10, 10);
  assert_rewritten (model, 0, 100);
  assert_rewritten (model, model->file->len - 10, 10);

  /* The text says what, where, and what helps. */
  recording_model_seek (model, 5000000);
  g_assert_cmpint (gst_ice_recording_write (model->recording, "0123456789",
          10, &error), ==, -1);
  g_assert_nonnull (strstr (error->message, "Rewrite of 10 bytes at 5000000"));
  g_assert_nonnull (strstr (error->message, "first 131072 bytes"));
  g_assert_nonnull (strstr (error->message, "head-size"));
  g_assert_nonnull (strstr (error->message, "seekable=no"));

  recording_model_seek (model, model->file->len);
  recording_model_finish (model);
}

/* Writes so much that the head leaves, if it ever does before the end. TRUE if
 * it has. */
static gboolean
write_beyond_early_head (RecordingModel * model, guint64 head_size)
{
  while (model->file->len < 60 * head_size) {
    g_assert_true (recording_model_write_random (model, 64 * KIB));
    recording_model_arrive_all (model);
  }

  return g_hash_table_contains (model->stored, GUINT_TO_POINTER (1));
}

/* Where nothing is rewritten, the head need not be waited for at the end. */
static void
test_head_leaves_early (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (write_beyond_early_head (model, config.head_size));
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, 0);
}

/* It stays rewritable, also while it is on its way, and goes once more. */
static void
test_head_leaves_again (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (write_beyond_early_head (model, config.head_size));
  assert_rewritten (model, 32, 8);
  assert_rewritten (model, 40, 8);
  write_beyond_early_head (model, 2 * config.head_size);
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, 1);
}

/* What was rewritten once will be again. */
static void
test_head_stays (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (recording_model_write_random (model, config.head_size));
  assert_rewritten (model, 32, 8);
  g_assert_false (write_beyond_early_head (model, config.head_size));
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, 0);
}

/* The head grows with a rewrite that begins in it and runs on. */
static void
test_head_grows (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (recording_model_write_random (model, 200 * KIB));
  assert_rewritten (model, 100 * KIB, 80 * KIB);
  while (model->file->len < 3 * config.max_memory) {
    g_assert_true (recording_model_write_random (model, 1 * MIB));
    recording_model_arrive_all (model);
  }
  assert_rewritten (model, 100 * KIB, 80 * KIB);
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, 0);
}

/* A part on its way can still be rewritten; its late answer is ignored. */
static void
test_in_flight (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  g_autoptr (GstIcePart) old = NULL;
  g_autoptr (GstIcePart) new = NULL;

  g_assert_true (recording_model_write_random (model, 300 * KIB));
  g_assert_cmpuint (model->waiting->len, ==, 1);
  old = gst_ice_part_ref (g_ptr_array_index (model->waiting, 0));
  g_assert_cmpuint (old->number, ==, 2);
  g_assert_cmpuint (old->generation, ==, 1);

  assert_rewritten (model, 200 * KIB, 10);
  gst_ice_recording_confirmed (model->recording, 2, 1);
  assert_rewritten (model, 210 * KIB, 10);
  while (model->waiting->len < 2)
    g_assert_true (recording_model_write_random (model, 10 * KIB));
  new = gst_ice_part_ref (g_ptr_array_index (model->waiting,
          model->waiting->len - 1));
  g_assert_cmpuint (new->number, ==, 2);
  g_assert_cmpuint (new->generation, >, 1);
  g_assert_cmpuint (new->offset, ==, old->offset);
  g_assert_cmpuint (new->size, ==, old->size);

  g_clear_pointer (&old, gst_ice_part_unref);
  g_clear_pointer (&new, gst_ice_part_unref);
  recording_model_finish (model);
}

static void
test_ceiling (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;
  g_autoptr (GError) error = NULL;
  guint64 ceiling;

  config.plan = (GstIcePartPlan) {
  100 * KIB, 100 * KIB};
  config.head_size = 100 * KIB;
  ceiling = gst_ice_part_plan_get_ceiling (&config.plan);
  model = recording_model_new (&config, 1);

  g_assert_false (gst_ice_recording_seek (model->recording, ceiling + 1,
          &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
  g_clear_error (&error);

  g_assert_true (gst_ice_recording_seek (model->recording, ceiling - 10,
          &error));
  g_assert_cmpint (gst_ice_recording_write (model->recording, "0123456789",
          10, &error), ==, 10);
  g_assert_cmpint (gst_ice_recording_write (model->recording, "x", 1, &error),
      ==, -1);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);
}

/* ---- when parts leave ---- */

static void
test_age (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;

  config.plan = (GstIcePartPlan) {
  1 * MIB, 8 * MIB};
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, config.head_size));
  recording_model_advance (model, 100 * SECOND);
  g_assert_cmpuint (model->waiting->len, ==, 0);

  /* Too small for OSS at first. */
  g_assert_true (recording_model_write_random (model, 50 * KIB));
  g_assert_cmpint (gst_ice_recording_get_oldest (model->recording), ==,
      model->now_us);
  recording_model_advance (model, 11 * SECOND);
  g_assert_cmpuint (model->waiting->len, ==, 0);
  g_assert_true (recording_model_write_random (model, 50 * KIB));
  g_assert_cmpuint (model->waiting->len, ==, 0);
  recording_model_advance (model, 0);
  g_assert_cmpuint (model->waiting->len, ==, 1);

  /* Old enough only once ten seconds have passed. */
  recording_model_arrive_all (model);
  g_assert_cmpint (gst_ice_recording_get_oldest (model->recording), ==, -1);
  g_assert_true (recording_model_write_random (model, 200 * KIB));
  recording_model_advance (model, 10 * SECOND - 1);
  g_assert_cmpuint (model->waiting->len, ==, 0);
  recording_model_advance (model, 1);
  g_assert_cmpuint (model->waiting->len, ==, 1);
  recording_model_finish (model);
}

/* A muxer that writes in bursts goes back for the size of each cluster, and all
 * of it has arrived by then. The clusters grow, so that no window is known that
 * would do. What is held in all is less than half of memory. */
static void
check_growing_clusters (guint64 part_size, guint64 max_memory, gboolean waits)
{
  GstIceRecordingConfig config = {
    .plan = {part_size, 8 * MIB},
    .max_memory = max_memory,
    .head_size = max_memory / 4,
    .max_part_duration_us = 10 * SECOND,
  };
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  guint64 size;

  g_assert_true (recording_model_write_random (model, config.head_size));
  for (size = 30 * KIB; size < max_memory / 4; size *= 3) {
    guint64 begin = model->file->len;

    g_assert_true (recording_model_write_random (model, size));
    recording_model_arrive_all (model);
    if (waits)
      recording_model_advance (model, 100 * SECOND);
    assert_rewritten (model, begin + 4, 8);
    recording_model_arrive_all (model);
  }
  recording_model_finish (model);
  g_assert_cmpuint (model->n_refused, ==, 0);
}

static void
test_growing_clusters (void)
{
  static const guint64 part_sizes[] = { 102401, 300 * KIB, 1 * MIB };
  static const guint64 memories[] = { 1500000, 4 * MIB, 16 * MIB };
  guint i;

  for (i = 0; i < 9; i++) {
    g_test_message ("parts of %" G_GUINT64_FORMAT ", memory %"
        G_GUINT64_FORMAT, part_sizes[i % 3], memories[i / 3]);
    check_growing_clusters (part_sizes[i % 3], memories[i / 3], FALSE);
    check_growing_clusters (part_sizes[i % 3], memories[i / 3], TRUE);
  }
}

/* Memory was full, and what was held back for rewrites had to leave. The next
 * cluster is rewritten nevertheless. */
static void
test_clusters_after_outage (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;
  guint64 begin = 0;
  guint i;

  config.max_memory = 8 * MIB;
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, 1 * MIB));
  recording_model_arrive_all (model);
  for (i = 0; i < 6; i++) {
    begin = model->file->len;
    g_assert_true (recording_model_write_random (model, 2 * MIB));
    if (i != 3)
      recording_model_arrive_all (model);
    if (i != 4)
      assert_rewritten (model, begin + 4, 8);
    recording_model_advance (model, 30 * SECOND);
    while (i == 4 && get_used (model) + GST_ICE_CHUNK_SIZE
        <= config.max_memory)
      g_assert_true (recording_model_write_random (model, 50 * KIB));
  }
  recording_model_finish (model);
  g_assert_cmpuint (model->n_refused, ==, 0);
}

/* A slow stream, of which there may be hundreds in a process, keeps one part
 * that has arrived beside the one being written, and can rewrite that one. */
static void
test_slow_stream (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;
  guint i;

  config.plan = (GstIcePartPlan) {
  4 * MIB, 64 * MIB};
  model = recording_model_new (&config, 1);
  for (i = 0; i < 5; i++) {
    g_assert_true (recording_model_write_random (model, 2400 * KIB));
    recording_model_advance (model, 10 * SECOND);
    recording_model_arrive_all (model);
    g_assert_cmpuint (get_used (model), <=,
        config.head_size + 2400 * KIB + GST_ICE_CHUNK_SIZE);
  }
  assert_rewritten (model, model->file->len - 2300 * KIB, 10);
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, 1);
}

static void
test_size_only (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;

  config.max_part_duration_us = 0;
  config.plan.part_size = 1 * MIB;
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, 900 * KIB));
  recording_model_advance (model, 3600 * SECOND);
  g_assert_cmpuint (model->waiting->len, ==, 0);
  recording_model_finish (model);
}

static void
test_checkpoint (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;

  config.plan = (GstIcePartPlan) {
  1 * MIB, 8 * MIB};
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, 328 * KIB));
  gst_ice_recording_checkpoint (model->recording);
  g_assert_cmpuint (model->waiting->len, ==, 1);

  /* As soon as OSS takes it. */
  g_assert_true (recording_model_write_random (model, 50 * KIB));
  gst_ice_recording_checkpoint (model->recording);
  g_assert_cmpuint (model->waiting->len, ==, 1);
  g_assert_true (recording_model_write_random (model, 49 * KIB));
  g_assert_cmpuint (model->waiting->len, ==, 1);
  g_assert_true (recording_model_write_random (model, 1 * KIB));
  g_assert_cmpuint (model->waiting->len, ==, 2);

  /* A checkpoint with nothing new hands over nothing. */
  gst_ice_recording_checkpoint (model->recording);
  g_assert_cmpuint (model->waiting->len, ==, 2);
  recording_model_finish (model);
}

/* An application that asks for a checkpoint all the time gets fewer of them,
 * not fewer bytes. */
static void
test_checkpoints_spare_numbers (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = NULL;
  guint64 ceiling;
  guint last = 0;

  config.plan = (GstIcePartPlan) {
  100 * KIB, 200 * KIB};
  config.head_size = 0;
  model = recording_model_new (&config, 1);
  ceiling = gst_ice_part_plan_get_ceiling (&config.plan);
  while (model->position < ceiling) {
    g_autoptr (GError) error = NULL;
    guint64 step = MIN (100 * KIB, ceiling - model->position);

    g_assert_true (gst_ice_recording_seek (model->recording,
            model->position + step - 1, &error));
    g_assert_cmpint (gst_ice_recording_write (model->recording, "x", 1,
            &error), ==, 1);
    gst_ice_recording_checkpoint (model->recording);
    model->position += step;
    while (model->waiting->len > 0) {
      g_autoptr (GstIcePart) part =
          g_ptr_array_steal_index (model->waiting, 0);

      last = MAX (last, part->number);
      gst_ice_recording_confirmed (model->recording, part->number,
          part->generation);
    }
  }

  g_assert_cmpuint (last, <=, GST_ICE_PART_NUMBER_MAX);
  g_assert_cmpuint (gst_ice_recording_get_size (model->recording), ==,
      ceiling);
}

/* ---- memory ---- */

static gpointer
wait_in_thread (gpointer data)
{
  return GINT_TO_POINTER (gst_ice_recording_wait (data));
}

static void
fill_memory (RecordingModel * model)
{
  g_autofree guint8 *data = g_malloc (1 * MIB);
  g_autoptr (GError) error = NULL;

  memset (data, 1, 1 * MIB);
  while (gst_ice_recording_write (model->recording, data, 1 * MIB, &error)
      == 1 * MIB);
  g_assert_no_error (error);
}

static void
test_wait (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  GThread *thread;

  g_assert_true (gst_ice_recording_wait (model->recording));
  fill_memory (model);
  thread = g_thread_new ("waiter", wait_in_thread, model->recording);
  recording_model_arrive (model, 0);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
}

static void
test_flushing (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  GThread *thread;

  fill_memory (model);
  thread = g_thread_new ("waiter", wait_in_thread, model->recording);
  gst_ice_recording_set_flushing (model->recording, TRUE);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (gst_ice_recording_wait (model->recording));

  gst_ice_recording_set_flushing (model->recording, FALSE);
  recording_model_arrive (model, 0);
  g_assert_true (gst_ice_recording_wait (model->recording));
}

/* A gap fills the open part while all memory is taken: the part leaves, and
 * so makes room. */
static void
test_gap_with_full_memory (void)
{
  GstIceRecordingConfig config = {
    .plan = {256 * KIB, 256 * KIB},
    .max_memory = 8 * GST_ICE_CHUNK_SIZE,
    .head_size = 256 * KIB,
  };
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (recording_model_write_random (model, 256 * KIB));
  g_assert_true (recording_model_write_random (model, 200 * KIB));
  recording_model_seek (model, 600 * KIB);
  g_assert_true (recording_model_write_random (model, 100 * KIB));
  recording_model_finish (model);
}

/* ---- random scripts ---- */

static void
test_random (void)
{
  guint n_seeds = g_test_slow () ? MORE_SEEDS
      : test_patience_count_seeds (SEEDS);
  guint seed, n_refused = 0, n_resent = 0, n_sent = 0;

  for (seed = 1; seed <= n_seeds; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    GstIceRecordingConfig config = recording_model_draw_config (rand);
    g_autoptr (RecordingModel) model = recording_model_new (&config, seed);
    guint steps = g_rand_int_range (rand, 1, 200);

    g_test_message ("seed %u: parts of %" G_GUINT64_FORMAT " to %"
        G_GUINT64_FORMAT ", memory %" G_GUINT64_FORMAT ", head %"
        G_GUINT64_FORMAT, seed, config.plan.part_size,
        config.plan.max_part_size, config.max_memory, config.head_size);
    while (steps-- > 0)
      recording_model_play_step (model);
    recording_model_finish (model);
    n_refused += model->n_refused;
    n_resent += model->n_resent;
    n_sent += model->n_sent;
  }

  g_test_message ("%u versions sent, %u of them again, %u rewrites refused",
      n_sent, n_resent, n_refused);
  g_assert_cmpuint (n_refused, >, 0);
  g_assert_cmpuint (n_resent, >, 0);
}

/* ---- muxers ---- */

/**
 * Uplink:
 * @UPLINK_FAST: everything has arrived before the next byte is written
 * @UPLINK_LATE: parts arrive when memory is full, or at the end
 */
typedef enum
{
  UPLINK_FAST,
  UPLINK_LATE,
} Uplink;

#define FRAMES_PER_SECOND 25
#define FRAME_SIZE 20000        /* 4 Mbit/s */

typedef struct
{
  RecordingModel *model;
  Uplink uplink;
} Muxer;

static void
write_frame (Muxer * muxer)
{
  RecordingModel *model = muxer->model;
  gsize size = FRAME_SIZE + g_rand_int_range (model->rand, -5000, 5000);

  g_assert_true (recording_model_write_random (model, size));
  recording_model_advance (model, SECOND / FRAMES_PER_SECOND);
  if (muxer->uplink == UPLINK_FAST)
    recording_model_arrive_all (model);
}

static void
write_seconds (Muxer * muxer, guint seconds)
{
  guint i;

  for (i = 0; i < seconds * FRAMES_PER_SECOND; i++)
    write_frame (muxer);
}

static void
patch (Muxer * muxer, guint64 offset, gsize size)
{
  assert_rewritten (muxer->model, offset, size);
}

/* mp4mux: the size of mdat when the end is known, then moov. */
static void
mux_mp4 (Muxer * muxer)
{
  recording_model_write_random (muxer->model, 48);
  write_seconds (muxer, 100);
  recording_model_write_random (muxer->model, 200000);
  patch (muxer, 32, 16);
}

/* matroskamux: the size of each cluster when the next one begins; segment
 * info, seek head and duration at the end. */
static void
mux_matroska (Muxer * muxer)
{
  guint i;

  recording_model_write_random (muxer->model, 489);
  for (i = 0; i < 20; i++) {
    guint64 begin = muxer->model->file->len;

    recording_model_write_random (muxer->model, 16);
    write_seconds (muxer, g_rand_int_range (muxer->model->rand, 8, 12));
    patch (muxer, begin + 4, 8);
  }
  recording_model_write_random (muxer->model, 500);
  patch (muxer, muxer->model->file->len - 58, 10);
  for (i = 36; i < 240; i += 28)
    patch (muxer, i, 8);
}

/* mp4mux with robust recording: room for two moovs of @reserved bytes at the
 * head; one of them is written each second, then the header that says which
 * one counts. */
static void
mux_robust (Muxer * muxer, guint64 reserved, gsize growth)
{
  RecordingModel *model = muxer->model;
  gsize moov = 800;
  guint i;

  recording_model_write_random (model, 40 + moov);
  recording_model_seek (model, 40 + reserved);
  recording_model_write_random (model, 8);
  recording_model_seek (model, 40 + 2 * reserved);
  recording_model_write_random (model, 16);
  for (i = 0; i < 120; i++) {
    write_seconds (muxer, 1);
    moov += growth;
    patch (muxer, 40 + (i % 2 == 0 ? reserved : 0), moov);
    patch (muxer, 32, 8);
    if (muxer->uplink == UPLINK_FAST)
      recording_model_arrive_all (model);
  }
}

static void
mux_robust_hour (Muxer * muxer)
{
  mux_robust (muxer, 4000000, 1100);
}

/* The moov outgrows the head that is held from the start. */
static void
mux_robust_growing (Muxer * muxer)
{
  mux_robust (muxer, 4000000, 20000);
}

/* flvmux, avimux, wavenc: the head at the end. */
static void
mux_flv (Muxer * muxer)
{
  recording_model_write_random (muxer->model, 300);
  write_seconds (muxer, 60);
  patch (muxer, 4, 100);
  patch (muxer, 200, 50);
}

static void
mux_ts (Muxer * muxer)
{
  write_seconds (muxer, 60);
}

static const struct
{
  const gchar *name;
  void (*mux) (Muxer * muxer);
} muxers[] = {
  {"ts", mux_ts},
  {"flv", mux_flv},
  {"mp4", mux_mp4},
  {"matroska", mux_matroska},
  {"robust", mux_robust_hour},
  {"robust-growing", mux_robust_growing},
};

static void
run_muxer (guint index, Uplink uplink, const GstIceRecordingConfig * config)
{
  g_autoptr (RecordingModel) model = recording_model_new (config, 1);
  Muxer muxer = { model, uplink };
  guint64 extra;

  muxers[index].mux (&muxer);
  recording_model_finish (model);

  extra = model->sent - model->file->len;
  g_test_message ("%s, %s uplink: object %.1f MiB, sent again %u parts of %u,"
      " %.2f %% of the bytes; memory at most %.1f MiB", muxers[index].name,
      uplink == UPLINK_FAST ? "fast" : "late",
      model->file->len / (gdouble) MIB, model->n_resent, model->n_sent,
      100.0 * extra / model->file->len, model->peak / (gdouble) MIB);
  g_assert_cmpuint (model->n_refused, ==, 0);
  g_assert_cmpuint (extra, <=, model->file->len / 50);
}

static void
test_muxer_fast (gconstpointer data)
{
  GstIceRecordingConfig config = get_defaults ();

  run_muxer (GPOINTER_TO_UINT (data), UPLINK_FAST, &config);
}

static void
test_muxer_late (gconstpointer data)
{
  GstIceRecordingConfig config = get_defaults ();

  run_muxer (GPOINTER_TO_UINT (data), UPLINK_LATE, &config);
}

/* Once a few clusters have been seen, nothing is sent twice. */
static void
test_learns_window (void)
{
  GstIceRecordingConfig config = get_defaults ();
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  Muxer muxer = { model, UPLINK_FAST };
  guint i, n_resent = 0;

  recording_model_write_random (model, 489);
  for (i = 0; i < 20; i++) {
    guint64 begin = model->file->len;

    write_seconds (&muxer, 8);
    patch (&muxer, begin + 4, 8);
    recording_model_arrive_all (model);
    if (i == 3)
      n_resent = model->n_resent;
  }
  g_assert_cmpuint (model->n_resent, ==, n_resent);
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, ==, n_resent);
}

/* An outage in the middle of a cluster: memory is full for a while, then
 * everything arrives at once. The patch that comes after it still finds its
 * bytes. */
static void
test_window_outlives_outage (void)
{
  GstIceRecordingConfig config = get_defaults ();
  g_autoptr (RecordingModel) model = NULL;
  Muxer fast, cut;
  guint64 begin = 0;
  guint i;

  config.max_memory = 32 * MIB;
  config.plan.max_part_size = 8 * MIB;
  model = recording_model_new (&config, 1);
  fast = (Muxer) { model, UPLINK_FAST };
  cut = (Muxer) { model, UPLINK_LATE };

  recording_model_write_random (model, 489);
  for (i = 0; i < 4; i++) {
    begin = model->file->len;
    write_seconds (&fast, 10);
    patch (&fast, begin + 4, 8);
  }

  begin = model->file->len;
  write_seconds (&fast, 5);
  while (get_used (model) + GST_ICE_CHUNK_SIZE <= config.max_memory)
    write_frame (&cut);
  recording_model_arrive_all (model);
  write_seconds (&fast, 1);
  begin = MAX (begin, model->file->len - MIN (model->file->len, 5 * MIB));
  patch (&fast, begin + 4, 8);
  recording_model_finish (model);
}

/* ---- threads ---- */

typedef struct
{
  GstIceRecording *recording;
  GAsyncQueue *sealed;          /* (element-type GstIcePart) */
  GMutex lock;
  GHashTable *generations;      /* number to newest; protected by lock */
  gint stop;
} Threads;

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  Threads *threads = user_data;

  g_async_queue_push (threads->sealed, part);
}

/* The network thread: ages, and confirms whatever has come. */
static gpointer
run_network (gpointer user_data)
{
  Threads *threads = user_data;

  while (!g_atomic_int_get (&threads->stop)
      || g_async_queue_length (threads->sealed) > 0) {
    GstIcePart *part = g_async_queue_timeout_pop (threads->sealed, 1000);

    gst_ice_recording_seal_aged (threads->recording);
    gst_ice_recording_get_oldest (threads->recording);
    if (part != NULL) {
      guint number = part->number, generation = part->generation;

      gst_ice_part_unref (part);
      gst_ice_recording_confirmed (threads->recording, number, generation);
    }
  }

  return NULL;
}

static gpointer
run_application (gpointer user_data)
{
  Threads *threads = user_data;

  while (!g_atomic_int_get (&threads->stop)) {
    gst_ice_recording_checkpoint (threads->recording);
    gst_ice_recording_get_part_size (threads->recording);
    g_thread_yield ();
  }

  return NULL;
}

static void
write_all (GstIceRecording * recording, const guint8 * data, gsize size)
{
  gsize done = 0;

  while (done < size) {
    g_autoptr (GError) error = NULL;
    gssize n = gst_ice_recording_write (recording, data + done, size - done,
        &error);

    g_assert_no_error (error);
    done += n;
    if (done < size)
      g_assert_true (gst_ice_recording_wait (recording));
  }
}

static void
test_threads (void)
{
  GstIceRecordingConfig config = get_small ();
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  g_autofree guint8 *data = g_malloc0 (100 * KIB);
  g_autoptr (GPtrArray) rest = NULL;
  Threads threads = { NULL, };
  GThread *network, *application;
  guint i;

  config.max_memory = 2 * MIB;
  config.max_part_duration_us = 1;
  memset (data, 7, 100 * KIB);
  threads.sealed = g_async_queue_new ();
  threads.recording = gst_ice_recording_new (&config, clock, on_sealed,
      &threads);
  network = g_thread_new ("network", run_network, &threads);
  application = g_thread_new ("application", run_application, &threads);

  for (i = 0; i < 500; i++) {
    guint64 size = gst_ice_recording_get_size (threads.recording);

    g_assert_true (gst_ice_recording_seek (threads.recording, 10, NULL));
    write_all (threads.recording, data, 100);
    g_assert_true (gst_ice_recording_seek (threads.recording,
            MAX (size, 110), NULL));
    write_all (threads.recording, data, 100 * KIB);
  }

  g_atomic_int_set (&threads.stop, TRUE);
  g_thread_join (application);
  g_thread_join (network);
  rest = gst_ice_recording_finish (threads.recording);
  for (i = 0; i < rest->len; i++) {
    GstIcePart *part = g_ptr_array_index (rest, i);
    guint number = part->number, generation = part->generation;

    g_ptr_array_index (rest, i) = NULL;
    gst_ice_part_unref (part);
    gst_ice_recording_confirmed (threads.recording, number, generation);
  }
  g_ptr_array_set_free_func (rest, NULL);

  g_assert_cmpuint (gst_ice_recording_get_size (threads.recording), ==,
      500 * 100 * KIB + 110);
  g_assert_cmpuint (gst_ice_recording_get_memory_used (threads.recording), ==,
      0);
  gst_ice_recording_unref (threads.recording);
  g_async_queue_unref (threads.sealed);
}

static void
add_muxer_tests (void)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (muxers); i++) {
    g_autofree gchar *fast = g_strconcat ("/recording/muxers/",
        muxers[i].name, NULL);
    g_autofree gchar *late = g_strconcat (fast, "/late", NULL);

    g_test_add_data_func (fast, GUINT_TO_POINTER (i), test_muxer_fast);
    g_test_add_data_func (late, GUINT_TO_POINTER (i), test_muxer_late);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recording/parts-fit-memory", test_parts_fit_memory);
  g_test_add_func ("/recording/takes-nothing", test_empty);
  g_test_add_func ("/recording/holds-back-only-the-head", test_plain);
  g_test_add_func ("/recording/without-head", test_no_head);
  g_test_add_func ("/recording/gap-reads-as-zeroes", test_gap_is_zero);
  g_test_add_func ("/recording/gaps", test_gaps);
  g_test_add_func ("/recording/seek-alone-writes-nothing", test_seek_alone);
  g_test_add_func ("/recording/zeroes-stay-rewritable",
      test_zeroes_stay_rewritable);
  g_test_add_func ("/recording/refuses-what-is-gone", test_refusal);
  g_test_add_func ("/recording/head-leaves-early", test_head_leaves_early);
  g_test_add_func ("/recording/head-leaves-again", test_head_leaves_again);
  g_test_add_func ("/recording/head-stays", test_head_stays);
  g_test_add_func ("/recording/head-grows", test_head_grows);
  g_test_add_func ("/recording/rewrites-what-is-in-flight", test_in_flight);
  g_test_add_func ("/recording/ends-at-the-ceiling", test_ceiling);
  g_test_add_func ("/recording/hands-over-by-age", test_age);
  g_test_add_func ("/recording/keeps-clusters-that-grow",
      test_growing_clusters);
  g_test_add_func ("/recording/keeps-clusters-after-an-outage",
      test_clusters_after_outage);
  g_test_add_func ("/recording/keeps-little-of-a-slow-stream",
      test_slow_stream);
  g_test_add_func ("/recording/hands-over-by-size-only", test_size_only);
  g_test_add_func ("/recording/checkpoint", test_checkpoint);
  g_test_add_func ("/recording/checkpoints-spare-numbers",
      test_checkpoints_spare_numbers);
  g_test_add_func ("/recording/waits-for-memory", test_wait);
  g_test_add_func ("/recording/flushing-ends-the-wait", test_flushing);
  g_test_add_func ("/recording/gap-with-full-memory",
      test_gap_with_full_memory);
  g_test_add_func ("/recording/random", test_random);
  add_muxer_tests ();
  g_test_add_func ("/recording/learns-the-window", test_learns_window);
  g_test_add_func ("/recording/window-outlives-an-outage",
      test_window_outlives_outage);
  g_test_add_func ("/recording/threads", test_threads);

  return g_test_run ();
}
