/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A sink with a spool: what goes there, what stays there, who may have it, and
 * what the next run makes of it. tests/chaos/crashes.c has what kill -9 does. */

#define _GNU_SOURCE             /* RTLD_DEFAULT */

#include "fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "disk.h"
#include "emulator/test-client.h"
#include "remove-tree.h"

#define TS_CAPS "video/mpegts,systemstream=true,packetsize=188"

/**
 * Spool:
 * @f: (owned): the sink
 * @directory: (owned): of the spool
 */
typedef struct
{
  Fixture *f;
  gchar *directory;
} Spool;

static void
set_spool (Fixture * f, const gchar * directory, const gchar * settings)
{
  g_object_set (f->sink, "spool-directory", directory, NULL);
  fixture_set (f, settings);
}

static Spool *
spool_new (const gchar * settings)
{
  Spool *spool = g_new0 (Spool, 1);
  g_autoptr (GError) error = NULL;

  spool->f = fixture_new (NULL);
  spool->directory = g_dir_make_tmp ("icesink-spool-XXXXXX", &error);
  g_assert_no_error (error);
  set_spool (spool->f, spool->directory, settings);

  return spool;
}

static gchar *
get_path (Spool * spool, const gchar * name)
{
  return g_build_filename (spool->directory, spool->f->media_id, name, NULL);
}

static void
spool_free (Spool * spool)
{
  fixture_free (spool->f);
  test_remove_tree (spool->directory);
  g_free (spool->directory);
  g_free (spool);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Spool, spool_free)

static gboolean
is_there (Spool * spool)
{
  g_autofree gchar *path = get_path (spool, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* The data is what was pushed. */
static void
assert_spooled (Spool * spool)
{
  g_autofree gchar *path = get_path (spool, "data");
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (data, size, spool->f->expected->data,
      spool->f->expected->len);
}

/* Another sink, in the same place, after that of @spool. */
static Fixture *
new_next (Spool * spool, const gchar * settings)
{
  Fixture *f = fixture_new_with (spool->f->emulator, spool->f->media_id);

  set_spool (f, spool->directory, settings);

  return f;
}

static void
stop (Fixture * f)
{
  fixture_set_state (f, GST_STATE_NULL);
}

/* ---- one run ---- */

static void
test_removed (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;

  fixture_record (f, 3 * MIB);
  g_assert_true (is_there (spool));
  fixture_complete (f);
  stop (f);
  g_assert_false (is_there (spool));
}

static void
test_modes (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  static const gchar *const names[] = { NULL, "data", "journal", "lock" };
  guint i;

  fixture_play (spool->f);
  fixture_push_all (spool->f, MIB, 64 * KIB);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = get_path (spool, names[i]);
    GStatBuf info;

    g_assert_cmpint (g_stat (path, &info), ==, 0);
    g_assert_cmpint (info.st_mode & 0777, ==, i == 0 ? 0700 : 0600);
  }
  fixture_finish (spool->f);
}

/* Far more than memory, while nothing can be sent. */
static void
test_outage (void)
{
  g_autoptr (Spool) spool = spool_new ("max-memory=1048576");
  Fixture *f = spool->f;
  const GstStructure *spilling;
  guint64 spooled;

  fixture_record (f, MIB);
  fixture_wait_element (f, "ice-upload-started");
  fixture_set_reachable (f, FALSE);
  g_assert_cmpint (fixture_push_all (f, 30 * MIB, 64 * KIB), ==, GST_FLOW_OK);
  g_assert_cmpuint (fixture_get_stat (f, "memory-used"), <=, MIB);
  spilling = fixture_wait_element (f, "ice-upload-spilling");
  g_assert_true (gst_structure_get_uint64 (spilling, "spooled", &spooled));
  /* it tells of the moment when the first part had left memory */
  g_assert_cmpuint (spooled, >=, FIXTURE_PART_SIZE);
  g_assert_cmpuint (fixture_get_stat (f, "spool-used"), >, 20 * MIB);

  fixture_set_reachable (f, TRUE);
  fixture_complete (f);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-spilling"), ==, 1);
}

/* Nothing can be sent, the spool takes over, and the application is told. */
static void
spill (Fixture * f)
{
  guint before = fixture_count_elements (f, "ice-upload-spilling");

  fixture_set_reachable (f, FALSE);
  fixture_push_all (f, 8 * MIB, 64 * KIB);
  fixture_wait_for (f, fixture_count_elements (f, "ice-upload-spilling")
      > before);
}

/* The first news of progress that says so. */
static void
wait_progress_to_the_end (Fixture * f)
{
  guint64 pending = 1;

  while (pending > 0) {
    fixture_forget (f);
    g_assert_true (gst_structure_get_uint64 (fixture_wait_element (f,
                "ice-upload-progress"), "bytes-pending", &pending));
  }
}

static void
test_outages (void)
{
  g_autoptr (Spool) spool = spool_new ("max-memory=1048576"
      " progress-interval=100000000");
  Fixture *f = spool->f;

  fixture_play (f);
  fixture_push_parts (f, 2);
  fixture_wait_element (f, "ice-upload-started");
  spill (f);
  fixture_set_reachable (f, TRUE);
  fixture_wait_uploaded (f);
  wait_progress_to_the_end (f);
  spill (f);
  fixture_set_reachable (f, TRUE);
  fixture_complete (f);
}

/* Nothing that was sent is out of reach of a rewrite. */
static void
test_rewrite (void)
{
  g_autoptr (Spool) spool = spool_new ("max-memory=1048576");
  Fixture *f = spool->f;
  guint64 offset;

  fixture_record (f, 10 * MIB);
  for (offset = 0; offset < 10 * MIB; offset += 3 * MIB + 7) {
    g_autoptr (GstBuffer) buffer = fixture_new_buffer (99, 5000);

    fixture_push_segment (f, GST_FORMAT_BYTES, offset);
    gst_buffer_extract (buffer, 0, f->expected->data + offset, 5000);
    g_assert_cmpint (gst_pad_push (f->pad, gst_buffer_ref (buffer)), ==,
        GST_FLOW_OK);
  }
  fixture_complete (f);
}

static void
flush (Fixture * f)
{
  gst_pad_push_event (f->pad, gst_event_new_flush_start ());
  gst_pad_push_event (f->pad, gst_event_new_flush_stop (TRUE));
  fixture_push_segment (f, GST_FORMAT_BYTES, 0);
  g_byte_array_set_size (f->expected, 0);

  /* a flush takes the state back to PAUSED; a pipeline would do this */
  fixture_set_state (f, GST_STATE_PLAYING);
}

static void
test_flush (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;

  fixture_record (f, 2 * MIB);
  flush (f);
  fixture_push_all (f, MIB + 5, 64 * KIB);
  fixture_complete (f);
}

/* The first object is complete and its spool has gone; there is another. */
static void
test_flush_after_end (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;

  fixture_record (f, MIB);
  fixture_finish (f);
  flush (f);
  fixture_push_all (f, 2 * MIB + 5, 64 * KIB);
  g_assert_true (is_there (spool));
  fixture_complete (f);
  stop (f);
  g_assert_false (is_there (spool));
}

static void
test_abort (void)
{
  g_autoptr (Spool) spool = spool_new ("on-stop=abort");

  fixture_play (spool->f);
  fixture_push_all (spool->f, MIB, 64 * KIB);
  fixture_wait_element (spool->f, "ice-upload-started");
  stop (spool->f);
  g_assert_false (is_there (spool));
}

/* Nothing has been sent that would have to be aborted. */
static void
test_abort_of_nothing_sent (void)
{
  g_autoptr (Spool) spool = spool_new ("on-stop=abort");

  fixture_add_fault (spool->f, "refresh:stall-before-answer:count=0");
  fixture_play (spool->f);
  fixture_push_all (spool->f, MIB, 64 * KIB);
  g_assert_true (is_there (spool));
  stop (spool->f);
  g_assert_false (is_there (spool));
  g_assert_cmpuint (fixture_count (spool->f, ICE_EMULATOR_INITIATE), ==, 0);
}

static void
test_nothing_recorded (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  fixture_play (spool->f);
  stop (spool->f);
  g_assert_false (is_there (spool));
}

/* ---- an error ---- */

static void
test_kept_after_error (void)
{
  g_autoptr (Spool) spool = spool_new ("head-size=0 on-error=keep");
  Fixture *f = spool->f;
  const GstStructure *details;
  g_autofree gchar *path = get_path (spool, NULL);
  g_autofree gchar *debug = NULL;
  g_autoptr (Fixture) next = NULL;

  fixture_add_fault (f, "part:forbidden:count=0");
  fixture_record (f, 5 * MIB);
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  gst_message_parse_error (fixture_wait_message (f, GST_MESSAGE_ERROR), NULL,
      &debug);
  g_assert_nonnull (strstr (debug, path));
  stop (f);
  g_assert_true (is_there (spool));

  ice_emulator_clear_faults (f->emulator);
  next = new_next (spool, "resume=only");
  fixture_play (next);
  fixture_push_eos (next);
  fixture_wait_message (next, GST_MESSAGE_EOS);
  g_byte_array_append (next->expected, f->expected->data,
      f->expected->len);
  g_assert_cmpuint (fixture_assert_object_is_prefix (next), >, 0);
  stop (next);
  g_assert_false (is_there (spool));
}

/* ---- the next run ---- */

/* Leaves @size bytes of @caps in the spool, of which @arrived have arrived. */
static void
leave_with (Spool * spool, const gchar * caps, gsize size, guint64 arrived)
{
  Fixture *f = spool->f;

  fixture_set (f, "on-stop=keep");
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_open_stream (f, caps);
  fixture_push_all (f, size, 64 * KIB);
  fixture_wait_element (f, "ice-upload-started");
  fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded") >= arrived);
  stop (f);
  assert_spooled (spool);
}

static void
leave (Spool * spool, const gchar * caps, gsize size)
{
  leave_with (spool, caps, size, 0);
}

static void
test_append (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, TS_CAPS, 3 * MIB + 1234);
  next = new_next (spool, NULL);
  g_byte_array_append (next->expected, spool->f->expected->data,
      spool->f->expected->len);
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, TS_CAPS);
  fixture_push_all (next, 2 * MIB, 64 * KIB);
  fixture_complete (next);
  g_assert_cmpuint (fixture_count (next, ICE_EMULATOR_INITIATE), ==, 1);
  stop (next);
  g_assert_false (is_there (spool));
}

