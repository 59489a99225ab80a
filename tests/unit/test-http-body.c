/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Bodies that the HTTP client reads from a stream while it sends them. */

#include "http-fixture.h"

#include <string.h>

#include "http/body-stream.h"

#include "hand-clock.h"

#define BLOCK (512 * KIB)
#define FORBIDDEN_ANSWER "HTTP/1.1 403 Forbidden\r\n" \
    "Content-Length: 2\r\nConnection: close\r\n\r\nno"

/* A disk: a stream that is read on a thread of GIO's, and can be slow, broken
 * or short. */

typedef struct
{
  GBytes *bytes;
  gsize most;                   /* one read gives, 0: all */
  gsize closed_at;              /* there reads wait until it is opened */
  gsize broken_at;              /* there reads fail */
  gboolean is_deaf;             /* waits on when it is cancelled */

  GMutex lock;
  GCond changed;
  gboolean is_open;
  gboolean is_waiting;          /* a read waits */
  gboolean is_closed;           /* main thread */
} Disk;

#define DISK_INIT(b) { .bytes = (b), .closed_at = G_MAXSIZE, \
    .broken_at = G_MAXSIZE }

#define TYPE_DISK_STREAM (disk_stream_get_type ())
G_DECLARE_FINAL_TYPE (DiskStream, disk_stream, DISK, STREAM, GInputStream)

struct _DiskStream
{
  GInputStream parent;
  Disk *disk;
  gsize position;
};

G_DEFINE_FINAL_TYPE (DiskStream, disk_stream, G_TYPE_INPUT_STREAM)
     static void disk_wait (Disk * disk, GCancellable * cancellable)
{
  g_mutex_lock (&disk->lock);
  set_flag (&disk->is_waiting);
  while (!disk->is_open
      && (disk->is_deaf || !g_cancellable_is_cancelled (cancellable)))
    g_cond_wait_until (&disk->changed, &disk->lock,
        g_get_monotonic_time () + 5 * MILLISECOND);
  g_mutex_unlock (&disk->lock);
}

static void
disk_open (Disk * disk)
{
  g_mutex_lock (&disk->lock);
  disk->is_open = TRUE;
  g_cond_signal (&disk->changed);
  g_mutex_unlock (&disk->lock);
}

static gssize
disk_stream_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  DiskStream *self = DISK_STREAM (stream);
  Disk *disk = self->disk;
  gsize size;
  const guint8 *data = g_bytes_get_data (disk->bytes, &size);

  if (self->position >= disk->closed_at)
    disk_wait (disk, cancellable);
  if (self->position >= disk->broken_at) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "bad sector");
    return -1;
  }
  count = MIN (count, size - self->position);
  if (disk->most > 0)
    count = MIN (count, disk->most);
  if (count > 0)
    memcpy (buffer, data + self->position, count);
  self->position += count;
  return count;
}

static gboolean
disk_stream_close (GInputStream * stream, GCancellable * cancellable,
    GError ** error)
{
  DISK_STREAM (stream)->disk->is_closed = TRUE;
  return TRUE;
}

static void
disk_stream_class_init (DiskStreamClass * klass)
{
  G_INPUT_STREAM_CLASS (klass)->close_fn = disk_stream_close;
  G_INPUT_STREAM_CLASS (klass)->read_fn = disk_stream_read;
}

static void
disk_stream_init (DiskStream * self)
{
}

static GInputStream *
disk_stream_new (Disk * disk)
{
  DiskStream *self = g_object_new (TYPE_DISK_STREAM, NULL);

  self->disk = disk;
  return G_INPUT_STREAM (self);
}

static GBytes *
create_bytes (gsize size)
{
  g_autoptr (GPtrArray) body = create_body (size, MAX (size, 1));

  return join (body);
}

/* A request for @size bytes of @disk. (transfer full) */
static GstIceHttpRequest *
new_disk_request (Fixture * fixture, Disk * disk, guint64 size)
{
  GstIceHttpRequest *request = new_request (fixture, "PUT", 0);
  g_autoptr (GInputStream) stream = disk_stream_new (disk);

  gst_ice_http_request_set_body_stream (request, stream, size);
  return request;
}

/* Bytes */

