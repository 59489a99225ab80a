/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The upload and its clock; see the header. */

#include "clocked-upload.h"

#include "common/crc64.h"

/* As the element's own. */
#define BIG_PART_SIZE (4 * MIB)
#define HEAD_SIZE (1 * MIB)

/* ---- the joint ---- */

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  ClockedUpload *self = user_data;

  gst_ice_upload_push (self->fixture.upload, part);
}

static void
on_event (const GstIceUploadEvent * event, gpointer user_data)
{
  ClockedUpload *self = user_data;

  upload_fixture_get_callbacks ()->event (event, &self->fixture);
  if (event->type == GST_ICE_UPLOAD_EVENT_CONFIRMED)
    gst_ice_recording_confirmed (self->recording, event->part,
        event->generation);
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  return FALSE;
}

static const GstIceUploadCallbacks callbacks = { on_event, on_ask };

void
clocked_upload_init (ClockedUpload * self, const ClockedUploadConfig * c)
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
  UploadFixture *fixture = &self->fixture;

  *self = (ClockedUpload) { .config = c,.state = 1 };
  self->data = g_malloc (c->bytes_per_tick);
  upload_fixture_init (fixture, options);
  fixture->config->retry_timeout_us = -1;
  fixture->config->part_size = BIG_PART_SIZE;
  self->recording = gst_ice_recording_new (&config, fixture->time.clock,
      on_sealed, self);
  fixture->upload = gst_ice_upload_new (g_steal_pointer (&fixture->config),
      fixture->time.clock, fixture->thread, &callbacks, self);
  gst_ice_upload_start (fixture->upload);
}

void
clocked_upload_clear (ClockedUpload * self)
{
  upload_fixture_clear (&self->fixture);
  gst_ice_recording_unref (self->recording);
  g_free (self->data);
}

/* ---- recording ---- */

static void
write_tick (ClockedUpload * self)
{
  guint size = self->config->bytes_per_tick;
  guint i;

  for (i = 0; i < size / sizeof (guint32); i++) {
    self->state ^= self->state << 13;
    self->state ^= self->state >> 17;
    self->state ^= self->state << 5;
    self->data[i] = self->state;
  }
  self->crc64 = gst_ice_crc64_update (self->crc64, self->data, size);
  self->size += size;
  g_assert_cmpint (gst_ice_recording_write (self->recording,
          (guint8 *) self->data, size, NULL), ==, size);
}

void
clocked_upload_record (ClockedUpload * self, gint64 span)
{
  gint64 tick = self->config->tick;
  gint64 end = test_time_get (&self->fixture.time) + span;

  while (test_time_get (&self->fixture.time) < end) {
    write_tick (self);
    gst_ice_recording_seal_aged (self->recording);
    g_assert_cmpuint (gst_ice_recording_get_memory_used (self->recording), <=,
        self->config->max_memory);
    upload_fixture_pass (&self->fixture, tick, tick);
  }
}

void
clocked_upload_finish (ClockedUpload * self)
{
  guint64 size, crc64;

  gst_ice_upload_finish (self->fixture.upload,
      gst_ice_recording_finish (self->recording));
  upload_fixture_wait (&self->fixture, GST_ICE_UPLOAD_EVENT_COMPLETE, 1,
      self->config->tick);

  g_assert_true (ice_emulator_get_object_info (self->fixture.emulator,
          MEDIA_ID, NULL, &size, &crc64));
  g_assert_cmpuint (size, ==, self->size);
  g_assert_cmpuint (crc64, ==, self->crc64);
}

/* ---- looking ---- */

gint64
clocked_upload_get_lag (ClockedUpload * self)
{
  gint64 oldest = gst_ice_recording_get_oldest (self->recording);

  return oldest < 0 ? 0 : test_time_get (&self->fixture.time) - oldest;
}

guint
clocked_upload_count_requests (ClockedUpload * self)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (self->fixture.upload, &info);

  return info.requests;
}

guint
clocked_upload_count_events (ClockedUpload * self, GstIceUploadEventType type)
{
  return upload_fixture_count (&self->fixture, type);
}

void
clocked_upload_set_reachable (ClockedUpload * self, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (self->fixture.emulator, reachable, &error);
  g_assert_no_error (error);
}