/* A picture of the cover stands at the head of a stream, and in its caps. */
static void
test_append_covers (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autofree gchar *cover = g_strnfill (2 * MIB, 'c');
  g_autofree gchar *caps = g_strdup_printf ("audio/ogg,"
      "streamheader=(buffer)<%s>", cover);
  g_autoptr (Fixture) next = NULL;

  leave (spool, caps, MIB + 1234);
  next = new_next (spool, NULL);
  g_byte_array_append (next->expected, spool->f->expected->data,
      spool->f->expected->len);
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, caps);
  fixture_push_all (next, MIB, 64 * KIB);
  fixture_complete (next);
}

/* Appends to what is left. */
static Fixture *
new_appended (Spool * spool, const gchar * settings)
{
  Fixture *next = new_next (spool, settings);

  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, TS_CAPS);
  fixture_push_all (next, 6 * MIB, 64 * KIB);

  return next;
}

/* The way back to where it began would go through what was left, so there is
 * none, and nothing of both is lost. */
static void
test_append_flushed (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, TS_CAPS, 3 * MIB + 1234);
  next = new_appended (spool, "on-error=keep");
  flush (next);
  g_assert_cmpint (fixture_push (next, 1000), ==, GST_FLOW_ERROR);
  fixture_wait_error (next, GST_RESOURCE_ERROR_SETTINGS);
  fixture_assert_failed_once (next);
  stop (next);
  g_assert_true (is_there (spool));
}

/* Nothing of the new stream has come yet. */
static void
test_append_flushed_at_once (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, TS_CAPS, 3 * MIB + 1234);
  next = new_next (spool, NULL);
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, TS_CAPS);
  flush (next);
  g_byte_array_append (next->expected, spool->f->expected->data,
      spool->f->expected->len);
  fixture_push_all (next, MIB, 64 * KIB);
  fixture_complete (next);
}

/* Nor is there one when both are complete. */
static void
test_append_flushed_after_end (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;
  const GstStructure *details;

  leave (spool, TS_CAPS, 3 * MIB + 1234);
  next = new_appended (spool, NULL);
  fixture_finish (next);
  fixture_forget (next);
  flush (next);
  g_assert_cmpint (fixture_push (next, 1000), ==, GST_FLOW_ERROR);
  details = fixture_wait_error (next, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "completed");
  fixture_assert_failed_once (next);
}

