/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The fixture of uploads; see the header. */

#include "upload-fixture.h"

#include "../patience.h"
#include "common/crc64.h"
#include "credentials/static-provider.h"

#include <string.h>

#define ACCESS_KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define ACCESS_KEY_SECRET "EmulatorDemoSecret0123456789ab"

/* The longest that a test waits for something, in real time. */
#define DEADLINE (60 * SECOND)

/* ---- what the upload tells ---- */

static void
free_event (gpointer data)
{
  SeenEvent *event = data;

  g_clear_error (&event->error);
  g_free (event->etag);
  g_free (event);
}

/* Call with the lock held. */
static guint
count_events (UploadFixture * fixture, GstIceUploadEventType type)
{
  guint count = 0, i;

  for (i = 0; i < fixture->events->len; i++) {
    SeenEvent *event = g_ptr_array_index (fixture->events, i);

    count += event->type == type;
  }

  return count;
}

static void
on_event (const GstIceUploadEvent * event, gpointer user_data)
{
  UploadFixture *fixture = user_data;
  SeenEvent *seen = g_new0 (SeenEvent, 1);

  g_assert_true (gst_ice_network_thread_is_current (fixture->thread));
  seen->type = event->type;
  seen->part = event->part;
  seen->generation = event->generation;
  seen->size = event->size;
  seen->crc64 = event->crc64;
  seen->etag = g_strdup (event->etag);
  seen->error = event->error != NULL ? g_error_copy (event->error) : NULL;
  seen->time_us = event->time_us;

  g_mutex_lock (&fixture->lock);
  g_assert_cmpuint (count_events (fixture, GST_ICE_UPLOAD_EVENT_CLOSED), ==,
      0);
  g_ptr_array_add (fixture->events, seen);
  g_cond_broadcast (&fixture->changed);
  g_mutex_unlock (&fixture->lock);

  /* As the element does: nothing is left to hand over. */
  if (event->type == GST_ICE_UPLOAD_EVENT_FAILING)
    upload_fixture_finish (fixture, NULL);
}

static gboolean
on_ask (const gchar * reason, gpointer user_data)
{
  UploadFixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  g_ptr_array_add (fixture->reasons, g_strdup (reason));
  g_cond_broadcast (&fixture->changed);
  g_mutex_unlock (&fixture->lock);

  return fixture->promises;
}

static const GstIceUploadCallbacks callbacks = { on_event, on_ask };

/* ---- beginning and end ---- */

static GstIceUploadConfig *
make_config (UploadFixture * fixture)
{
  const GstIceNetworkConfig network = {
    .user_agent = (gchar *) "test",.proxy = (gchar *) "",
    .stall_timeout = 12 * 60 * 60 * GST_SECOND
  };
  GstIceUploadConfig *config = gst_ice_upload_config_new ();
  g_autoptr (GError) error = NULL;

  config->media_id = g_strdup (MEDIA_ID);
  config->ice_endpoint = gst_ice_endpoint_parse_setting (ice_emulator_get_uri
      (fixture->emulator), &error);
  g_assert_no_error (error);
  config->region = g_strdup ("cn-shanghai");
  config->identity = gst_ice_identity_new (ACCESS_KEY_ID, ACCESS_KEY_SECRET,
      NULL);
  config->part_size = PART_SIZE;
  config->parallel_parts = 3;
  config->retry_timeout_us = 600 * SECOND;
  config->stop_timeout_us = 30 * SECOND;
  config->on_error = GST_ICE_END_KEEP;
  config->verify = TRUE;
  config->network = gst_ice_network_config_new (&network);

  return config;
}

void
upload_fixture_init (UploadFixture * fixture, const gchar * const *options)
{
  g_autoptr (GError) error = NULL;

  memset (fixture, 0, sizeof (*fixture));
  test_time_init (&fixture->time);
  fixture->emulator = ice_emulator_new (options, &error);
  g_assert_no_error (error);
  test_time_share (&fixture->time, fixture->emulator);
  ice_emulator_start (fixture->emulator, &error);
  g_assert_no_error (error);

  fixture->thread = gst_ice_network_thread_acquire ();
  fixture->config = make_config (fixture);
  fixture->contents =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->changed);
  fixture->events = g_ptr_array_new_with_free_func (free_event);
  fixture->reasons = g_ptr_array_new_with_free_func (g_free);
}

void
upload_fixture_create (UploadFixture * fixture)
{
  fixture->upload = gst_ice_upload_new (g_steal_pointer (&fixture->config),
      fixture->time.clock, fixture->thread, &callbacks, fixture);
}

void
upload_fixture_start (UploadFixture * fixture)
{
  if (fixture->upload == NULL)
    upload_fixture_create (fixture);
  gst_ice_upload_start (fixture->upload);
}

const GstIceUploadCallbacks *
upload_fixture_get_callbacks (void)
{
  return &callbacks;
}

