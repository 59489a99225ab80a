/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The line; see the header. */

#include "line.h"

#include "common/crc64.h"

/* As the element's own. */
#define BIG_PART_SIZE (4 * MIB)
#define HEAD_SIZE (1 * MIB)

/* ---- the joint ---- */

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  Line *line = user_data;

  gst_ice_upload_push (line->fixture.upload, part);
}

static void
on_event (const GstIceUploadEvent * event, gpointer user_data)
{
  Line *line = user_data;

  upload_fixture_get_callbacks ()->event (event, &line->fixture);
  if (event->type == GST_ICE_UPLOAD_EVENT_CONFIRMED)
    gst_ice_recording_confirmed (line->recording, event->part,
        event->generation);
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  return FALSE;
}

static const GstIceUploadCallbacks callbacks = { on_event, on_ask };

void
line_init (Line * line, const LineConfig * c)
{
  const gchar *const options[] = { "--discard", "--no-md5",
    c->credential_life, NULL
  };
  GstIceRecordingConfig config = {
    .plan = {BIG_PART_SIZE, c->max_memory / 4},
    .max_memory = c->max_memory,
    .head_size = HEAD_SIZE,
    .max_part_duration_us = c->max_part_duration,
  };
  UploadFixture *fixture = &line->fixture;

  *line = (Line) { .config = c,.state = 1 };
  line->data = g_malloc (c->bytes_per_tick);
  upload_fixture_init (fixture, options);
  fixture->config->retry_timeout_us = -1;
  fixture->config->part_size = BIG_PART_SIZE;
  line->recording = gst_ice_recording_new (&config, fixture->time.clock,
      on_sealed, line);
  fixture->upload = gst_ice_upload_new (g_steal_pointer (&fixture->config),
      fixture->time.clock, fixture->thread, &callbacks, line);
  gst_ice_upload_start (fixture->upload);
}

void
line_clear (Line * line)
{
  upload_fixture_clear (&line->fixture);
  gst_ice_recording_unref (line->recording);
  g_free (line->data);
}

/* ---- recording ---- */

static void
write_tick (Line * line)
{
  guint size = line->config->bytes_per_tick;
  guint i;

  for (i = 0; i < size / sizeof (guint32); i++) {
    line->state ^= line->state << 13;
    line->state ^= line->state >> 17;
    line->state ^= line->state << 5;
    line->data[i] = line->state;
  }
  line->crc64 = gst_ice_crc64_update (line->crc64, line->data, size);
  line->size += size;
  g_assert_cmpint (gst_ice_recording_write (line->recording,
          (guint8 *) line->data, size, NULL), ==, size);
}

void
line_record (Line * line, gint64 span)
{
  gint64 tick = line->config->tick;
  gint64 end = test_time_get (&line->fixture.time) + span;

  while (test_time_get (&line->fixture.time) < end) {
    write_tick (line);
    gst_ice_recording_seal_aged (line->recording);
    g_assert_cmpuint (gst_ice_recording_get_memory_used (line->recording), <=,
        line->config->max_memory);
    upload_fixture_pass (&line->fixture, tick, tick);
  }
}

void
line_finish (Line * line)
{
  guint64 size, crc64;

  gst_ice_upload_finish (line->fixture.upload,
      gst_ice_recording_finish (line->recording));
  upload_fixture_wait (&line->fixture, GST_ICE_UPLOAD_EVENT_COMPLETE, 1,
      line->config->tick);

  g_assert_true (ice_emulator_get_object_info (line->fixture.emulator,
          MEDIA_ID, NULL, &size, &crc64));
  g_assert_cmpuint (size, ==, line->size);
  g_assert_cmpuint (crc64, ==, line->crc64);
}

/* ---- looking ---- */

gint64
line_get_lag (Line * line)
{
  gint64 oldest = gst_ice_recording_get_oldest (line->recording);

  return oldest < 0 ? 0 : test_time_get (&line->fixture.time) - oldest;
}

guint
line_count_requests (Line * line)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (line->fixture.upload, &info);

  return info.requests;
}

guint
line_count_events (Line * line, GstIceUploadEventType type)
{
  return upload_fixture_count (&line->fixture, type);
}

void
line_set_reachable (Line * line, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (line->fixture.emulator, reachable, &error);
  g_assert_no_error (error);
}