/* There is no spool for what follows, and so nothing follows. */
static void
test_flush_fails (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;

  fixture_record (f, MIB);
  fixture_finish (f);
  fixture_forget (f);
  test_remove_tree (spool->directory);
  g_assert_true (g_file_set_contents (spool->directory, "a file", -1, NULL));
  flush (f);
  g_assert_cmpint (fixture_push (f, 1000), ==, GST_FLOW_ERROR);
  fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
  fixture_assert_failed_once (f);

  /* There is again. */
  test_remove_tree (spool->directory);
  fixture_forget (f);
  flush (f);
  fixture_push_all (f, MIB, 64 * KIB);
  fixture_complete (f);
}

/* The earlier recording is finished, and the new stream not taken. */
static void
refuse_next (Spool * spool, const gchar * caps)
{
  g_autoptr (Fixture) next = NULL;
  const GstStructure *details;

  leave (spool, caps, 3 * MIB + 1234);
  next = new_next (spool, NULL);
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, caps);
  g_assert_cmpint (fixture_push (next, 1000), ==, GST_FLOW_ERROR);
  details = fixture_wait_error (next, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==,
      "completed");
  fixture_assert_failed_once (next);
  fixture_assert_object (spool->f);
  stop (next);
}

/* A supervisor that starts it again does not overwrite what was saved, but
 * somebody who knows may. */
static void
test_not_overwritten (gconstpointer data)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) again = NULL;
  g_autoptr (Fixture) only = NULL;
  g_autoptr (Fixture) anew = NULL;
  g_autofree gchar *debug = NULL;

  refuse_next (spool, data);
  again = new_next (spool, NULL);
  /* It fails here, or a little later where the disk takes its time. */
  gst_element_set_state (again->sink, GST_STATE_PAUSED);
  fixture_wait_error (again, GST_RESOURCE_ERROR_SETTINGS);
  gst_message_parse_error (fixture_wait_message (again, GST_MESSAGE_ERROR),
      NULL, &debug);
  g_assert_nonnull (strstr (debug, "would overwrite it"));
  stop (again);
  fixture_assert_object (spool->f);

  only = new_next (spool, "resume=only");
  fixture_play (only);
  fixture_push_eos (only);
  fixture_wait_message (only, GST_MESSAGE_EOS);
  stop (only);
  g_assert_true (is_there (spool));

  test_remove_tree (spool->directory);
  anew = new_next (spool, NULL);
  fixture_record (anew, MIB);
  fixture_complete (anew);
  stop (anew);
  g_assert_false (is_there (spool));
}

static void
test_refused (gconstpointer caps)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  refuse_next (spool, caps);
}

static void
test_only (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, "video/quicktime", 3 * MIB + 1234);
  next = new_next (spool, "resume=only");
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, "video/quicktime");
  g_assert_cmpint (fixture_push (next, 1000), ==, GST_FLOW_OK);
  fixture_wait_message (next, GST_MESSAGE_EOS);
  fixture_assert_object (spool->f);
  g_assert_cmpint (fixture_push (next, 1000), ==, GST_FLOW_OK);
  g_assert_true (fixture_push_eos (next));
  g_assert_cmpuint (fixture_count_messages (next, GST_MESSAGE_EOS), ==, 1);
  fixture_assert_object (spool->f);
}

/* The same sink records again, and its EOS is one like any other. */
static void
test_only_once (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, TS_CAPS, MIB);
  next = new_next (spool, "resume=only");
  fixture_play (next);
  fixture_push (next, 1000);
  fixture_wait_message (next, GST_MESSAGE_EOS);
  fixture_set_state (next, GST_STATE_READY);
  fixture_forget (next);

  fixture_set (next, "resume=auto");
  g_byte_array_set_size (next->expected, 0);
  fixture_record (next, 2 * MIB);
  fixture_complete (next);
}

/* Whatever stands in front of the sink, EOS comes, and no other element's
 * error. */
static void
test_only_behind (gconstpointer description)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, "video/quicktime", MIB + 1234);
  next = new_next (spool, "resume=only");
  fixture_launch (next, description);
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_wait_message (next, GST_MESSAGE_EOS);
  g_assert_cmpuint (fixture_count_messages (next, GST_MESSAGE_ERROR), ==, 0);
  fixture_assert_object (spool->f);
}

/* Nothing is left: the asset keeps what it has. */
static void
test_only_of_nothing (void)
{
  g_autoptr (Spool) spool = spool_new ("resume=only");
  Fixture *f = spool->f;

  fixture_play (f);
  g_assert_cmpint (fixture_push (f, 1000), ==, GST_FLOW_OK);
  fixture_wait_message (f, GST_MESSAGE_EOS);
  fixture_assert_requests (f, "");
  stop (f);
  g_assert_false (is_there (spool));
}

/* Who gives up what this run records does not give up what another one has. */
static void
test_not_aborted (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, TS_CAPS, 3 * MIB + 1234);
  next = new_next (spool, "on-stop=abort");
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_wait_element (next, "ice-upload-started");
  stop (next);
  assert_spooled (spool);
  g_assert_cmpuint (ice_emulator_count_open_uploads (next->emulator), ==, 1);
}

