/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One upload; see the header. Runs on: any thread, one at a time. */

#include "trial.h"

#include <gst/app/gstappsrc.h>

#include <stdlib.h>
#include <string.h>

#include "emulator/fault-script.h"
#include "patience.h"

GST_PLUGIN_STATIC_DECLARE (icesink);

#define TOLD_REQUESTS 30
#define PATIENCE_US (60 * G_USEC_PER_SEC)

void
trial_init (int *argc, char ***argv)
{
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tEmulatorDemoKeyId1", TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      "EmulatorDemoSecret0123456789ab", TRUE);
  gst_init (argc, argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  GST_PLUGIN_STATIC_REGISTER (icesink);
}

Trial *
trial_new (const gchar * const *options, const gchar * launch)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *description = NULL;
  Trial *trial = g_new0 (Trial, 1);

  trial->emulator = ice_emulator_new (options, &error);
  g_assert_no_error (error);
  ice_emulator_start (trial->emulator, &error);
  g_assert_no_error (error);

  description = g_strdup_printf ("appsrc name=source ! icesink name=sink"
      " media-id=" TRIAL_MEDIA_ID " ice-endpoint=%s %s",
      ice_emulator_get_uri (trial->emulator), launch);
  trial->pipeline = gst_parse_launch (description, &error);
  g_assert_no_error (error);
  trial->source = gst_bin_get_by_name (GST_BIN (trial->pipeline), "source");
  trial->sink = gst_bin_get_by_name (GST_BIN (trial->pipeline), "sink");
  gst_object_unref (trial->source);
  gst_object_unref (trial->sink);
  trial->expected = g_byte_array_new ();

  return trial;
}

void
trial_add_fault (Trial * trial, const gchar * fault)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (trial->emulator, fault, &error);
  g_assert_no_error (error);
}

void
trial_start (Trial * trial)
{
  gst_element_set_state (trial->pipeline, GST_STATE_PLAYING);
}

void
trial_free (Trial * trial)
{
  gst_element_set_state (trial->pipeline, GST_STATE_NULL);
  gst_object_unref (trial->pipeline);
  ice_emulator_free (trial->emulator);
  g_byte_array_unref (trial->expected);
  g_free (trial);
}

void
trial_push (Trial * trial, guint32 seed, gsize size)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  guint32 *data = g_malloc (size + sizeof (guint32));
  gsize i;

  for (i = 0; i < size; i += sizeof (guint32))
    data[i / sizeof (guint32)] = g_rand_int (random);
  g_byte_array_append (trial->expected, (guint8 *) data, size);
  gst_app_src_push_buffer (GST_APP_SRC (trial->source),
      gst_buffer_new_wrapped (data, size));
}

static void
look_at_object (Trial * trial, TrialEnd * end)
{
  g_autofree gchar *path = ice_emulator_get_object_path (trial->emulator,
      TRIAL_MEDIA_ID);
  g_autofree gchar *content = NULL;
  gsize size;

  end->there = path != NULL
      && g_file_get_contents (path, &content, &size, NULL);
  end->exact = end->there && size == trial->expected->len
      && memcmp (content, trial->expected->data, size) == 0;
}

static void
look_at_outcome (Trial * trial, TrialEnd * end)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (trial->sink, "stats", &stats, NULL);
  end->outcome = g_strdup (gst_structure_get_string (stats, "outcome"));
}

static void
note_interruption (TrialEnd * end, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (end->n_interrupted++ == 0)
    end->reason = g_strdup (gst_structure_get_string (structure, "reason"));
}

static void
note_message (Trial * trial, TrialEnd * end, GstMessage * message)
{
  gboolean ours = GST_MESSAGE_SRC (message) == GST_OBJECT (trial->sink);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    end->eos = TRUE;
  else if (!ours)
    ;                           /* the source's "streaming stopped" */
  else if (gst_message_has_name (message, "ice-upload-interrupted"))
    note_interruption (end, message);
  else if (gst_message_has_name (message, "ice-upload-resumed"))
    end->n_resumed++;
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && end->n_errors++ == 0)
    gst_message_parse_error (message, &end->error, &end->debug);
}

