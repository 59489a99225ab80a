/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the tests of the HTTP client share. */

#include "http-fixture.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "../patience.h"

/* Nothing here takes this long; it is for a test that hangs. */
#define DEADLINE (60 * SECOND)

Authority *authority;
gchar *ca_file;

void
outcome_free (Outcome * outcome)
{
  g_clear_pointer (&outcome->response, gst_ice_http_response_free);
  g_clear_error (&outcome->error);
  g_free (outcome);
}

static GTlsCertificate *
create_certificate (const Settings * settings)
{
  if (!settings->tls)
    return NULL;
  return authority_sign (authority,
      settings->names ? settings->names : "IP:127.0.0.1",
      settings->from_seconds ? settings->from_seconds : -1000,
      settings->to_seconds ? settings->to_seconds : 1000);
}

GstIceEndpoint *
create_endpoint (gboolean tls, const gchar * host, guint16 port)
{
  g_autofree gchar *text = g_strdup_printf ("%s://%s:%u",
      tls ? "https" : "http", host, port);
  GstIceEndpoint *endpoint = gst_ice_endpoint_parse (text, NULL);

  g_assert_nonnull (endpoint);
  return endpoint;
}

GstIceHttpClient *
create_client (const Settings * settings, GstIceClock * clock)
{
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "icesink-test/1",
    .proxy = (gchar *) (settings->proxy ? settings->proxy : ""),
    .ca_file = settings->is_ca_unknown ? NULL : ca_file,
    .stall_timeout = settings->stall_timeout_us
        ? settings->stall_timeout_us * GST_USECOND : 30 * GST_SECOND,
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);
  g_autoptr (GError) error = NULL;
  GstIceHttpClient *client = gst_ice_http_client_new (config,
      settings->max_connections ? settings->max_connections : 3, clock,
      &error);

  g_assert_no_error (error);
  return client;
}

void
fixture_start (Fixture * self, Script script, gpointer data,
    const Settings * settings)
{
  g_autoptr (GTlsCertificate) certificate = create_certificate (settings);

  self->server = server_start (script, data, certificate);
  self->clock = gst_ice_clock_new ();
  self->endpoint = create_endpoint (settings->tls, "127.0.0.1",
      server_get_port (self->server));
  self->client = create_client (settings, self->clock);
}

void
iterate_for (gint64 duration_us)
{
  gint64 end = g_get_monotonic_time () + duration_us;

  do {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (100);
  } while (g_get_monotonic_time () < end);
}

void
fixture_stop (Fixture * self)
{
  gst_ice_http_client_unref (self->client);
  /* What libsoup had in its queue takes a round or two to go. */
  iterate_for (5 * MILLISECOND);
  gst_ice_endpoint_unref (self->endpoint);
  gst_ice_clock_unref (self->clock);
  server_stop (self->server);
}

void
on_sent (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_assert_null (source);
  g_assert_false (outcome->is_done);
  outcome->is_done = TRUE;
  outcome->response =
      gst_ice_http_client_send_finish (NULL, result, &outcome->error);
  g_assert_true ((outcome->response == NULL) == (outcome->error != NULL));
}

static void
on_progress (guint64 bytes, gpointer user_data)
{
  Outcome *outcome = user_data;

  g_assert_false (outcome->is_done);
  outcome->progress += bytes;
}

Outcome *
send_start (Fixture * self, GstIceHttpRequest * request,
    GCancellable * cancellable)
{
  Outcome *outcome = g_new0 (Outcome, 1);

  gst_ice_http_request_set_progress (request, on_progress, outcome);
  gst_ice_http_client_send_async (self->client, request, cancellable, on_sent,
      outcome);
  g_assert_false (outcome->is_done);
  return outcome;
}

static gboolean
keep_on (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
wait_for (const gboolean * condition)
{
  gint64 deadline = g_get_monotonic_time () + test_patience (DEADLINE);
  guint heartbeat = g_timeout_add (10, keep_on, NULL);

  while (!g_atomic_int_get (condition) && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (heartbeat);
  g_assert_true (g_atomic_int_get (condition));
}

Outcome *
send_and_wait (Fixture * self, GstIceHttpRequest * request)
{
  Outcome *outcome = send_start (self, request, NULL);

  wait_for (&outcome->is_done);
  return outcome;
}

void
assert_status (Outcome * outcome, guint status)
{
  g_assert_no_error (outcome->error);
  g_assert_cmpuint (outcome->response->status, ==, status);
}

void
assert_body (Outcome * outcome, const gchar * body)
{
  const gchar *data = g_bytes_get_data (outcome->response->body, NULL);

  g_assert_cmpuint (g_bytes_get_size (outcome->response->body), ==,
      strlen (body));
  g_assert_cmpstr (data, ==, body);
}

gboolean
is_reused_connection (const GError * error)
{
  return gst_ice_error_get_details (error)->reused_connection;
}

GPtrArray *
create_body (gsize size, gsize piece)
{
  GPtrArray *bytes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  gsize done = 0;

  while (done < size) {
    gsize n = MIN (piece, size - done);
    guint8 *data = g_malloc (n);

    for (gsize i = 0; i < n; i++)
      data[i] = (guint8) ((done + i) * 2654435761u >> 13);
    g_ptr_array_add (bytes, g_bytes_new_take (data, n));
    if (bytes->len % 7 == 1)
      g_ptr_array_add (bytes, g_bytes_new_static ("", 0));
    done += n;
  }
  return bytes;
}

GBytes *
join (GPtrArray * bytes)
{
  GByteArray *array = g_byte_array_new ();

  for (guint i = 0; i < bytes->len; i++) {
    gsize size;
    gconstpointer data = g_bytes_get_data (g_ptr_array_index (bytes, i), &size);

    g_byte_array_append (array, data, size);
  }
  return g_byte_array_free_to_bytes (array);
}

static void
on_spliced (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_assert_cmpint (g_output_stream_splice_finish (G_OUTPUT_STREAM (source),
          result, NULL), >, 0);
  set_flag (user_data);
}

void
assert_stream (GInputStream * stream, GBytes * expected)
{
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GBytes) read = NULL;
  gboolean is_done = FALSE;

  g_output_stream_splice_async (output, stream,
      G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, G_PRIORITY_DEFAULT, NULL,
      on_spliced, &is_done);
  wait_for (&is_done);
  read = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM
      (output));
  g_assert_true (g_bytes_equal (read, expected));
}

