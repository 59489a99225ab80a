/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The fixture; see the header. */

#include "provider-fixture.h"

#include <string.h>
#include <glib/gstdio.h>

#include "common/error.h"
#include "remove-tree.h"

static void
clear_environment (void)
{
  g_auto (GStrv) names = g_listenv ();
  guint i;

  for (i = 0; names[i] != NULL; i++) {
    if (g_str_has_prefix (names[i], "ALIBABA_CLOUD_"))
      g_unsetenv (names[i]);
  }
}

static void
make_context (ProviderFixture * f)
{
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "icesink-test/1",
    .stall_timeout = 20 * GST_SECOND,
  };

  clear_environment ();
  f->home = g_dir_make_tmp ("icesink-providers-XXXXXX", NULL);
  g_setenv ("HOME", f->home, TRUE);
  f->network = gst_ice_network_config_new (&values);
  f->sources = gst_ice_identity_sources_new (NULL);
  f->sources->sts_endpoint = gst_ice_endpoint_to_string (f->base.endpoint);
  f->sources->metadata_endpoint =
      gst_ice_endpoint_to_string (f->base.endpoint);
  f->context = gst_ice_provider_context_new (f->sources, f->base.http,
      f->network);
}

void
provider_fixture_start (ProviderFixture * f, const gchar * options)
{
  g_auto (GStrv) words = options != NULL ? g_strsplit (options, " ", -1)
      : NULL;

  client_fixture_start (&f->base, (const gchar * const *) words);
  make_context (f);
}

void
provider_fixture_start_canned (ProviderFixture * f, const gchar * answer)
{
  client_fixture_start_canned (&f->base, answer);
  make_context (f);
}

void
provider_fixture_stop (ProviderFixture * f)
{
  gst_ice_provider_context_unref (f->context);
  gst_ice_network_config_unref (f->network);
  gst_ice_identity_sources_unref (f->sources);
  client_fixture_stop (&f->base);
  g_assert_true (test_remove_tree (f->home));
  g_free (f->home);
}

void
provider_fixture_set (gchar ** string, const gchar * text)
{
  g_free (*string);
  *string = g_strdup (text);
}

void
provider_fixture_set_uri (ProviderFixture * f, const gchar * uri)
{
  g_clear_pointer (&f->sources->credentials_uri, gst_ice_secret_unref);
  f->sources->credentials_uri = gst_ice_secret_new (uri);
}

gchar *
provider_fixture_write (ProviderFixture * f, const gchar * name,
    const gchar * text)
{
  g_autofree gchar *path = g_build_filename (f->home, name, NULL);
  g_autofree gchar *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);

  return g_steal_pointer (&path);
}

static void
on_done (GObject * source, GAsyncResult * result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

GstIceIdentity *
provider_fixture_ask (gpointer provider, GError ** error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_credentials_provider_get_identity_async (provider, NULL, on_done,
      &result);
  client_fixture_wait (&result);

  return gst_ice_credentials_provider_get_identity_finish (provider, result,
      error);
}

GstIceIdentity *
provider_fixture_assert_id (gpointer provider, const gchar * prefix)
{
  g_autoptr (GError) error = NULL;
  GstIceIdentity *identity = provider_fixture_ask (provider, &error);
  const gchar *id;

  g_assert_no_error (error);
  id = gst_ice_identity_get_access_key_id (identity);
  if (!g_str_has_prefix (id, prefix))
    g_error ("%s is not %s", id, prefix);

  return identity;
}

void
provider_fixture_assert_error (ProviderFixture * f, gpointer provider,
    gint code, const gchar * named)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) secrets = NULL;
  guint i;

  g_assert_null (provider_fixture_ask (provider, &error));
  g_assert_error (error, GST_ICE_ERROR, code);
  if (strstr (error->message, named) == NULL)
    g_error ("not \"%s\": %s", named, error->message);
  g_assert_null (strstr (error->message, "s3cret"));
  if (f->base.emulator == NULL)
    return;

  secrets = ice_emulator_get_secrets (f->base.emulator);
  for (i = 0; secrets[i] != NULL; i++)
    g_assert_null (strstr (error->message, secrets[i]));
}

guint
provider_fixture_count (ProviderFixture * f, IceEmulatorOperation operation)
{
  return ice_emulator_count (f->base.emulator, operation, 0);
}