/* Until @deadline_us or the end of the pipeline, and then what is on the bus by
 * now. */
static void
collect_messages (Trial * trial, TrialEnd * end, gint64 deadline_us)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (trial->pipeline);

  for (;;) {
    gint64 left_us = deadline_us - g_get_monotonic_time ();
    GstMessage *message;

    if (left_us < 0 || end->eos || end->n_errors > 0)
      left_us = 0;
    message = gst_bus_timed_pop (bus, left_us * GST_USECOND);
    if (message == NULL)
      return;
    note_message (trial, end, message);
    gst_message_unref (message);
  }
}

void
trial_finish (Trial * trial, TrialEnd * end)
{
  *end = (TrialEnd) { 0 };

  gst_app_src_end_of_stream (GST_APP_SRC (trial->source));
  collect_messages (trial, end, g_get_monotonic_time ()
      + test_patience (PATIENCE_US));
  end->hung = !end->eos && end->n_errors == 0;
  look_at_outcome (trial, end);
  look_at_object (trial, end);
}

void
trial_stop (Trial * trial, TrialEnd * end)
{
  *end = (TrialEnd) { 0 };

  /* READY keeps the messages of the bus. */
  gst_element_set_state (trial->pipeline, GST_STATE_READY);
  collect_messages (trial, end, 0);
  look_at_outcome (trial, end);
  look_at_object (trial, end);
}

void
trial_end_clear (TrialEnd * end)
{
  g_clear_error (&end->error);
  g_clear_pointer (&end->debug, g_free);
  g_clear_pointer (&end->outcome, g_free);
  g_clear_pointer (&end->reason, g_free);
}

static void
tell_end (GString * story, const TrialEnd * end)
{
  g_string_append_printf (story, "  %s, outcome %s, %u interruptions (%s),"
      " %u resumptions\n", end->eos ? "EOS" : "no EOS",
      GST_STR_NULL (end->outcome), end->n_interrupted,
      GST_STR_NULL (end->reason), end->n_resumed);
  if (end->error != NULL)
    g_string_append_printf (story, "  error: %s\n  debug: %s\n",
        end->error->message, GST_STR_NULL (end->debug));
}

/* The last ones. */
static void
tell_requests (GString * story, GPtrArray * records)
{
  guint i = records->len - MIN (records->len, TOLD_REQUESTS);
  gint64 begin_us = 0;

  for (; i < records->len; i++) {
    const IceEmulatorRecord *record = g_ptr_array_index (records, i);

    if (begin_us == 0)
      begin_us = record->begin_us;
    g_string_append_printf (story, "  %5" G_GINT64_FORMAT " to %5"
        G_GINT64_FORMAT " ms: %s %u, connection %u, status %u %s %s\n",
        (record->begin_us - begin_us) / 1000,
        (record->end_us - begin_us) / 1000,
        emu_operation_get_name (record->operation), record->part_number,
        record->connection, record->status,
        record->code != NULL ? record->code : "",
        record->fault != NULL ? record->fault : "");
  }
}

gchar *
trial_tell (Trial * trial, const TrialEnd * end)
{
  GString *story = g_string_new (NULL);
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GPtrArray) records = ice_emulator_get_records (trial->emulator);

  tell_end (story, end);
  g_object_get (trial->sink, "stats", &stats, NULL);
  text = gst_structure_to_string (stats);
  g_string_append_printf (story, "  %s\n", text);
  tell_requests (story, records);

  return g_string_free (story, FALSE);
}

guint64
trial_get_stat (Trial * trial, const gchar * field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 wide = 0;
  guint narrow = 0;

  g_object_get (trial->sink, "stats", &stats, NULL);
  if (!gst_structure_get_uint64 (stats, field, &wide)
      && gst_structure_get_uint (stats, field, &narrow))
    wide = narrow;

  return wide;
}