static void
test_never (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;

  leave (spool, TS_CAPS, MIB);
  next = new_next (spool, "resume=never");
  g_assert_cmpint (gst_element_set_state (next->sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (next, GST_RESOURCE_ERROR_SETTINGS);
  assert_spooled (spool);
}

/* The next run appends to what is left, to the exact end. Returns how many
 * uploads it began. */
static guint
append_to_left (Spool * spool)
{
  g_autoptr (Fixture) next = new_next (spool, NULL);
  guint before = fixture_count (next, ICE_EMULATOR_INITIATE);

  g_byte_array_append (next->expected, spool->f->expected->data,
      spool->f->expected->len);
  fixture_set_state (next, GST_STATE_PLAYING);
  fixture_open_stream (next, TS_CAPS);
  fixture_push_all (next, MIB, 64 * KIB);
  fixture_complete (next);

  return fixture_count (next, ICE_EMULATOR_INITIATE) - before;
}

/* Somebody aborts the upload that is left. */
static void
abort_left (Spool * spool)
{
  g_autoptr (TestClient) client = test_client_new (spool->f->emulator);
  g_autoptr (TestLease) lease = test_refresh (client);
  g_autofree gchar *upload_id = fixture_get_stat_string (spool->f,
      "upload-id");
  g_autofree gchar *query = g_strconcat ("uploadId=", upload_id, NULL);
  g_autoptr (TestAnswer) answer = test_call (client, lease, &(TestRequest) {
        .method = "DELETE",.query = query});

  g_assert_cmpuint (answer->status, ==, 204);
}

/* The upload has gone from OSS in the meantime; the bytes have not. That is
 * learnt from the list of what had arrived. */
static void
test_upload_gone (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  leave_with (spool, TS_CAPS, 3 * MIB, MIB);
  abort_left (spool);
  g_assert_cmpuint (append_to_left (spool), ==, 1);
  g_assert_cmpuint (fixture_count (spool->f, ICE_EMULATOR_LIST_PARTS), ==, 2);
}

/* What is left has an upload, and nothing of it has arrived. */
static void
leave_without_parts (Spool * spool)
{
  fixture_add_fault (spool->f, "part:stall-mid-body:count=0");
  leave (spool, TS_CAPS, 3 * MIB);
  ice_emulator_clear_faults (spool->f->emulator);
}

/* Then nothing is listed, and a part is the first to tell. */
static void
test_upload_gone_without_parts (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  leave_without_parts (spool);
  abort_left (spool);
  g_assert_cmpuint (append_to_left (spool), ==, 1);
  g_assert_cmpuint (fixture_count (spool->f, ICE_EMULATOR_LIST_PARTS), ==, 0);
}

/* What is said once of each of two parts is not believed. */
static void
test_upload_not_gone (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  leave_without_parts (spool);
  fixture_add_fault (spool->f, "part:not-found:part=1");
  fixture_add_fault (spool->f, "part:not-found:part=2");
  g_assert_cmpuint (append_to_left (spool), ==, 0);
}

/* A crash came before anything was on disk, and after the upload had begun. */
static Fixture *
new_after_nothing (Spool * spool, const gchar * settings)
{
  g_autofree gchar *path = get_path (spool, "data");

  leave (spool, TS_CAPS, MIB);
  g_assert_cmpint (truncate (path, 0), ==, 0);

  return new_next (spool, settings);
}

static void
assert_no_upload_left (Fixture * f)
{
  fixture_wait_for (f, ice_emulator_count_open_uploads (f->emulator) == 0);
}

static void
test_nothing_left (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = new_after_nothing (spool, NULL);

  fixture_record (next, 3 * MIB);
  fixture_complete (next);
  assert_no_upload_left (next);
}

static void
test_nothing_left_and_none_comes (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = new_after_nothing (spool, NULL);

  fixture_play (next);
  fixture_complete (next);
  assert_no_upload_left (next);
}

static void
test_nothing_left_to_finish (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = new_after_nothing (spool, "resume=only");

  fixture_play (next);
  fixture_push_eos (next);
  fixture_wait_message (next, GST_MESSAGE_EOS);
  fixture_assert_no_object (next);
  assert_no_upload_left (next);
  stop (next);
  g_assert_false (is_there (spool));
}

/* The id is in the spool alone, so it stays until the upload is aborted. */
static void
test_nothing_left_and_no_service (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = new_after_nothing (spool, NULL);
  g_autoptr (Fixture) last = NULL;

  g_assert_true (ice_emulator_set_reachable (spool->f->emulator, FALSE, NULL));
  fixture_set_state (next, GST_STATE_PLAYING);
  stop (next);
  g_assert_true (is_there (spool));

  g_assert_true (ice_emulator_set_reachable (spool->f->emulator, TRUE, NULL));
  last = new_next (spool, "resume=only");
  fixture_play (last);
  fixture_push_eos (last);
  fixture_wait_message (last, GST_MESSAGE_EOS);
  assert_no_upload_left (last);
  stop (last);
  g_assert_false (is_there (spool));
}

/* ---- a place of one's own ---- */

static void
assert_refused_to_start (Fixture * f)
{
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_SETTINGS);
  fixture_assert_failed_once (f);
}

static void
test_in_use (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) other = NULL;

  fixture_play (spool->f);
  other = new_next (spool, NULL);
  assert_refused_to_start (other);
}

static void
test_not_a_directory (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  g_object_set (spool->f->sink, "spool-directory", "/dev/null", NULL);
  assert_refused_to_start (spool->f);
}

static void
test_foreign (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autofree gchar *path = get_path (spool, NULL);
  g_autofree gchar *journal = get_path (spool, "journal");
  g_autofree gchar *text = NULL;

  g_mkdir (path, 0700);
  g_file_set_contents (journal, "my diary\n", -1, NULL);
  assert_refused_to_start (spool->f);
  g_file_get_contents (journal, &text, NULL, NULL);
  g_assert_cmpstr (text, ==, "my diary\n");
}

/* READY and back: the spool is free again. */
static void
test_again (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;
  guint i;

  for (i = 0; i < 3; i++) {
    fixture_play (f);
    g_byte_array_set_size (f->expected, 0);
    fixture_push_all (f, MIB, 64 * KIB);
    fixture_complete (f);
    fixture_set_state (f, GST_STATE_READY);
    fixture_forget (f);
  }
}

/* ---- a disk that is full ---- */

/* What the error says of the spool is so. */
static void
assert_truly_described (Spool * spool)
{
  g_autofree gchar *path = get_path (spool, "data");
  g_autofree gchar *debug = NULL;
  g_autofree gchar *data = NULL;
  const gchar *words;
  guint64 recorded, spooled;
  gsize size;

  gst_message_parse_error (fixture_wait_message (spool->f,
          GST_MESSAGE_ERROR), NULL, &debug);
  words = strstr (debug, "; of ");
  g_assert_nonnull (words);
  g_assert_cmpint (sscanf (words, "; of %" G_GUINT64_FORMAT " bytes recorded,"
          " the first %" G_GUINT64_FORMAT " are in ", &recorded, &spooled),
      ==, 2);
  g_assert_cmpuint (spooled, <, recorded);
  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_cmpuint (size, >=, spooled);
  g_assert_cmpmem (data, spooled, spool->f->expected->data, spooled);
}

