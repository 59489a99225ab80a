/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Prints the identity that icesink would use, as one line of JSON, for a
 * comparison with that of an official SDK.
 *
 * Usage: identity-probe ENDPOINT [PROFILE]
 *
 * ENDPOINT stands in for STS and the metadata service. All else is what the
 * sink does: its settings, its chain, the environment of this process. */

#include <stdio.h>
#include <stdlib.h>

#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include "credentials/default-chain.h"
#include "icesink/settings.h"

#define STALL_TIMEOUT (20 * GST_SECOND)

static void
on_done (GObject * source, GAsyncResult * result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GstIceIdentitySources *
make_sources (const gchar * endpoint, const gchar * profile)
{
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  g_autoptr (GstIceUploadConfig) config = NULL;
  GstIceIdentitySources *sources;
  GstIceSettings settings;

  gst_ice_settings_init (&settings);
  settings.media_id = g_strdup ("probe");
  settings.profile = g_strdup (profile);
  config = gst_ice_settings_get_upload_config (&settings, clock, NULL);
  gst_ice_settings_clear (&settings);

  sources = gst_ice_identity_sources_ref (config->sources);
  sources->sts_endpoint = g_strdup (endpoint);
  sources->metadata_endpoint = g_strdup (endpoint);

  return sources;
}

static GstIceIdentity *
find_identity (GstIceIdentitySources * sources, GError ** error)
{
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "identity-probe",.proxy = (gchar *) "",
    .stall_timeout = STALL_TIMEOUT
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  g_autoptr (GstIceHttpClient) http =
      gst_ice_http_client_new (config, 1, clock, NULL);
  g_autoptr (GstIceProviderChain) chain = gst_ice_provider_chain_new ();
  GstIceCredentialsProvider *provider = GST_ICE_CREDENTIALS_PROVIDER (chain);
  g_autoptr (GAsyncResult) result = NULL;

  gst_ice_default_chain_add_to (chain, sources, http, config);
  gst_ice_credentials_provider_get_identity_async (provider, NULL, on_done,
      &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return gst_ice_credentials_provider_get_identity_finish (provider, result,
      error);
}

static void
print (const GstIceIdentity * identity, const GError * error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  json_builder_begin_object (builder);
  if (identity != NULL) {
    const gchar *token = gst_ice_identity_peek_token (identity);

    json_builder_set_member_name (builder, "id");
    json_builder_add_string_value (builder,
        gst_ice_identity_get_access_key_id (identity));
    json_builder_set_member_name (builder, "secret");
    json_builder_add_string_value (builder,
        gst_ice_identity_peek_secret (identity));
    json_builder_set_member_name (builder, "token");
    json_builder_add_string_value (builder, token != NULL ? token : "");
  } else {
    json_builder_set_member_name (builder, "error");
    json_builder_add_string_value (builder, error->message);
  }
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  printf ("%s\n", text);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstIceIdentitySources) sources = NULL;
  g_autoptr (GstIceIdentity) identity = NULL;
  g_autoptr (GError) error = NULL;

  if (argc < 2 || argc > 3) {
    fprintf (stderr, "Usage: %s ENDPOINT [PROFILE]\n", argv[0]);
    return EXIT_FAILURE;
  }

  gst_init (NULL, NULL);
  sources = make_sources (argv[1], argv[2]);
  identity = find_identity (sources, &error);
  print (identity, error);

  return EXIT_SUCCESS;
}
