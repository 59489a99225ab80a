/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The chain asks one provider after the other, the one that worked last time
 * first.
 *
 * Runs on: the network thread.
 * Owns: the providers.
 *
 * When none has an identity the error is NOT_AUTHORIZED, which is final. There
 * are two exceptions, in which a provider's own code stands, so that the
 * caller may try again: it worked before, or it knows its source, which is
 * out of reach at the moment. */

#include "credentials/provider-chain.h"

#include <gst/gst.h>

#include "common/error.h"
#include "common/log.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_CREDENTIALS)

struct _GstIceProviderChain
{
  GObject parent;

  GPtrArray *providers;         /* (owned) (element-type provider) */
  GstIceCredentialsProvider *last;      /* (nullable) (unowned): one of
                                         * providers, that worked last */
};

/* One search for an identity. */
typedef struct
{
  GPtrArray *candidates;        /* (owned): in the order to be asked */
  guint next;
  gint code;                    /* of the error if there is no identity */
  GString *reasons;             /* (owned) */
} Search;

static Search *
search_new (GstIceProviderChain * chain)
{
  Search *search = g_new0 (Search, 1);
  guint i;

  search->candidates = g_ptr_array_new_with_free_func (g_object_unref);
  search->code = GST_ICE_ERROR_NOT_AUTHORIZED;
  search->reasons = g_string_new ("no identity found");

  if (chain->last != NULL)
    g_ptr_array_add (search->candidates, g_object_ref (chain->last));
  for (i = 0; i < chain->providers->len; i++) {
    gpointer provider = g_ptr_array_index (chain->providers, i);

    if (provider != (gpointer) chain->last)
      g_ptr_array_add (search->candidates, g_object_ref (provider));
  }

  return search;
}

static void
search_free (Search * search)
{
  g_ptr_array_unref (search->candidates);
  g_string_free (search->reasons, TRUE);
  g_free (search);
}

static void on_identity (GObject * source, GAsyncResult * result,
    gpointer user_data);

/* Asks the next candidate, or gives up. @task: (transfer full) */
static void
ask_next (GTask * task)
{
  Search *search = g_task_get_task_data (task);

  if (search->next == search->candidates->len) {
    g_task_return_error (task, gst_ice_error_new (search->code, "%s",
            search->reasons->str));
    g_object_unref (task);
    return;
  }

  gst_ice_credentials_provider_get_identity_async (g_ptr_array_index
      (search->candidates, search->next++), g_task_get_cancellable (task),
      on_identity, task);
}

static void
note_success (GstIceProviderChain * self, GstIceCredentialsProvider * provider)
{
  if (self->last == provider)
    return;

  self->last = provider;
  GST_INFO_OBJECT (self, "the identity comes from: %s",
      gst_ice_credentials_provider_get_name (provider));
}

/* What may be otherwise in a while. A provider whose source is not there at
 * all says NOT_AUTHORIZED. */
static gboolean
may_pass (const GError * error)
{
  static const GstIceErrorCode codes[] = {
    GST_ICE_ERROR_CLOCK_SKEW, GST_ICE_ERROR_THROTTLED,
    GST_ICE_ERROR_UNAVAILABLE, GST_ICE_ERROR_NETWORK, GST_ICE_ERROR_TLS,
    GST_ICE_ERROR_STALLED, GST_ICE_ERROR_PROTOCOL
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (codes); i++) {
    if (gst_ice_error_is (error, codes[i]))
      return TRUE;
  }

  return FALSE;
}

static void
note_failure (GstIceProviderChain * self, Search * search,
    GstIceCredentialsProvider * provider, const GError * error)
{
  const gchar *name = gst_ice_credentials_provider_get_name (provider);

  GST_DEBUG_OBJECT (self, "no identity from %s: %s", name, error->message);
  g_string_append_printf (search->reasons, "; %s: %s", name, error->message);

  if (search->code == GST_ICE_ERROR_NOT_AUTHORIZED && may_pass (error))
    search->code = error->code;
  if (self->last != provider)
    return;
  self->last = NULL;
  if (error->domain == GST_ICE_ERROR)
    search->code = error->code;
}

static void
on_identity (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GstIceProviderChain *self = g_task_get_source_object (task);
  GstIceCredentialsProvider *provider = GST_ICE_CREDENTIALS_PROVIDER (source);
  g_autoptr (GError) error = NULL;
  GstIceIdentity *identity;

  identity = gst_ice_credentials_provider_get_identity_finish (provider,
      result, &error);
  if (identity != NULL) {
    note_success (self, provider);
    g_task_return_pointer (task, identity,
        (GDestroyNotify) gst_ice_identity_unref);
    return;
  }

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }

  note_failure (self, g_task_get_task_data (task), provider, error);
  ask_next (g_steal_pointer (&task));
}

static void
get_identity_async (GstIceCredentialsProvider * provider,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GstIceProviderChain *self = GST_ICE_PROVIDER_CHAIN (provider);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, get_identity_async);
  g_task_set_task_data (task, search_new (self), (GDestroyNotify) search_free);

  ask_next (task);
}

/* After this the search begins with the first provider again. */
static void
invalidate (GstIceCredentialsProvider * provider, GstIceIdentity * identity)
{
  GstIceProviderChain *self = GST_ICE_PROVIDER_CHAIN (provider);

  if (self->last != NULL)
    gst_ice_credentials_provider_invalidate (self->last, identity);
  self->last = NULL;
}

static void
provider_init (GstIceCredentialsProviderInterface * iface)
{
  iface->get_identity_async = get_identity_async;
  iface->invalidate = invalidate;
}

G_DEFINE_TYPE_WITH_CODE (GstIceProviderChain, gst_ice_provider_chain,
    G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (GST_TYPE_ICE_CREDENTIALS_PROVIDER, provider_init))

static void
gst_ice_provider_chain_finalize (GObject * object)
{
  GstIceProviderChain *self = GST_ICE_PROVIDER_CHAIN (object);

  g_clear_pointer (&self->providers, g_ptr_array_unref);

  G_OBJECT_CLASS (gst_ice_provider_chain_parent_class)->finalize (object);
}

static void
gst_ice_provider_chain_class_init (GstIceProviderChainClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_provider_chain_finalize;
}

static void
gst_ice_provider_chain_init (GstIceProviderChain * self)
{
  self->providers = g_ptr_array_new_with_free_func (g_object_unref);
}

GstIceProviderChain *
gst_ice_provider_chain_new (void)
{
  return g_object_new (GST_TYPE_ICE_PROVIDER_CHAIN, NULL);
}

void
gst_ice_provider_chain_add (GstIceProviderChain * chain,
    GstIceCredentialsProvider * provider)
{
  g_ptr_array_add (chain->providers, g_object_ref (provider));
}

const gchar *
gst_ice_provider_chain_get_source (GstIceProviderChain * self)
{
  if (self->last == NULL)
    return NULL;

  return gst_ice_credentials_provider_get_name (self->last);
}