void
count_bytes (guint64 bytes, gpointer user_data)
{
  *(guint64 *) user_data += bytes;
}

GstIceHttpRequest *
new_request (Fixture * self, const gchar * method, gsize size)
{
  GstIceHttpRequest *request =
      gst_ice_http_request_new (method, self->endpoint, NULL, "/object");
  g_autoptr (GPtrArray) body = create_body (size, 64 * KIB);

  if (size > 0)
    gst_ice_http_request_set_body (request, body, size);
  return request;
}

void
notes_init (Notes * notes)
{
  g_mutex_init (&notes->lock);
  notes->heads = g_ptr_array_new_with_free_func (g_free);
  notes->bodies =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
}

void
notes_clear (Notes * notes)
{
  g_ptr_array_unref (notes->heads);
  g_ptr_array_unref (notes->bodies);
  g_mutex_clear (&notes->lock);
}

static void
notes_add (Notes * notes, const gchar * head, GBytes * body)
{
  g_mutex_lock (&notes->lock);
  g_ptr_array_add (notes->heads, g_strdup (head));
  g_ptr_array_add (notes->bodies, g_bytes_ref (body));
  g_mutex_unlock (&notes->lock);
}

const gchar *
notes_get_head (Notes * notes, guint i)
{
  const gchar *head;

  g_mutex_lock (&notes->lock);
  head = g_ptr_array_index (notes->heads, i);
  g_mutex_unlock (&notes->lock);

  return head;
}

GBytes *
notes_get_body (Notes * notes, guint i)
{
  GBytes *body;

  g_mutex_lock (&notes->lock);
  body = g_ptr_array_index (notes->bodies, i);
  g_mutex_unlock (&notes->lock);

  return body;
}

void
answer_all (Peer * peer, gpointer user_data)
{
  while (TRUE) {
    g_autofree gchar *head = peer_read_head (peer);
    g_autoptr (GBytes) body = NULL;

    if (!head)
      return;
    body = peer_read (peer, head_get_content_length (head));
    if (!body)
      return;
    if (user_data)
      notes_add (user_data, head, body);
    peer_write (peer, OK_ANSWER);
  }
}

void
set_flag (gboolean * flag)
{
  if (flag)
    g_atomic_int_set (flag, TRUE);
}

static gboolean
tell_answer (Peer * peer, const Story * story)
{
  if (!story->answer)
    return TRUE;
  if (story->pause_ms > 0)
    return peer_trickle (peer, story->answer, story->pause_ms);
  return peer_write (peer, story->answer);
}

void
tell (Peer * peer, gpointer user_data)
{
  const Story *story = user_data;
  g_autofree gchar *head = peer_read_head (peer);

  if (!head)
    return;
  if (!story->is_early && !peer_skip (peer, head_get_content_length (head)))
    return;
  if (!tell_answer (peer, story))
    return;
  set_flag (story->is_reached);
  while (story->then && peer_write (peer, story->then));
  if (story->is_kept)
    peer_wait_for_close (peer);
}

Outcome *
run_story (const Story * story, const Settings * settings,
    const gchar * method, gsize size)
{
  Fixture fixture;
  Outcome *outcome;

  fixture_start (&fixture, tell, (gpointer) story, settings);
  outcome = send_and_wait (&fixture, new_request (&fixture, method, size));
  fixture_stop (&fixture);

  return outcome;
}

void
http_test_init (int *argc, char ***argv)
{
  gst_init (argc, argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  g_test_init (argc, argv, NULL);
  authority = authority_new ();
  ca_file = authority_write_file (authority);
}

int
http_test_run (void)
{
  int result = g_test_run ();

  g_unlink (ca_file);
  g_free (ca_file);
  authority_free (authority);
  return result;
}