static void
test_bounded (void)
{
  g_autoptr (Spool) spool = spool_new ("spool-max-size=2097152");
  Fixture *f = spool->f;

  fixture_record (f, 20 * MIB);
  fixture_complete (f);
}

static void
test_overflow_error (void)
{
  g_autoptr (Spool) spool = spool_new ("spool-max-size=2097152"
      " max-memory=1048576 overflow=error on-error=keep");
  Fixture *f = spool->f;

  fixture_set_reachable (f, FALSE);
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, 20 * MIB, 64 * KIB), ==,
      GST_FLOW_ERROR);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  g_assert_cmpuint (f->expected->len, >=, 2 * MIB);
  fixture_assert_failed_once (f);
  g_assert_true (is_there (spool));
  assert_truly_described (spool);
}

/* A disk that is full: memory is what there is, as without a spool. What was
 * to stay rewritable there gives way, and only a network that takes less than
 * comes is an error, which says why. */
static void
check_full_disk (gboolean reachable)
{
  g_autoptr (Spool) spool = spool_new ("max-memory=4194304"
      " overflow=error on-error=keep");
  Fixture *f = spool->f;
  GstFlowReturn flow = GST_FLOW_OK;
  g_autofree gchar *debug = NULL;
  guint i;

  if (mount ("none", spool->directory, "tmpfs", 0, "size=2m") != 0) {
    g_test_skip ("no file system can be mounted");
    return;
  }
  fixture_set_reachable (f, reachable);
  fixture_set (f, "head-size=16777216");
  fixture_play (f);
  for (i = 0; i < 192 && flow == GST_FLOW_OK; i++) {
    flow = fixture_push (f, 64 * KIB);
    /* Disk and memory together hold 6 MiB: some has left. */
    if (reachable && flow == GST_FLOW_OK && i * 64 * KIB > 7 * MIB)
      fixture_wait_for (f, fixture_get_stat (f, "bytes-pending") < 5 * MIB);
  }
  if (reachable) {
    g_assert_cmpint (flow, ==, GST_FLOW_OK);
    fixture_finish (f);
    fixture_assert_object (f);
  } else {
    fixture_wait_error (f, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
    gst_message_parse_error (fixture_wait_message (f, GST_MESSAGE_ERROR),
        NULL, &debug);
    g_assert_nonnull (strstr (debug, "The spool takes nothing any more"));
  }
  stop (f);
  umount (spool->directory);
}

static void
test_overflow_full_disk (void)
{
  check_full_disk (TRUE);
  check_full_disk (FALSE);
}

/* ---- the forms of a path ---- */

static void
check_form (const gchar * directory, const gchar * form)
{
  g_autoptr (Spool) spool = g_new0 (Spool, 1);

  g_test_message ("%s", form);
  spool->f = fixture_new (NULL);
  spool->directory = g_strdup (directory);
  set_spool (spool->f, form, NULL);
  fixture_play (spool->f);
  fixture_push_all (spool->f, MIB, 64 * KIB);
  g_assert_true (is_there (spool));
  fixture_finish (spool->f);
  stop (spool->f);
}

/* Where a file is meant to be does not depend on how it is written. */
static void
test_forms (void)
{
  static const gchar *const prefixes[] = { "", "./", "~/", "file://" };
  g_autofree gchar *before = g_get_current_dir ();
  guint i;

  for (i = 0; i < G_N_ELEMENTS (prefixes); i++) {
    g_autofree gchar *directory = g_build_filename (g_get_home_dir (),
        "spool-XXXXXX", NULL);
    g_autofree gchar *name = NULL, *form = NULL;

    g_assert_nonnull (g_mkdtemp (directory));
    name = g_path_get_basename (directory);
    form = g_strconcat (prefixes[i], *prefixes[i] == 'f' ? directory : name,
        NULL);
    g_assert_cmpint (g_chdir (g_get_home_dir ()), ==, 0);
    check_form (directory, form);
    g_assert_cmpint (g_chdir (before), ==, 0);
  }
}

static void
test_overflow_block (void)
{
  g_autoptr (Spool) spool = spool_new ("spool-max-size=2097152"
      " max-memory=1048576 on-stop=keep");
  Fixture *f = spool->f;

  fixture_set_reachable (f, FALSE);
  fixture_play (f);
  fixture_start_pushing (f, 8 * MIB, 64 * KIB);
  fixture_wait_message (f, GST_MESSAGE_WARNING);
  g_assert_true (fixture_is_pushing (f));
  fixture_set_reachable (f, TRUE);
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  fixture_complete (f);
}

/* A real disk that is full, where one may be mounted. */
static void
test_no_space (void)
{
  g_autoptr (Spool) spool = spool_new ("max-memory=1048576");
  Fixture *f = spool->f;

  if (mount ("none", spool->directory, "tmpfs", 0, "size=2m") != 0) {
    g_test_skip ("no file system can be mounted");
    return;
  }
  fixture_set_reachable (f, FALSE);
  fixture_play (f);
  fixture_start_pushing (f, 8 * MIB, 64 * KIB);
  fixture_wait_message (f, GST_MESSAGE_WARNING);
  fixture_set_reachable (f, TRUE);
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  fixture_complete (f);
  stop (f);
  g_assert_cmpint (umount2 (spool->directory, MNT_DETACH), ==, 0);
}

/* A disk that fails: here, one that refuses files over a size with an error
 * that is not about room. What it has can still be read, and the rest stays in
 * memory. */
static void
test_broken (void)
{
  g_autoptr (Fixture) f = fixture_new ("--discard");
  g_autofree gchar *directory = g_dir_make_tmp ("icesink-spool-XXXXXX", NULL);
  struct rlimit limit, old;
  GError *error = NULL;
  GstMessage *message;

  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &old);
  limit = old;
  limit.rlim_cur = 2 * MIB;
  setrlimit (RLIMIT_FSIZE, &limit);
  set_spool (f, directory, "max-memory=1048576");
  fixture_play (f);
  g_assert_cmpint (fixture_push_all (f, 10 * MIB, 64 * KIB), ==, GST_FLOW_OK);
  message = fixture_wait_message (f, GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
  g_clear_error (&error);
  fixture_finish (f);
  fixture_wait_element (f, "ice-upload-complete");
  stop (f);
  setrlimit (RLIMIT_FSIZE, &old);
  test_remove_tree (directory);
}

/* ---- a disk that does not answer ---- */

static typeof (disk_set) *set_disk;
static typeof (disk_count_hanging) *count_hanging;

/* The library that holds such calls up comes ahead of all others. Tests have
 * it preloaded; where the program is run by hand, it sees to that itself. */
static void
find_disk (gchar ** argv)
{
  set_disk = dlsym (RTLD_DEFAULT, "disk_set");
  count_hanging = dlsym (RTLD_DEFAULT, "disk_count_hanging");
  if (set_disk != NULL)
    return;

  g_assert_cmpstr (g_getenv ("LD_PRELOAD"), !=, DISK_PRELOAD);
  g_setenv ("LD_PRELOAD", DISK_PRELOAD, TRUE);
  execv ("/proc/self/exe", argv);
  g_assert_not_reached ();
}

/* A crash at any moment finds the upload: no part is sent before. */
static void
test_upload_known (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;
  guint i;

  set_disk (DISK_SYNC, "", DISK_HANGS);
  fixture_record (f, 2 * MIB);
  fixture_wait_element (f, "ice-upload-started");
  for (i = 0; i < 20; i++) {
    g_usleep (G_USEC_PER_SEC / 100);
    g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_PART), ==, 0);
  }
  set_disk (DISK_SYNC, "", DISK_IS_WELL);
  fixture_wait_for (f, fixture_count (f, ICE_EMULATOR_PART) > 0);
  fixture_complete (f);
}

