/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The recording with a spool against a plain file: what stays rewritable, what
 * stays out of memory, and what a crash leaves. */

#include <string.h>

#include "../patience.h"
#include "recording-model.h"
#include "spool-fixture.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define SECOND ((gint64) G_USEC_PER_SEC)

#define SEEDS 60
#define MORE_SEEDS 2000

#define LITTLE_MEMORY (1 * MIB)

static GstIceRecordingConfig
get_config (GstIceSpool * spool)
{
  return (GstIceRecordingConfig) {
    .plan = {200 * KIB, GST_ICE_PART_SIZE_MAX},
    .max_memory = LITTLE_MEMORY,
    .head_size = 128 * KIB,
    .spool = spool,
  };
}

/* All that was written is on disk. */
static void
flush (RecordingModel * model)
{
  gst_ice_recording_seal_aged (model->recording);
  recording_flush (model->recording);
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
test_rewritable (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  guint64 offset;

  while (model->file->len < 20 * LITTLE_MEMORY) {
    g_assert_true (recording_model_write_random (model, 500 * KIB));
    recording_model_arrive_all (model);
  }
  for (offset = 0; offset < 20 * MIB; offset += 3 * MIB + 12345)
    assert_rewritten (model, offset, 1 + offset / 100);
  recording_model_finish (model);
  g_assert_cmpuint (model->n_resent, >, 5);
}

static void
test_outage (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  g_assert_true (recording_model_write_random (model, 300 * KIB));
  g_assert_false (gst_ice_recording_is_spilling (model->recording));
  while (model->file->len < 40 * LITTLE_MEMORY)
    g_assert_true (recording_model_write_random (model, 100 * KIB));
  g_assert_true (gst_ice_recording_is_spilling (model->recording));
  g_assert_cmpuint (model->waiting->len, >, 50);

  recording_model_arrive_all (model);
  g_assert_false (gst_ice_recording_is_spilling (model->recording));
  recording_model_finish (model);
  g_assert_cmpuint (model->sent, ==, model->file->len);
}

/* A head that memory could not hold, and rewritten often. */
static void
test_large_head (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  guint i;

  g_assert_true (recording_model_write_random (model, 40));
  recording_model_seek (model, 10 * MIB);
  for (i = 1; i <= 50; i++) {
    g_assert_true (recording_model_write_random (model, 100 * KIB));
    assert_rewritten (model, 40, i * 100 * KIB);
    recording_model_arrive_all (model);
  }
  recording_model_finish (model);
  g_assert_cmpuint (model->sent, <=, model->file->len * 102 / 100);
}

static GstIceSpool *
open_bounded (SpoolFixture * fixture, guint64 max_size)
{
  g_autoptr (GError) error = NULL;
  GstIceSpool *spool = gst_ice_spool_open (fixture->directory, MEDIA_ID,
      max_size, GST_ICE_SPOOL_CREATE, &error);

  g_assert_no_error (error);

  return spool;
}

/* Parts that have arrived make room. */
static void
test_bounded (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = open_bounded (fixture, 4 * MIB);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);

  while (model->file->len < 20 * MIB) {
    g_assert_true (recording_model_write_random (model, 100 * KIB));
    recording_model_arrive_all (model);
    flush (model);
    g_assert_cmpuint (gst_ice_spool_get_used (spool), <=, 4 * MIB);
  }
  assert_rewritten (model, model->file->len - 2 * MIB, 1000);
  recording_model_seek (model, 10 * MIB);
  g_assert_false (recording_model_write_random (model, 10));
  g_assert_cmpuint (model->n_refused, ==, 1);
  recording_model_seek (model, model->file->len);
  recording_model_finish (model);
}

/* When nothing arrives either, both are full in the end. */
static void
test_full (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = open_bounded (fixture, 2 * MIB);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = recording_model_new (&config, 1);
  g_autoptr (GError) error = NULL;

  while (model->file->len < 2 * MIB + LITTLE_MEMORY / 2) {
    g_assert_true (recording_model_write_random (model, 64 * KIB));
    flush (model);
  }
  g_assert_cmpuint (model->n_sent, ==, 0);
  error = gst_ice_recording_get_spool_error (model->recording);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_NO_SPACE);

  /* From here on, writing waits for arrivals. */
  while (model->file->len < 8 * MIB)
    g_assert_true (recording_model_write_random (model, 64 * KIB));
  g_assert_cmpuint (model->n_sent, >, 0);
  recording_model_finish (model);
}

/* ---- random scripts ---- */

static void
test_random (void)
{
  guint n_seeds = g_test_slow () ? MORE_SEEDS
      : test_patience_count_seeds (SEEDS);
  guint seed, n_resent = 0;

  for (seed = 1; seed <= n_seeds; seed++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    GstIceRecordingConfig config = recording_model_draw_config (rand);
    g_autoptr (RecordingModel) model = NULL;
    guint steps = g_rand_int_range (rand, 1, 200);

    g_test_message ("seed %u", seed);
    config.spool = spool;
    config.plan.max_part_size = GST_ICE_PART_SIZE_MAX;
    model = recording_model_new (&config, seed);
    while (steps-- > 0)
      recording_model_play_step (model);
    g_assert_cmpuint (model->n_refused, ==, 0);
    recording_model_finish (model);
    n_resent += model->n_resent;
  }
  g_assert_cmpuint (n_resent, >, 0);
}

/* ---- crashes ---- */