static void
check_last_event (UploadFixture * fixture)
{
  SeenEvent *last = g_ptr_array_index (fixture->events,
      fixture->events->len - 1);

  g_assert_cmpint (last->type, ==, GST_ICE_UPLOAD_EVENT_CLOSED);
  g_assert_cmpuint (count_events (fixture, GST_ICE_UPLOAD_EVENT_CLOSED), ==,
      1);
}

static void
close_upload (UploadFixture * fixture)
{
  gst_ice_upload_close (fixture->upload);
  upload_fixture_wait (fixture, GST_ICE_UPLOAD_EVENT_CLOSED, 1, 0);
  g_clear_pointer (&fixture->upload, gst_ice_upload_unref);
}

void
upload_fixture_renew (UploadFixture * fixture)
{
  close_upload (fixture);
  upload_fixture_turn (fixture);
  check_last_event (fixture);
  g_ptr_array_set_size (fixture->events, 0);
  g_ptr_array_set_size (fixture->contents, 0);
  fixture->config = make_config (fixture);
}

void
upload_fixture_clear (UploadFixture * fixture)
{
  close_upload (fixture);
  gst_ice_network_thread_release (fixture->thread);
  ice_emulator_free (fixture->emulator);
  check_last_event (fixture);

  g_ptr_array_unref (fixture->contents);
  g_ptr_array_unref (fixture->events);
  g_ptr_array_unref (fixture->reasons);
  g_cond_clear (&fixture->changed);
  g_mutex_clear (&fixture->lock);
  test_time_clear (&fixture->time);
}

void
upload_fixture_add_fault (UploadFixture * fixture, const gchar * fault)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (fixture->emulator, fault, &error);
  g_assert_no_error (error);
}

/* ---- parts ---- */

static GBytes *
make_bytes (guint number, guint generation, gsize size)
{
  guint8 *data = g_malloc (size);
  guint32 state = number * 2654435761u + generation;
  gsize i;

  for (i = 0; i < size; i++) {
    state = state * 1664525 + 1013904223;
    data[i] = state >> 24;
  }

  return g_bytes_new_take (data, size);
}

static void
keep_content (UploadFixture * fixture, guint number, GBytes * bytes)
{
  if (fixture->contents->len < number)
    g_ptr_array_set_size (fixture->contents, number);
  g_clear_pointer (&g_ptr_array_index (fixture->contents, number - 1),
      g_bytes_unref);
  g_ptr_array_index (fixture->contents, number - 1) = g_bytes_ref (bytes);
}

GstIcePart *
upload_fixture_make_part (UploadFixture * fixture, guint number,
    guint generation, gsize size)
{
  GBytes *bytes = make_bytes (number, generation, size);
  GstIcePart fields = {
    .number = number,
    .generation = generation,
    .offset = (number - 1) * (guint64) PART_SIZE,
    .size = size,
    .crc64 = gst_ice_crc64_update (0, g_bytes_get_data (bytes, NULL), size),
    .arrival_us = test_time_get (&fixture->time),
  };

  keep_content (fixture, number, bytes);
  fields.bytes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (fields.bytes, bytes);

  return gst_ice_part_new (&fields);
}

void
upload_fixture_push (UploadFixture * fixture, guint first, guint last)
{
  guint i;

  for (i = first; i <= last; i++)
    gst_ice_upload_push (fixture->upload, upload_fixture_make_part (fixture,
            i, 1, PART_SIZE));
}

void
upload_fixture_finish (UploadFixture * fixture, GstIcePart * last)
{
  GPtrArray *rest =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);

  if (last != NULL)
    g_ptr_array_add (rest, last);
  gst_ice_upload_finish (fixture->upload, rest);
}

/* ---- waiting ---- */

guint
upload_fixture_count (UploadFixture * fixture, GstIceUploadEventType type)
{
  guint count;

  g_mutex_lock (&fixture->lock);
  count = count_events (fixture, type);
  g_mutex_unlock (&fixture->lock);

  return count;
}

/* Call with the lock held. */
static void
check_progress (UploadFixture * fixture, GstIceUploadEventType type,
    guint n, gint64 deadline)
{
  guint i;

  if (g_get_monotonic_time () > deadline)
    g_error ("event %d: %u of %u in vain", type, count_events (fixture, type),
        n);
  for (i = 0; type != GST_ICE_UPLOAD_EVENT_FAILED
      && type != GST_ICE_UPLOAD_EVENT_CLOSED && i < fixture->events->len;
      i++) {
    SeenEvent *event = g_ptr_array_index (fixture->events, i);

    if (event->type == GST_ICE_UPLOAD_EVENT_FAILED)
      g_error ("waiting for event %d: %s", type, event->error->message);
  }
}

void
upload_fixture_wait (UploadFixture * fixture, GstIceUploadEventType type,
    guint n, gint64 step)
{
  gint64 deadline = g_get_monotonic_time () + test_patience (DEADLINE);

  g_mutex_lock (&fixture->lock);
  while (count_events (fixture, type) < n) {
    check_progress (fixture, type, n, deadline);
    if (!g_cond_wait_until (&fixture->changed, &fixture->lock,
            g_get_monotonic_time () + MILLISECOND))
      test_time_advance (&fixture->time, step);
  }
  g_mutex_unlock (&fixture->lock);
}