/* A part that is on disk alone is being read to be sent. */
static void
test_hangs_reading (void)
{
  g_autoptr (Spool) spool = spool_new ("stop-timeout=300000000 on-stop=keep"
      " max-memory=1048576");
  Fixture *f = spool->f;

  fixture_record (f, MIB);
  fixture_wait_element (f, "ice-upload-started");
  fixture_set_reachable (f, FALSE);
  fixture_push_all (f, 8 * MIB, 64 * KIB);
  fixture_wait_for (f, fixture_get_stat (f, "spool-used") > 8 * MIB);
  set_disk (DISK_READ, "", DISK_HANGS);
  fixture_set_reachable (f, TRUE);
  fixture_wait_for (f, count_hanging () > 0);
  stop (f);
  g_assert_true (fixture_stat_is (f, "outcome", "kept"));
  set_disk (DISK_READ, "", DISK_IS_WELL);
  fixture_wait_for (f, count_hanging () == 0);
}

/* It keeps nobody from stopping. Once it answers, the spool is free again. */
static void
test_hangs (void)
{
  g_autoptr (Spool) spool = spool_new ("stop-timeout=300000000 on-stop=keep");
  g_autoptr (Fixture) next = NULL;
  Fixture *f = spool->f;

  fixture_record (f, 2 * MIB);
  fixture_wait_element (f, "ice-upload-started");
  set_disk (DISK_WRITE, "", DISK_HANGS);
  fixture_push_all (f, 2 * MIB, 64 * KIB);
  fixture_wait_for (f, count_hanging () > 0);
  stop (f);
  g_assert_true (fixture_stat_is (f, "outcome", "kept"));

  set_disk (DISK_WRITE, "", DISK_IS_WELL);
  fixture_wait_for (f, count_hanging () == 0);
  next = new_next (spool, "resume=only");
  fixture_wait_for (next, gst_element_set_state (next->sink,
          GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
  fixture_open_stream (next, NULL);
  fixture_push_eos (next);
  fixture_wait_message (next, GST_MESSAGE_EOS);
  g_byte_array_append (next->expected, f->expected->data, f->expected->len);
  fixture_assert_object_is_prefix (next);
}

static gpointer
mend_soon (gpointer data)
{
  g_usleep (G_USEC_PER_SEC / 5);
  set_disk (DISK_WRITE, "", DISK_IS_WELL);

  return NULL;
}

/* It takes a while, and the network has taken all of stop-timeout: what memory
 * alone has goes to disk nevertheless. */
static void
test_slow (void)
{
  g_autoptr (Spool) spool = spool_new ("stop-timeout=1 on-stop=keep");
  Fixture *f = spool->f;
  GThread *thread;

  fixture_record (f, 2 * MIB);
  fixture_wait_element (f, "ice-upload-started");
  set_disk (DISK_WRITE, "", DISK_HANGS);
  fixture_push_all (f, 2 * MIB, 64 * KIB);
  fixture_wait_for (f, count_hanging () > 0);
  thread = g_thread_new ("mender", mend_soon, NULL);
  stop (f);
  assert_spooled (spool);
  g_thread_join (thread);
}

static gpointer
play_in_thread (gpointer element)
{
  gst_element_set_state (element, GST_STATE_PLAYING);

  return NULL;
}

/* Keeps whoever starts the sink from going on until ICE has refused. */
static gpointer
delay_start (gpointer data)
{
  Fixture *f = data;

  while (count_hanging () == 0)
    g_usleep (1000);
  GST_OBJECT_LOCK (f->sink);
  set_disk (DISK_FLOCK, "", DISK_IS_WELL);
  while (fixture_count (f, ICE_EMULATOR_REFRESH) == 0)
    g_usleep (1000);
  g_usleep (G_USEC_PER_SEC / 5);
  GST_OBJECT_UNLOCK (f->sink);

  return NULL;
}

/* However soon a refusal comes, it is an error on the bus and no state change
 * that fails: splitmuxsink would end the whole recording. */
static void
test_refused_at_once (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;
  GThread *thread;

  fixture_add_fault (f, "refresh:not-found:count=0");
  set_disk (DISK_FLOCK, "", DISK_HANGS);
  thread = g_thread_new ("delay", delay_start, f);
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PAUSED), !=,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_FOUND);
  g_thread_join (thread);
  stop (f);
}

/* All of this is for applications that do not know of any disk. */
static void
look_around (Fixture * f, const gchar * expected)
{
  g_autofree gchar *state = fixture_get_stat_string (f, "state");
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (f->sink));
  g_autofree gchar *dot = gst_debug_bin_to_dot_data (GST_BIN (f->pipeline),
      GST_DEBUG_GRAPH_SHOW_ALL);

  g_assert_cmpstr (state, ==, expected);
  g_assert_nonnull (strstr (dot, name));
  gst_element_post_message (f->sink, gst_message_new_application (GST_OBJECT
          (f->sink), gst_structure_new_empty ("hello")));
  fixture_wait_message (f, GST_MESSAGE_APPLICATION);
}

