/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The order is that of the official SDKs.
 *
 * Runs on: the network thread.
 * Owns: the providers, as long as a chain uses them. */

#include "credentials/default-chain.h"

#include "common/digest.h"
#include "credentials/providers.h"

/* The providers that some chains share. */
typedef struct
{
  gchar *key;                   /* (owned) by the table */
  GPtrArray *providers;         /* (owned) (element-type provider) */
  guint n_chains;
} Shared;

static void
shared_free (Shared * shared)
{
  g_ptr_array_unref (shared->providers);
  g_free (shared);
}

/* (element-type utf8 Shared): of this thread. (transfer none) */
static GHashTable *
get_table (void)
{
  static GPrivate table = G_PRIVATE_INIT ((GDestroyNotify) g_hash_table_unref);

  if (g_private_get (&table) == NULL)
    g_private_set (&table, g_hash_table_new_full (g_str_hash, g_str_equal,
            g_free, (GDestroyNotify) shared_free));

  return g_private_get (&table);
}

/* What two sinks have to have in common. (transfer full) */
static gchar *
create_key (const GstIceIdentitySources * sources,
    const GstIceNetworkConfig * network)
{
  const gchar *const values[] = {
    sources->digest, sources->sts_endpoint, sources->metadata_endpoint,
    network->user_agent, network->proxy, network->ca_file,
    network->tcp_congestion_control
  };
  g_autoptr (GString) text = g_string_new (NULL);
  guint i;

  g_string_printf (text, "%" G_GUINT64_FORMAT, network->stall_timeout);
  for (i = 0; i < G_N_ELEMENTS (values); i++)
    g_string_append_printf (text, values[i] != NULL ? "\n=%s" : "\n",
        values[i]);

  return gst_ice_sha256_hex (text->str, text->len);
}

static Shared *
shared_new (GstIceIdentitySources * sources, GstIceHttpClient * http,
    GstIceNetworkConfig * network)
{
  Shared *shared = g_new0 (Shared, 1);
  GPtrArray *providers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GstIceProviderContext) context =
      gst_ice_provider_context_new (sources, http, network);
  g_autoptr (GstIceRole) role = gst_ice_role_new ();

  g_ptr_array_add (providers, g_object_ref (sources->environment));
  g_ptr_array_add (providers, gst_ice_oidc_provider_new (context, role, NULL,
          NULL));
  g_ptr_array_add (providers, gst_ice_profile_provider_new_cli (context));
  g_ptr_array_add (providers, gst_ice_profile_provider_new_ini (context));
  g_ptr_array_add (providers, gst_ice_ecs_provider_new (context, NULL, FALSE));
  g_ptr_array_add (providers, gst_ice_uri_provider_new (context));
  shared->providers = providers;

  return shared;
}

static void
on_chain_gone (gpointer data, GObject * chain)
{
  Shared *shared = data;

  if (--shared->n_chains == 0)
    g_hash_table_remove (get_table (), shared->key);
}

void
gst_ice_default_chain_add_to (GstIceProviderChain * chain,
    GstIceIdentitySources * sources, GstIceHttpClient * http,
    GstIceNetworkConfig * network)
{
  g_autofree gchar *key = create_key (sources, network);
  Shared *shared = g_hash_table_lookup (get_table (), key);
  guint i;

  if (shared == NULL) {
    shared = shared_new (sources, http, network);
    shared->key = g_steal_pointer (&key);
    g_hash_table_insert (get_table (), shared->key, shared);
  }

  shared->n_chains++;
  g_object_weak_ref (G_OBJECT (chain), on_chain_gone, shared);
  for (i = 0; i < shared->providers->len; i++)
    gst_ice_provider_chain_add (chain,
        g_ptr_array_index (shared->providers, i));
}
