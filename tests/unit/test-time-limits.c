/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Where identities come from may take its time, but not for ever: a file system
 * that does not answer, a program that does not end. What is measured in seconds
 * there takes a hundredth of that here. */

#define _GNU_SOURCE             /* RTLD_NEXT */

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "common/error.h"
#include "common/secret.h"
#include "credentials/file-reader.h"
#include "credentials/providers.h"
#include "disk.h"
#include "provider-fixture.h"

/* In place of GLib's. */
GSource *
g_timeout_source_new (guint interval)
{
  GSource *(*next) (guint) = dlsym (RTLD_NEXT, "g_timeout_source_new");

  return next (interval / 100);
}

static void
on_read (GObject * source, GAsyncResult * result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* (transfer full) (nullable) */
static GBytes *
read_file (const gchar * path, GError ** error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_file_read_async (path, NULL, on_read, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return gst_ice_file_read_finish (result, error);
}

static void
assert_content (const gchar * path, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = read_file (path, &error);
  gsize size;
  const gchar *data;

  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, text, strlen (text));
}

static void
test_file (void)
{
  ProviderFixture f;
  g_autofree gchar *path = NULL;
  g_autoptr (GError) error = NULL;

  provider_fixture_start (&f, NULL);
  path = provider_fixture_write (&f, "token", "text");
  disk_set (DISK_LOAD, "/token", EINTR);
  assert_content (path, "text");

  disk_set (DISK_LOAD, "/token", DISK_HANGS);
  g_assert_null (read_file (path, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_STALLED);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, "does not answer"));
  g_assert_cmpuint (disk_count_hanging (), ==, 1);

  disk_set (DISK_LOAD, "", DISK_IS_WELL);
  while (disk_count_hanging () > 0)
    g_thread_yield ();
  assert_content (path, "text");
  provider_fixture_stop (&f);
}

static void
test_program (void)
{
  ProviderFixture f;
  g_autoptr (GstIceSecret) command = gst_ice_secret_new ("/bin/sleep 1000");
  g_autoptr (GstIceCredentialsProvider) provider = NULL;

  provider_fixture_start (&f, NULL);
  provider = gst_ice_process_provider_new (f.context, command);
  provider_fixture_assert_error (&f, provider, GST_ICE_ERROR_NOT_AUTHORIZED,
      "the program takes too long");
  provider_fixture_stop (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/time-limits/of-a-file", test_file);
  g_test_add_func ("/time-limits/of-a-program", test_program);

  return g_test_run ();
}