static void
test_bytes (gconstpointer tls)
{
  static const struct
  {
    gsize size;
    gsize most;
  } cases[] = {
    {1, 0}, {64 * KIB, 0}, {BLOCK - 1, 0}, {BLOCK, 0}, {BLOCK + 1, 0},
    {2 * BLOCK + 1, 0}, {100 * KIB, 999}, {4 * MIB + 17, 0},
    {3 * MIB, 100 * KIB + 1}
  };
  Notes notes;
  Fixture fixture;

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GBytes) bytes = create_bytes (cases[i].size);
    Disk disk = DISK_INIT (bytes);
    g_autoptr (Outcome) outcome = NULL;

    disk.most = cases[i].most;
    outcome = send_and_wait (&fixture, new_disk_request (&fixture, &disk,
            cases[i].size));
    assert_status (outcome, 200);
    assert_body (outcome, "ok");
    g_assert_cmpuint (outcome->progress, ==, cases[i].size);
    g_assert_true (g_bytes_equal (notes_get_body (&notes, i), bytes));
    g_assert_true (disk.is_closed);
  }
  g_assert_cmpuint (server_get_connections (fixture.server), ==, 1);
  fixture_stop (&fixture);
  notes_clear (&notes);
}

static void
test_part_of_stream (void)
{
  g_autoptr (GBytes) bytes = create_bytes (2 * MIB);
  g_autoptr (GBytes) expected = g_bytes_new_from_bytes (bytes, 0, 1 * MIB + 3);
  Disk disk = DISK_INIT (bytes);
  Notes notes;
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      0});
  outcome = send_and_wait (&fixture, new_disk_request (&fixture, &disk,
          1 * MIB + 3));
  assert_status (outcome, 200);
  g_assert_true (g_bytes_equal (notes_get_body (&notes, 0), expected));
  fixture_stop (&fixture);
  notes_clear (&notes);
}

static void
test_parallel (gconstpointer tls)
{
  g_autoptr (GBytes) bytes = create_bytes (3 * MIB + 1);
  Disk disk = DISK_INIT (bytes);
  Notes notes;
  Fixture fixture;
  Outcome *outcomes[12];

  notes_init (&notes);
  fixture_start (&fixture, answer_all, &notes, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    outcomes[i] = send_start (&fixture, new_disk_request (&fixture, &disk,
            3 * MIB + 1), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++) {
    wait_for (&outcomes[i]->is_done);
    assert_status (outcomes[i], 200);
    outcome_free (outcomes[i]);
    g_assert_true (g_bytes_equal (notes_get_body (&notes, i), bytes));
  }
  fixture_stop (&fixture);
  notes_clear (&notes);
}

/* Errors */

static void
assert_failed (Outcome * outcome, const gchar * text)
{
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (outcome->error->message, text));
}

static void
test_broken (gconstpointer tls)
{
  static const gsize places[] = { 0, 1, BLOCK, 3 * MIB };
  g_autoptr (GBytes) bytes = create_bytes (4 * MIB);
  Fixture fixture;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    Disk disk = DISK_INIT (bytes);
    g_autoptr (Outcome) outcome = NULL;
    g_autoptr (Outcome) next = NULL;

    disk.broken_at = places[i];
    outcome = send_and_wait (&fixture, new_disk_request (&fixture, &disk,
            4 * MIB));
    assert_failed (outcome, "bad sector");
    g_assert_cmpuint (outcome->progress, <, 4 * MIB);
    next = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    assert_status (next, 200);
  }
  fixture_stop (&fixture);
}

static void
test_short (gconstpointer tls)
{
  static const gsize sizes[] = { 0, 1, BLOCK, 4 * MIB - 1 };
  Fixture fixture;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GBytes) bytes = create_bytes (sizes[i]);
    Disk disk = DISK_INIT (bytes);
    g_autoptr (Outcome) outcome = NULL;

    outcome = send_and_wait (&fixture, new_disk_request (&fixture, &disk,
            4 * MIB));
    assert_failed (outcome, "short of 4194304");
  }
  fixture_stop (&fixture);
}

/* Answers */

/* The answer is noticed while a block is awaited that would never come. */
static void
test_early_answer (gconstpointer tls)
{
  const Story story = {.answer = FORBIDDEN_ANSWER,.is_early = TRUE };
  static const gsize places[] = { 0, BLOCK, 2 * MIB };
  g_autoptr (GBytes) bytes = create_bytes (8 * MIB);

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    Disk disk = DISK_INIT (bytes);
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;

    disk.closed_at = places[i];
    fixture_start (&fixture, tell, (gpointer) & story, &(Settings) {
        .tls = GPOINTER_TO_INT (tls)}
    );
    outcome = send_and_wait (&fixture, new_disk_request (&fixture, &disk,
            8 * MIB));
    assert_status (outcome, 403);
    assert_body (outcome, "no");
    g_assert_cmpuint (outcome->progress, <=, places[i]);
    fixture_stop (&fixture);
  }
}