typedef struct
{
  const gchar *name;
  DiskCall call;
  const gchar *file;
} Hang;

static const Hang hangs[] = {
  {"lock", DISK_FLOCK, ""},
  {"journal", DISK_READ, "/journal"},
  {"what-is-left", DISK_READ, "/data"},
};

/* The disk does not answer while the sink starts. Who only looks is not held
 * up, the sink lets go, and when the answer comes at last, nobody minds. */
static void
test_hangs_starting (gconstpointer data)
{
  const Hang *hang = data;
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;
  GThread *thread;

  leave (spool, TS_CAPS, 3 * MIB);
  next = new_next (spool, "stop-timeout=300000000");
  fixture_launch (next, "fakesrc is-live=true num-buffers=0");
  set_disk (hang->call, hang->file, DISK_HANGS);
  thread = g_thread_new ("starter", play_in_thread, next->pipeline);
  fixture_wait_for (next, count_hanging () > 0);
  look_around (next, "opening");
  gst_element_set_state (next->pipeline, GST_STATE_NULL);
  g_thread_join (thread);
  gst_element_set_state (next->pipeline, GST_STATE_NULL);
  g_assert_cmpuint (count_hanging (), >, 0);

  set_disk (hang->call, hang->file, DISK_IS_WELL);
  fixture_wait_for (next, count_hanging () == 0);
  assert_spooled (spool);
}

/* It answers late, but it does: what comes is recorded all the same. */
static void
test_late (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;

  set_disk (DISK_FLOCK, "", DISK_HANGS);
  fixture_play (f);
  fixture_start_pushing (f, 3 * MIB, 64 * KIB);
  g_assert_cmpuint (fixture_get_stat (f, "bytes-written"), ==, 0);
  set_disk (DISK_FLOCK, "", DISK_IS_WELL);
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_OK);
  fixture_complete (f);
}

/* A flush does not wait for it, and what comes then is all there is. */
static void
test_late_and_flushed (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  Fixture *f = spool->f;

  set_disk (DISK_FLOCK, "", DISK_HANGS);
  fixture_play (f);
  fixture_start_pushing (f, 3 * MIB, 64 * KIB);
  fixture_wait_for (f, count_hanging () > 0);
  fixture_wait_state (f, GST_STATE_PLAYING);
  gst_pad_push_event (f->pad, gst_event_new_flush_start ());
  g_assert_cmpint (fixture_join (f), ==, GST_FLOW_FLUSHING);
  flush (f);
  g_assert_cmpuint (count_hanging (), >, 0);

  set_disk (DISK_FLOCK, "", DISK_IS_WELL);
  g_assert_cmpint (fixture_push_all (f, MIB, 64 * KIB), ==, GST_FLOW_OK);
  fixture_complete (f);
}

static void
test_late_and_bad (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) other = NULL;

  fixture_play (spool->f);
  fixture_push_all (spool->f, MIB, 64 * KIB);
  other = fixture_new_with (spool->f->emulator, spool->f->media_id);
  g_object_set (other->sink, "region", "cn-beijing", NULL);
  set_spool (other, spool->directory, NULL);
  set_disk (DISK_FLOCK, "", DISK_HANGS);
  fixture_play (other);
  set_disk (DISK_FLOCK, "", DISK_IS_WELL);
  g_assert_cmpint (fixture_push (other, 1000), ==, GST_FLOW_ERROR);
  fixture_wait_error (other, GST_RESOURCE_ERROR_SETTINGS);
  fixture_assert_failed_once (other);
  fixture_finish (spool->f);
  fixture_assert_object (spool->f);
}

static void
test_read_only (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);

  if (mount ("none", spool->directory, "tmpfs", MS_RDONLY, "size=2m") != 0) {
    g_test_skip ("no file system can be mounted");
    return;
  }
  assert_refused_to_start (spool->f);
  g_assert_cmpint (umount2 (spool->directory, MNT_DETACH), ==, 0);
}

/* The directory goes away in mid-recording; what is open goes on. */
static void
test_vanished (void)
{
  g_autoptr (Spool) spool = spool_new ("max-memory=1048576");
  Fixture *f = spool->f;

  fixture_record (f, 2 * MIB);
  test_remove_tree (spool->directory);
  fixture_push_all (f, 8 * MIB, 64 * KIB);
  fixture_complete (f);
}

/* What can't be read now is not given up: the next run may be luckier. */
static void
check_unreadable (gsize size)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autoptr (Fixture) next = NULL;
  g_autoptr (Fixture) last = NULL;
  g_autofree gchar *debug = NULL;

  leave (spool, TS_CAPS, size);
  set_disk (DISK_READ, "/data", EIO);
  next = new_next (spool, "resume=only on-error=keep");
  gst_element_set_state (next->sink, GST_STATE_PLAYING);
  gst_message_parse_error (fixture_wait_message (next, GST_MESSAGE_ERROR), NULL,
      &debug);
  g_assert_nonnull (strstr (debug, g_strerror (EIO)));
  stop (next);
  set_disk (DISK_READ, "", DISK_IS_WELL);
  assert_spooled (spool);

  last = new_next (spool, "resume=only");
  g_byte_array_append (last->expected, spool->f->expected->data,
      spool->f->expected->len);
  fixture_play (last);
  fixture_complete (last);
  stop (last);
  g_assert_false (is_there (spool));
}

static void
test_unreadable (void)
{
  /* Where the last bytes make up no part, and where all do. */
  check_unreadable (30 * FIXTURE_PART_SIZE + 1234);
  check_unreadable (30 * FIXTURE_PART_SIZE);
}

/* What was flushed does not go from the disk. Bytes of two streams would be taken
 * for those of one, so none of the new one go there. */
static void
test_uncut (void)
{
  g_autoptr (Spool) spool = spool_new (NULL);
  g_autofree gchar *path = get_path (spool, "data");
  Fixture *f = spool->f;
  GStatBuf before, after;

  fixture_record (f, 3 * MIB);
  fixture_wait_element (f, "ice-upload-started");
  set_disk (DISK_CUT, "/data", EIO);
  flush (f);
  g_assert_cmpint (g_stat (path, &before), ==, 0);
  g_assert_cmpint (fixture_push_all (f, 5 * MIB, 64 * KIB), ==, GST_FLOW_OK);
  fixture_wait_uploaded (f);
  g_assert_cmpint (g_stat (path, &after), ==, 0);
  g_assert_cmpint (after.st_size, ==, before.st_size);
  fixture_complete (f);
  set_disk (DISK_CUT, "", DISK_IS_WELL);
}

