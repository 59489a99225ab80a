/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The main thread is the network thread here. */

#include "client-fixture.h"

#include <string.h>

#include <gst/gst.h>

#include "../patience.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

/* Nothing here takes this long; it is for a test that hangs. */
#define DEADLINE_SECONDS 60

/* The lines of the log, from whichever thread. */
static GMutex log_lock;
static GString *log_lines;

static void
connect_client (ClientFixture * fixture, const gchar * uri)
{
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "icesink-test/1",
    .proxy = (gchar *) "",
    .stall_timeout = 20 * GST_SECOND,
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);
  g_autoptr (GError) error = NULL;

  fixture->endpoint = gst_ice_endpoint_parse (uri, &error);
  g_assert_no_error (error);
  fixture->clock = gst_ice_clock_new ();
  fixture->http = gst_ice_http_client_new (config, 3, fixture->clock, &error);
  g_assert_no_error (error);
}

void
client_fixture_start (ClientFixture * fixture, const gchar * const *options)
{
  g_autoptr (GError) error = NULL;

  memset (fixture, 0, sizeof (*fixture));
  fixture->emulator = ice_emulator_new (options, &error);
  g_assert_no_error (error);
  ice_emulator_start (fixture->emulator, &error);
  g_assert_no_error (error);
  connect_client (fixture, ice_emulator_get_uri (fixture->emulator));
}

static void
answer (Peer * peer, gpointer user_data)
{
  ClientFixture *fixture = user_data;
  g_autofree gchar *head = peer_read_head (peer);

  if (head != NULL && peer_skip (peer, head_get_content_length (head)))
    peer_write (peer, fixture->answer);
}

void
client_fixture_start_canned (ClientFixture * fixture, const gchar * text)
{
  g_autofree gchar *uri = NULL;

  memset (fixture, 0, sizeof (*fixture));
  fixture->answer = text;
  fixture->server = server_start (answer, fixture, NULL);
  uri = g_strdup_printf ("http://127.0.0.1:%u",
      server_get_port (fixture->server));
  connect_client (fixture, uri);
}

void
client_fixture_stop (ClientFixture * fixture)
{
  g_clear_pointer (&fixture->http, gst_ice_http_client_unref);
  g_clear_pointer (&fixture->clock, gst_ice_clock_unref);
  g_clear_pointer (&fixture->endpoint, gst_ice_endpoint_unref);
  g_clear_pointer (&fixture->emulator, ice_emulator_free);
  g_clear_pointer (&fixture->server, server_stop);
}

void
client_fixture_add_fault (ClientFixture * fixture, const gchar * fault)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (fixture->emulator, fault, &error);
  g_assert_no_error (error);
}

void
client_fixture_on_done (GObject * source, GAsyncResult * result,
    gpointer user_data)
{
  g_assert_null (source);
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
on_deadline (gpointer user_data)
{
  g_error ("a call did not end");

  return G_SOURCE_REMOVE;
}

void
client_fixture_wait (GAsyncResult ** result)
{
  guint deadline = g_timeout_add_seconds (test_patience (DEADLINE_SECONDS),
      on_deadline, NULL);

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
}

static void
keep_line (GstDebugCategory * category, GstDebugLevel level,
    const gchar * file, const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  g_mutex_lock (&log_lock);
  g_string_append_printf (log_lines, "%s: %s\n",
      gst_debug_category_get_name (category), gst_debug_message_get (message));
  g_mutex_unlock (&log_lock);
}

void
client_fixture_begin_log (void)
{
  log_lines = g_string_new ("\n");
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (keep_line, NULL, NULL);
  gst_debug_set_threshold_from_string ("ice*:TRACE", FALSE);
}

void
client_fixture_check_log (ClientFixture * fixture, const gchar * category,
    const gchar * text)
{
  g_auto (GStrv) secrets = ice_emulator_get_secrets (fixture->emulator);
  g_autofree gchar *start = g_strdup_printf ("\n%s: ", category);
  guint i;

  g_mutex_lock (&log_lock);
  g_assert_nonnull (strstr (log_lines->str, start));
  g_assert_cmpuint (g_strv_length (secrets), >, 0);
  for (i = 0; secrets[i] != NULL; i++) {
    g_assert_null (strstr (log_lines->str, secrets[i]));
    g_assert_true (text == NULL || strstr (text, secrets[i]) == NULL);
  }
  g_mutex_unlock (&log_lock);
}

void
client_fixture_check_line (const gchar * category, const gchar * line)
{
  g_autofree gchar *pattern = g_strdup_printf ("^%s: %s$", category, line);
  gboolean found;

  g_mutex_lock (&log_lock);
  found = g_regex_match_simple (pattern, log_lines->str, G_REGEX_MULTILINE,
      0);
  g_mutex_unlock (&log_lock);
  if (!found)
    g_error ("no such line: %s", pattern);
}