/* Answers once, then leaves at the next request without an answer. */
static void
answer_once (Peer * peer, gpointer user_data)
{
  g_autofree gchar *first = peer_read_head (peer);
  g_autofree gchar *second = NULL;

  if (!first || !peer_skip (peer, head_get_content_length (first)))
    return;
  g_atomic_int_inc ((gint *) user_data);
  peer_write (peer, OK_ANSWER);
  second = peer_read_head (peer);
  if (second)
    g_atomic_int_inc ((gint *) user_data);
}

/* libsoup would send the second request again, without its body. */
static void
test_dead_connection (gconstpointer tls)
{
  g_autoptr (GBytes) bytes = create_bytes (8 * MIB);
  Disk disk = DISK_INIT (bytes);
  gint heads = 0;
  Fixture fixture;
  g_autoptr (Outcome) first = NULL;
  g_autoptr (Outcome) second = NULL;

  fixture_start (&fixture, answer_once, &heads, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  first = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  assert_status (first, 200);
  second = send_and_wait (&fixture, new_disk_request (&fixture, &disk,
          8 * MIB));
  g_assert_error (second->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_true (is_reused_connection (second->error));
  g_assert_cmpint (heads, ==, 2);
  fixture_stop (&fixture);
}

/* Time */

/* A client whose time the test moves. */
static void
stop_time (Fixture * fixture, gint64 * time)
{
  gst_ice_http_client_unref (fixture->client);
  gst_ice_clock_unref (fixture->clock);
  fixture->clock = hand_clock_new (time);
  fixture->client = create_client (&(Settings) {
      .stall_timeout_us = 4 * SECOND}, fixture->clock);
}

/* A second at a time, and some real time for what is due then. */
static void
pass_time (gint64 * time, guint seconds, const gboolean * is_done)
{
  for (guint i = 0; i < seconds && !*is_done; i++) {
    *time += SECOND;
    iterate_for (10 * MILLISECOND);
  }
}

/* The disk does not answer after the first MiB. */
static Outcome *
send_from_slow_disk (Fixture * fixture, Disk * disk, gint64 * time,
    gboolean tls)
{
  Outcome *outcome;

  disk->closed_at = 1 * MIB;
  fixture_start (fixture, answer_all, NULL, &(Settings) {.tls = tls});
  stop_time (fixture, time);
  outcome = send_start (fixture, new_disk_request (fixture, disk, 4 * MIB),
      NULL);
  wait_for (&disk->is_waiting);

  return outcome;
}

/* Longer than a stall of the network may be. */
static void
test_slow (gconstpointer tls)
{
  g_autoptr (GBytes) bytes = create_bytes (4 * MIB);
  Disk disk = DISK_INIT (bytes);
  gint64 time = SECOND;
  Fixture fixture;
  g_autoptr (Outcome) outcome = send_from_slow_disk (&fixture, &disk, &time,
      GPOINTER_TO_INT (tls));

  pass_time (&time, 10, &outcome->is_done);
  g_assert_false (outcome->is_done);
  disk_open (&disk);
  wait_for (&outcome->is_done);
  assert_status (outcome, 200);
  fixture_stop (&fixture);
}

static void
test_stuck (gconstpointer tls)
{
  g_autoptr (GBytes) bytes = create_bytes (4 * MIB);
  Disk disk = DISK_INIT (bytes);
  gint64 time = SECOND;
  Fixture fixture;
  g_autoptr (Outcome) outcome = send_from_slow_disk (&fixture, &disk, &time,
      GPOINTER_TO_INT (tls));

  pass_time (&time, 100, &outcome->is_done);
  wait_for (&outcome->is_done);
  assert_failed (outcome, "could not be read for 12.0 s");
  fixture_stop (&fixture);
}

/* A disk that doesn't stop for it is awaited, so that nobody reads from what
 * may be gone by then. */
static void
test_cancel (gconstpointer tls)
{
  static const gsize places[] = { 0, BLOCK, 2 * MIB };
  g_autoptr (GBytes) bytes = create_bytes (4 * MIB);

  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    Disk disk = DISK_INIT (bytes);
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;

    disk.closed_at = places[i];
    disk.is_deaf = TRUE;
    fixture_start (&fixture, answer_all, NULL, &(Settings) {
        .tls = GPOINTER_TO_INT (tls)}
    );
    outcome = send_start (&fixture, new_disk_request (&fixture, &disk,
            4 * MIB), cancellable);
    wait_for (&disk.is_waiting);
    g_cancellable_cancel (cancellable);
    iterate_for (20 * MILLISECOND);
    g_assert_false (outcome->is_done);
    disk_open (&disk);
    wait_for (&outcome->is_done);
    g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_true (disk.is_closed);
    fixture_stop (&fixture);
  }
}

/* At every moment, more or less. */
static void
test_cancel_anywhere (gconstpointer tls)
{
  g_autoptr (GBytes) bytes = create_bytes (2 * MIB);
  Disk disk = DISK_INIT (bytes);
  Fixture fixture;
  guint answered = 0;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .tls = GPOINTER_TO_INT (tls)});
  for (guint i = 0; i < 60; i++) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (Outcome) outcome = send_start (&fixture,
        new_disk_request (&fixture, &disk, 2 * MIB), cancellable);

    for (guint k = 0; k < i && !outcome->is_done; k++)
      g_main_context_iteration (NULL, k % 2 == 1);
    g_cancellable_cancel (cancellable);
    wait_for (&outcome->is_done);
    if (outcome->error)
      g_assert_error (outcome->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    else
      answered++;
  }
  g_assert_cmpuint (answered, >, 0);
  fixture_stop (&fixture);
}