/* Ends and begins again with what is on disk, as another process would. */
static void
crash (RecordingModel * model, SpoolFixture * fixture, GstIceSpool ** spool,
    GstIceRecordingConfig * config)
{
  gst_ice_spool_close (*spool, G_MAXINT64);
  gst_ice_spool_unref (*spool);
  *spool = spool_fixture_open (fixture);
  config->spool = *spool;
  recording_model_crash (model, config, TRUE);
}

static void
test_crash (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = NULL;
  guint64 size;

  gst_ice_spool_note_run (spool, 0, &config.plan);
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, 5 * MIB));
  while (model->waiting->len > 5)
    recording_model_arrive_any (model);
  flush (model);
  size = model->file->len;

  crash (model, fixture, &spool, &config);
  g_assert_cmpuint (model->file->len, ==, size);
  g_assert_cmpuint (model->waiting->len, ==, 0);
  recording_model_verify (model);
  g_assert_cmpuint (model->n_found, >, 10);
  g_assert_cmpuint (model->waiting->len, >, 0);
  g_assert_true (recording_model_write_random (model, 3 * MIB));
  recording_model_finish (model);
}

/* What had arrived was rewritten, and that is on disk and not at the service. */
static void
test_crash_after_rewrite (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  static const guint8 zeroes[MIB], ones[] = { 1, 1, 1 };
  g_autoptr (RecordingModel) model = NULL;
  guint n_arrived;

  gst_ice_spool_note_run (spool, 0, &config.plan);
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write (model, zeroes, sizeof zeroes));
  recording_model_arrive_all (model);
  n_arrived = model->n_sent;
  recording_model_seek (model, MIB / 2);
  g_assert_true (recording_model_write (model, ones, sizeof ones));
  flush (model);

  crash (model, fixture, &spool, &config);
  recording_model_verify (model);
  g_assert_cmpuint (model->n_found, ==, n_arrived - 1);
  recording_model_finish (model);
}

/* What an earlier run has written is rewritten. */
static void
test_rewrite_after_crash (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  g_autoptr (RecordingModel) model = NULL;

  gst_ice_spool_note_run (spool, 0, &config.plan);
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write_random (model, 5 * MIB));
  recording_model_arrive_all (model);
  flush (model);

  crash (model, fixture, &spool, &config);
  recording_model_verify (model);
  assert_rewritten (model, MIB + 12345, 1000);
  recording_model_finish (model);
}

/* The last part was handed over, and is too small for another to follow: what
 * is appended goes with it. */
static void
test_crash_at_the_end (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  GstIceRecordingConfig config = get_config (spool);
  static const guint8 zeroes[MIB + 10];
  g_autoptr (RecordingModel) model = NULL;

  gst_ice_spool_note_run (spool, 0, &config.plan);
  model = recording_model_new (&config, 1);
  g_assert_true (recording_model_write (model, zeroes, sizeof zeroes));
  recording_model_take_rest (model);
  recording_model_arrive_all (model);
  flush (model);

  crash (model, fixture, &spool, &config);
  recording_model_verify (model);
  g_assert_cmpuint (model->n_found, >, 0);
  g_assert_true (recording_model_write (model, zeroes, sizeof zeroes));
  recording_model_finish (model);
}

/* At any moment, often, with any number of bytes. */
static void
test_crashes (void)
{
  guint n_seeds = g_test_slow () ? MORE_SEEDS
      : test_patience_count_seeds (SEEDS);
  guint seed, n_found = 0;

  for (seed = 1; seed <= n_seeds; seed++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    GstIceRecordingConfig config = get_config (spool);
    g_autoptr (RecordingModel) model = NULL;
    guint runs = g_rand_int_range (rand, 1, 5);

    g_test_message ("seed %u", seed);
    gst_ice_spool_note_run (spool, 0, &config.plan);
    model = recording_model_new (&config, seed);
    while (runs-- > 0) {
      guint steps = g_rand_int_range (rand, 0, 60);

      while (steps-- > 0) {
        g_assert_true (recording_model_write_random (model,
                g_rand_int_range (rand, 1, 100 * KIB)));
        if (model->waiting->len > 0 && g_rand_boolean (rand))
          recording_model_arrive_any (model);
        if (g_rand_int_range (rand, 0, 4) == 0)
          recording_model_advance (model, SECOND);
      }
      crash (model, fixture, &spool, &config);
      recording_model_verify (model);
    }
    recording_model_finish (model);
    n_found += model->n_found;
  }
  g_assert_cmpuint (n_found, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recording-spool/keeps-everything-rewritable",
      test_rewritable);
  g_test_add_func ("/recording-spool/outlasts-an-outage", test_outage);
  g_test_add_func ("/recording-spool/holds-a-large-head", test_large_head);
  g_test_add_func ("/recording-spool/stays-within-its-bound", test_bounded);
  g_test_add_func ("/recording-spool/is-full-in-the-end", test_full);
  g_test_add_func ("/recording-spool/random", test_random);
  g_test_add_func ("/recording-spool/goes-on-after-a-crash", test_crash);
  g_test_add_func ("/recording-spool/goes-on-after-a-rewrite-and-a-crash",
      test_crash_after_rewrite);
  g_test_add_func ("/recording-spool/rewrites-what-was-before-a-crash",
      test_rewrite_after_crash);
  g_test_add_func ("/recording-spool/goes-on-after-an-end-and-a-crash",
      test_crash_at_the_end);
  g_test_add_func ("/recording-spool/goes-on-after-many-crashes",
      test_crashes);

  return g_test_run ();
}