const SeenEvent *
upload_fixture_get (UploadFixture * fixture, GstIceUploadEventType type)
{
  const SeenEvent *found = NULL;
  guint i;

  g_mutex_lock (&fixture->lock);
  for (i = 0; i < fixture->events->len && found == NULL; i++) {
    SeenEvent *event = g_ptr_array_index (fixture->events, i);

    if (event->type == type)
      found = event;
  }
  g_mutex_unlock (&fixture->lock);
  g_assert_nonnull (found);

  return found;
}

static gboolean
wait_at_gate (gpointer data)
{
  UploadGate *gate = data;

  g_mutex_lock (&gate->lock);
  gate->reached = TRUE;
  g_cond_broadcast (&gate->changed);
  while (!gate->open)
    g_cond_wait (&gate->changed, &gate->lock);
  gate->passed = TRUE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);

  return G_SOURCE_REMOVE;
}

/* What was asked of the upload before has been done by now, and has woken its
 * pump: the gate stands behind that. */
static gboolean
stand_behind_pump (gpointer data)
{
  UploadGate *gate = data;

  gst_ice_network_thread_invoke (gate->fixture->thread, wait_at_gate, gate,
      NULL);

  return G_SOURCE_REMOVE;
}

void
upload_gate_close (UploadGate * gate, UploadFixture * fixture)
{
  gate->fixture = fixture;
  gate->reached = gate->open = gate->passed = FALSE;
  gst_ice_network_thread_invoke (fixture->thread, stand_behind_pump, gate,
      NULL);
}

void
upload_gate_await (UploadGate * gate)
{
  g_mutex_lock (&gate->lock);
  while (!gate->reached)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

void
upload_gate_open (UploadGate * gate)
{
  g_mutex_lock (&gate->lock);
  gate->open = TRUE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

void
upload_fixture_turn (UploadFixture * fixture)
{
  static UploadGate gate;

  upload_gate_close (&gate, fixture);
  upload_gate_open (&gate);
  g_mutex_lock (&gate.lock);
  while (!gate.passed)
    g_cond_wait (&gate.changed, &gate.lock);
  g_mutex_unlock (&gate.lock);
}

void
upload_fixture_pass (UploadFixture * fixture, gint64 span, gint64 step)
{
  gint64 end = test_time_get (&fixture->time) + span;

  while (test_time_get (&fixture->time) < end) {
    gint64 until = g_get_monotonic_time () + MILLISECOND;

    test_time_advance (&fixture->time, step);
    while (g_get_monotonic_time () < until)
      upload_fixture_turn (fixture);
  }
}

/* ---- what the emulator saw ---- */

guint
upload_fixture_count_requests (UploadFixture * fixture,
    IceEmulatorOperation operation, guint status)
{
  return ice_emulator_count (fixture->emulator, operation, status);
}

guint
upload_fixture_get_overlap (UploadFixture * fixture,
    IceEmulatorOperation operation, guint serial)
{
  g_autoptr (GPtrArray) records = ice_emulator_get_records (fixture->emulator);
  guint most = 0, i, j;

  for (i = 0; i < records->len; i++) {
    IceEmulatorRecord *a = g_ptr_array_index (records, i);
    guint overlap = 0;

    if (a->operation != operation || a->serial <= serial)
      continue;
    for (j = 0; j < records->len; j++) {
      IceEmulatorRecord *b = g_ptr_array_index (records, j);

      overlap += b->operation == operation && b->serial > serial
          && b->begin_us <= a->begin_us && b->end_us > a->begin_us;
    }
    most = MAX (most, overlap);
  }

  return most;
}

static GByteArray *
join_contents (UploadFixture * fixture, guint n_parts)
{
  GByteArray *joined = g_byte_array_new ();
  guint i;

  for (i = 0; i < n_parts; i++) {
    gsize size;
    const guint8 *data =
        g_bytes_get_data (g_ptr_array_index (fixture->contents, i), &size);

    g_byte_array_append (joined, data, size);
  }

  return joined;
}

void
upload_fixture_check_object (UploadFixture * fixture, guint n_parts)
{
  g_autofree gchar *path = ice_emulator_get_object_path (fixture->emulator,
      MEDIA_ID);
  g_autoptr (GByteArray) expected = join_contents (fixture, n_parts);
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_nonnull (path);
  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (data, size, expected->data, expected->len);
}

void
upload_fixture_check_no_object (UploadFixture * fixture)
{
  g_autofree gchar *path = ice_emulator_get_object_path (fixture->emulator,
      MEDIA_ID);

  g_assert_null (path);
}

GstIceOutcome
upload_fixture_get_outcome (UploadFixture * fixture)
{
  g_auto (GstIceUploadInfo) info = { 0 };

  gst_ice_upload_get_info (fixture->upload, &info);

  return info.outcome;
}