int
main (int argc, char **argv)
{
  find_disk (argv);
  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/spool/goes-with-success", test_removed);
  g_test_add_func ("/icesink/spool/is-the-users-alone", test_modes);
  g_test_add_func ("/icesink/spool/outlasts-an-outage", test_outage);
  g_test_add_func ("/icesink/spool/tells-of-each-outage", test_outages);
  g_test_add_func ("/icesink/spool/keeps-everything-rewritable",
      test_rewrite);
  g_test_add_func ("/icesink/spool/begins-again-after-a-flush", test_flush);
  g_test_add_func ("/icesink/spool/begins-again-after-an-end",
      test_flush_after_end);
  g_test_add_func ("/icesink/spool/goes-with-an-abort", test_abort);
  g_test_add_func ("/icesink/spool/goes-with-an-abort/of-nothing-sent",
      test_abort_of_nothing_sent);
  g_test_add_func ("/icesink/spool/goes-without-a-recording",
      test_nothing_recorded);
  g_test_add_func ("/icesink/spool/stays-after-an-error",
      test_kept_after_error);
  g_test_add_func ("/icesink/resume/appends", test_append);
  g_test_add_func ("/icesink/resume/appends-with-covers", test_append_covers);
  g_test_add_func ("/icesink/resume/flushed/fails", test_append_flushed);
  g_test_add_func ("/icesink/resume/flushed/before-it-began",
      test_append_flushed_at_once);
  g_test_add_func ("/icesink/resume/flushed/after-the-end",
      test_append_flushed_after_end);
  g_test_add_func ("/icesink/spool/ends-when-a-flush-fails",
      test_flush_fails);
  g_test_add_data_func ("/icesink/resume/finishes-and-refuses/mp4",
      "video/quicktime", test_refused);
  g_test_add_data_func ("/icesink/resume/finishes-and-refuses/matroska",
      "video/x-matroska", test_refused);
  g_test_add_data_func ("/icesink/resume/finishes-and-refuses/unknown", NULL,
      test_refused);
  g_test_add_data_func ("/icesink/resume/overwrites-nothing",
      "video/quicktime", test_not_overwritten);
  g_test_add_func ("/icesink/resume/only-finishes", test_only);
  g_test_add_func ("/icesink/resume/only-finishes/and-then-records",
      test_only_once);
  g_test_add_data_func ("/icesink/resume/only-finishes/behind-a-queue",
      "fakesrc sizetype=fixed sizemax=1000 ! queue", test_only_behind);
  g_test_add_data_func ("/icesink/resume/only-finishes/behind-a-muxer",
      "audiotestsrc ! wavenc", test_only_behind);
  g_test_add_data_func ("/icesink/resume/only-finishes/behind-both",
      "audiotestsrc ! wavenc ! queue", test_only_behind);
  g_test_add_func ("/icesink/resume/only-has-nothing-to-finish",
      test_only_of_nothing);
  g_test_add_func ("/icesink/resume/nothing-left/and-a-stream-comes",
      test_nothing_left);
  g_test_add_func ("/icesink/resume/nothing-left/and-none-comes",
      test_nothing_left_and_none_comes);
  g_test_add_func ("/icesink/resume/nothing-left/to-finish",
      test_nothing_left_to_finish);
  g_test_add_func ("/icesink/resume/nothing-left/and-no-service",
      test_nothing_left_and_no_service);
  g_test_add_func ("/icesink/resume/is-not-aborted", test_not_aborted);
  g_test_add_func ("/icesink/resume/never", test_never);
  g_test_add_func ("/icesink/resume/upload-has-gone/begins-anew",
      test_upload_gone);
  g_test_add_func ("/icesink/resume/upload-has-gone/a-part-tells",
      test_upload_gone_without_parts);
  g_test_add_func ("/icesink/resume/upload-has-gone/is-not-believed-at-once",
      test_upload_not_gone);
  g_test_add_func ("/icesink/spool/is-refused-while-in-use", test_in_use);
  g_test_add_func ("/icesink/spool/is-refused-if-no-directory",
      test_not_a_directory);
  g_test_add_func ("/icesink/spool/is-refused-if-foreign", test_foreign);
  g_test_add_func ("/icesink/spool/is-free-after-each-run", test_again);
  g_test_add_func ("/icesink/spool/stays-within-its-bound", test_bounded);
  g_test_add_func ("/icesink/spool/full/error", test_overflow_error);
  g_test_add_func ("/icesink/spool/full/error-with-a-full-disk",
      test_overflow_full_disk);
  g_test_add_func ("/icesink/spool/takes-all-forms-of-a-path", test_forms);
  g_test_add_func ("/icesink/spool/full/block", test_overflow_block);
  g_test_add_func ("/icesink/spool/full/disk", test_no_space);
  g_test_add_func ("/icesink/spool/may-break", test_broken);
  g_test_add_func ("/icesink/spool/may-hang/writing", test_hangs);
  g_test_add_func ("/icesink/spool/may-hang/refused-at-once",
      test_refused_at_once);
  g_test_add_func ("/icesink/spool/may-be-slow", test_slow);
  g_test_add_func ("/icesink/spool/knows-the-upload-first",
      test_upload_known);
  g_test_add_func ("/icesink/spool/may-hang/reading", test_hangs_reading);
  FIXTURE_ADD_CASES ("/icesink/spool/may-hang/starting/", hangs,
      test_hangs_starting);
  g_test_add_func ("/icesink/spool/may-be-late", test_late);
  g_test_add_func ("/icesink/spool/may-be-late/and-bad", test_late_and_bad);
  g_test_add_func ("/icesink/spool/may-be-late/and-flushed",
      test_late_and_flushed);
  g_test_add_func ("/icesink/spool/is-refused-if-read-only", test_read_only);
  g_test_add_func ("/icesink/spool/may-vanish", test_vanished);
  g_test_add_func ("/icesink/spool/may-be-unreadable", test_unreadable);
  g_test_add_func ("/icesink/spool/may-stay-as-it-was", test_uncut);

  return g_test_run ();
}
