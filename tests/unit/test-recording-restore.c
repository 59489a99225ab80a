/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A recording that goes on from journals that no run of ours writes, and from a
 * spool that somebody else is to have. */

#include <string.h>
#include <unistd.h>

#include "recording/recording.h"
#include "spool-fixture.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define MIB (1024 * KIB)

#define FREED(number) "{\"note\":\"freed\",\"number\":" #number "}"
#define ARRIVED(number, size) "{\"note\":\"arrived\",\"number\":" #number \
    ",\"size\":" #size ",\"crc64\":\"0123456789abcdef\",\"etag\":\"E\"}"
#define PART(number, offset, size) "{\"note\":\"part\",\"number\":" #number \
    ",\"offset\":" #offset ",\"size\":" #size "}"

static const GstIcePartPlan plan = { PART_SIZE, PART_SIZE };

typedef struct
{
  SpoolFixture *fixture;
  GstIceSpool *spool;
  GstIceClock *clock;
  GstIceRecording *recording;
  guint n_sealed;               /* parts that were handed over */
  guint n_found;                /* parts that have arrived before */
} Rest;

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  Rest *rest = user_data;

  rest->n_sealed++;
  gst_ice_part_unref (part);
}

static void
on_arrived (GstIcePart * part, const gchar * etag, gpointer user_data)
{
  Rest *rest = user_data;

  rest->n_found++;
  g_assert_cmpstr (etag, ==, "E");
  gst_ice_part_unref (part);
}

/* Of a run that has written @size bytes, most of them zeroes, and @notes, which
 * NULL ends. */
static Rest *
rest_new (const gchar * const *notes, guint64 size)
{
  Rest *rest = g_new0 (Rest, 1);
  GstIceRecordingConfig config = {.plan = plan,.max_memory = 1 * MIB };
  g_autofree gchar *data = NULL;

  rest->fixture = spool_fixture_new ();
  rest->spool = spool_fixture_open (rest->fixture);
  gst_ice_spool_note_run (rest->spool, 0, &plan);
  gst_ice_spool_flush (rest->spool);
  g_clear_pointer (&rest->spool, gst_ice_spool_unref);
  for (; *notes != NULL; notes++)
    spool_fixture_append_line (rest->fixture, *notes);
  data = spool_fixture_get_path (rest->fixture, "data");
  g_assert_cmpint (truncate (data, size), ==, 0);

  rest->spool = config.spool = spool_fixture_open (rest->fixture);
  rest->clock = gst_ice_clock_new ();
  rest->recording = gst_ice_recording_new (&config, rest->clock, on_sealed,
      rest);

  return rest;
}

static void
rest_free (Rest * rest)
{
  gst_ice_recording_flush_until (rest->recording, G_MAXINT64);
  gst_ice_recording_unref (rest->recording);
  gst_ice_clock_unref (rest->clock);
  gst_ice_spool_unref (rest->spool);
  spool_fixture_free (rest->fixture);
  g_free (rest);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rest, rest_free)

static void
restore (Rest * rest)
{
  g_autoptr (GError) error = NULL;

  gst_ice_recording_restore (rest->recording, &error);
  g_assert_no_error (error);
}

/* Reads what was left, until that is done or fails. */
static gboolean
verify (Rest * rest, GError ** error)
{
  gboolean done = FALSE;

  while (!done)
    if (!gst_ice_recording_verify_next (rest->recording, rest->spool, &done,
            on_arrived, rest, error))
      return FALSE;

  return TRUE;
}

static void
refuse (const gchar * const *notes, guint64 size, GstIceErrorCode code,
    const gchar * words)
{
  g_autoptr (Rest) rest = rest_new (notes, size);
  g_autoptr (GError) error = NULL;

  g_assert_false (gst_ice_recording_restore (rest->recording, &error));
  g_assert_error (error, GST_ICE_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, words));
}

/* ---- what can't become an object ---- */

/* A part that is at the service alone has the size that it has there, and must
 * be the last one if that is too small. */
static void
test_small_part (void)
{
  const gchar *followed[] = { PART (1, 0, 100), FREED (1),
    PART (2, 100, 102400), NULL
  };
  const gchar *alone[] = { PART (1, 0, 100), FREED (1), ARRIVED (1, 100),
    NULL
  };
  g_autoptr (Rest) rest = rest_new (alone, 100);
  g_autoptr (GError) error = NULL;

  refuse (followed, 102500, GST_ICE_ERROR_FAILED, "has 100 bytes");
  refuse (alone, 300 * KIB, GST_ICE_ERROR_FAILED, "has 100 bytes");

  restore (rest);
  g_assert_true (verify (rest, NULL));
  g_assert_cmpuint (rest->n_found, ==, 1);
  g_assert_cmpint (gst_ice_recording_write (rest->recording, "1234", 4,
          &error), ==, -1);
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "has 100 bytes"));
}

/* The numbers are used up, and there is more. */
static void
test_too_many_parts (void)
{
  const gchar *notes[] = { PART (10000, 1023897600, 102400), NULL };
  const guint64 largest = 10000 * (guint64) PART_SIZE;
  g_autoptr (Rest) rest = rest_new (notes, largest);

  refuse (notes, largest + PART_SIZE, GST_ICE_ERROR_NO_SPACE, "more than");

  restore (rest);
  g_assert_cmpuint (gst_ice_recording_get_size (rest->recording), ==, largest);
}

/* Its bytes were given up, and it never arrived. */
static void
test_lost_part (void)
{
  const gchar *notes[] = { PART (1, 0, 102400), FREED (1), NULL };
  g_autoptr (Rest) rest = rest_new (notes, PART_SIZE);
  g_autoptr (GError) error = NULL;

  restore (rest);
  g_assert_false (verify (rest, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "Part 1 is neither"));
  g_assert_cmpuint (rest->n_found, ==, 0);
}

/* ---- a spool that is let go of ---- */

/* Before all of it has been read, with and without what is known of it. */
static void
test_let_go (void)
{
  const gchar *notes[] = { PART (1, 0, 102400), NULL };
  guint i;

  for (i = 0; i < 2; i++) {
    g_autoptr (Rest) rest = rest_new (notes, 3 * PART_SIZE);
    g_autoptr (GError) error = NULL;

    restore (rest);
    gst_ice_recording_detach_spool (rest->recording);
    if (i == 1)
      gst_ice_recording_discard (rest->recording);
    g_assert_false (verify (rest, &error));
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, "let go of"));
    g_assert_cmpuint (rest->n_sealed, ==, 0);
  }
}

/* Nothing was left: there is nothing to go on from. */
static void
test_nothing (void)
{
  const gchar *notes[] = { PART (1, 0, 102400), NULL };
  g_autoptr (Rest) rest = rest_new (notes, 3 * PART_SIZE);

  gst_ice_spool_forget_left (rest->spool);
  restore (rest);
  g_assert_cmpuint (gst_ice_recording_get_size (rest->recording), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recording-restore/lets-no-small-part-be-followed",
      test_small_part);
  g_test_add_func ("/recording-restore/knows-how-many-parts-there-can-be",
      test_too_many_parts);
  g_test_add_func ("/recording-restore/misses-a-part", test_lost_part);
  g_test_add_func ("/recording-restore/reads-no-spool-of-somebody-else",
      test_let_go);
  g_test_add_func ("/recording-restore/begins-with-nothing", test_nothing);

  return g_test_run ();
}