/* The body, where it is an ordinary stream */

static void
on_failed (GError * error, gpointer user_data)
{
  g_error ("%s", error->message);
}

static void
on_idle (gpointer user_data)
{
  set_flag (user_data);
}

static const GstIceBlockReaderCallbacks reader_callbacks =
    { on_failed, on_idle };

static void
test_ordinary (void)
{
  g_autoptr (GBytes) bytes = create_bytes (2 * MIB + 5);
  Disk disk = DISK_INIT (bytes);
  g_autoptr (GInputStream) stream = disk_stream_new (&disk);
  g_autoptr (GstIceBlockReader) reader = gst_ice_block_reader_new (stream,
      2 * MIB + 5, &reader_callbacks, NULL);
  guint64 progress = 0;
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new_from_reader (reader, count_bytes, &progress);

  assert_stream (G_INPUT_STREAM (body), bytes);
  g_assert_cmpuint (progress, ==, 2 * MIB + 5);
}

static void
test_detached (void)
{
  g_autoptr (GBytes) bytes = create_bytes (100);
  Disk disk = DISK_INIT (bytes);
  g_autoptr (GInputStream) stream = disk_stream_new (&disk);
  gboolean is_idle = FALSE;
  g_autoptr (GstIceBlockReader) reader = gst_ice_block_reader_new (stream,
      100, &reader_callbacks, &is_idle);
  g_autoptr (GstIceBodyStream) body =
      gst_ice_body_stream_new_from_reader (reader, NULL, NULL);
  g_autoptr (GError) error = NULL;
  guint8 buffer[100];

  g_assert_false (gst_ice_block_reader_cancel (reader));
  g_clear_pointer (&reader, gst_ice_block_reader_unref);
  reader = gst_ice_block_reader_new (stream, 100, &reader_callbacks, &is_idle);
  g_assert_null (gst_ice_block_reader_take (reader));
  g_assert_true (gst_ice_block_reader_cancel (reader));
  wait_for (&is_idle);
  g_assert_null (gst_ice_block_reader_take (reader));

  gst_ice_body_stream_detach (body);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (body), buffer,
          sizeof buffer, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(name, func) g_test_add_func ("/http-body/" name, func)
#define ADD_BOTH(name, func) \
  g_test_add_data_func ("/http-body/" name, GINT_TO_POINTER (FALSE), func); \
  g_test_add_data_func ("/http-body/" name "/tls", GINT_TO_POINTER (TRUE), func)

static void
add_tests (void)
{
  ADD_BOTH ("sends-streams-whole", test_bytes);
  ADD ("sends-no-more-than-the-size", test_part_of_stream);
  ADD_BOTH ("sends-streams-in-parallel", test_parallel);
  ADD_BOTH ("reports-an-error-of-the-stream", test_broken);
  ADD_BOTH ("reports-a-stream-that-is-too-short", test_short);
  ADD_BOTH ("reads-an-early-answer-while-a-block-is-awaited",
      test_early_answer);
  ADD_BOTH ("does-not-send-a-stream-twice", test_dead_connection);
  ADD_BOTH ("bears-a-slow-stream", test_slow);
  ADD_BOTH ("does-not-wait-for-ever-for-a-stream", test_stuck);
  ADD_BOTH ("can-be-cancelled-while-a-block-is-awaited", test_cancel);
  ADD_BOTH ("can-be-cancelled-anywhere", test_cancel_anywhere);
  ADD ("has-an-ordinary-body-from-a-stream-too", test_ordinary);
  ADD ("lets-go-of-the-stream", test_detached);
}

int
main (int argc, char **argv)
{
  http_test_init (&argc, &argv);
  add_tests ();
  return http_test_run ();
}
