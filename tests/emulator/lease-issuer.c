/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Gives out leases and knows them again by their key id.
 *
 * Runs on: any thread.
 * Protected by: lock. Only the lock of the secrets is taken while it is held.
 *
 * Memory is bounded: beyond LEASES_MAX the oldest are forgotten, and requests
 * signed with them get InvalidAccessKeyId. */

#include "lease-issuer.h"

#include <string.h>

#include "text.h"

#define LEASES_MAX 20000
#define KEYS_PER_MEDIA_MAX 16
#define TOKEN_LENGTH 1000
#define SECRET_LENGTH 44

struct _EmuLeaseIssuer
{
  const EmuOptions *options;    /* (unowned) */
  EmuSecrets *secrets;          /* (unowned) */
  gchar *uri;
  guint port;

  GMutex lock;                  /* protects the rest */
  guint64 life_ms;
  guint generation;
  GHashTable *by_id;            /* (element-type utf8 EmuLease) */
  GQueue order;                 /* the same, oldest first */
  GHashTable *keys;             /* media id to GPtrArray of keys, by age */
};

EmuLease *
emu_lease_ref (EmuLease * lease)
{
  return g_atomic_rc_box_acquire (lease);
}

static void
lease_clear (gpointer data)
{
  EmuLease *lease = data;

  g_free (lease->media_id);
  g_free (lease->endpoint);
  g_free (lease->bucket);
  g_free (lease->key);
  g_free (lease->access_key_id);
  g_free (lease->access_key_secret);
  g_free (lease->security_token);
}

void
emu_lease_unref (EmuLease * lease)
{
  g_atomic_rc_box_release_full (lease, lease_clear);
}

gboolean
emu_lease_is_alive (EmuLease * lease, gint64 now_us)
{
  return !g_atomic_int_get (&lease->dead) && now_us < lease->expires_us;
}

EmuLeaseIssuer *
emu_lease_issuer_new (const EmuOptions * options, EmuSecrets * secrets)
{
  EmuLeaseIssuer *issuer = g_new0 (EmuLeaseIssuer, 1);

  issuer->options = options;
  issuer->secrets = secrets;
  issuer->life_ms = options->credential_life * 1000;
  g_mutex_init (&issuer->lock);
  issuer->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      (GDestroyNotify) emu_lease_unref);
  g_queue_init (&issuer->order);
  issuer->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_ptr_array_unref);
  return issuer;
}

void
emu_lease_issuer_free (EmuLeaseIssuer * issuer)
{
  g_queue_clear (&issuer->order);
  g_hash_table_unref (issuer->by_id);
  g_hash_table_unref (issuer->keys);
  g_mutex_clear (&issuer->lock);
  g_free (issuer->uri);
  g_free (issuer);
}

void
emu_lease_issuer_set_address (EmuLeaseIssuer * issuer, const gchar * uri,
    guint port)
{
  g_free (issuer->uri);
  issuer->uri = g_strdup (uri);
  issuer->port = port;
}

void
emu_lease_issuer_set_life (EmuLeaseIssuer * issuer, guint64 life_ms)
{
  g_mutex_lock (&issuer->lock);
  issuer->life_ms = life_ms;
  g_mutex_unlock (&issuer->lock);
}

static gboolean
reached (gint from, guint generation)
{
  return from > 0 && generation >= from;
}

/* The template with another extension, if it has one. (transfer full) */
static gchar *
fit_template (const gchar * template, const gchar * ext)
{
  const gchar *dot = strrchr (template, '.');

  if (!ext || !dot || strchr (dot, '/'))
    return g_strdup (template);
  return g_strdup_printf ("%.*s.%s", (gint) (dot - template), template, ext);
}

static gchar *
make_key (EmuLeaseIssuer * issuer, const EmuLease * lease, const gchar * ext,
    const EmuFault * fault)
{
  g_autofree gchar *template =
      fit_template (issuer->options->key_template, ext);
  gchar *key;
  gchar *changed;

  key = emu_text_replace (template, "MEDIAID", lease->media_id);
  if (emu_fault_get_kind (fault) != EMU_FAULT_WRONG_OBJECT
      && !reached (issuer->options->new_key_from, lease->generation))
    return key;
  changed = g_strconcat ("moved/", key, NULL);
  g_free (key);
  return changed;
}

static gchar *
make_endpoint (EmuLeaseIssuer * issuer, const EmuLease * lease,
    const EmuFault * fault)
{
  const EmuOptions *options = issuer->options;
  const gchar *template = options->endpoint ? options->endpoint : issuer->uri;
  g_autofree gchar *port = g_strdup_printf ("%u", issuer->port);

  if (emu_fault_get_kind (fault) == EMU_FAULT_HTTP_ENDPOINT)
    return g_strdup_printf ("http://%s:%u",
        fault->host ? fault->host : "oss.example.invalid",
        fault->port ? fault->port : issuer->port);
  if (reached (options->new_endpoint_from, lease->generation))
    template = options->new_endpoint;
  return emu_text_replace (template, "PORT", port);
}

static EmuLease *
make_lease (EmuLeaseIssuer * issuer, guint generation, guint64 life_ms,
    const gchar * media_id, const gchar * ext, const EmuFault * fault,
    gint64 now_us)
{
  EmuLease *lease = g_atomic_rc_box_new0 (EmuLease);
  g_autofree gchar *id = emu_random_text (EMU_ALPHANUMERICS, 24);

  lease->generation = generation;
  lease->media_id = g_strdup (media_id);
  lease->key = make_key (issuer, lease, ext, fault);
  lease->endpoint = make_endpoint (issuer, lease, fault);
  lease->bucket = g_strdup (issuer->options->bucket);
  lease->access_key_id = g_strconcat ("STS.NT", id, NULL);
  lease->access_key_secret = emu_random_text (EMU_ALPHANUMERICS, SECRET_LENGTH);
  if (!issuer->options->no_lease_token) {
    g_autofree gchar *random =
        emu_random_text (EMU_ALPHANUMERICS "+/", TOKEN_LENGTH - 6);

    lease->security_token = g_strconcat ("CAIS", random, "==", NULL);
  }
  lease->life_ms = life_ms;
  lease->expires_us = now_us + life_ms * 1000;
  return lease;
}

/* Call with the lock held. */
static void
remember_key (EmuLeaseIssuer * issuer, const EmuLease * lease)
{
  GPtrArray *keys = g_hash_table_lookup (issuer->keys, lease->media_id);
  guint index;

  if (!keys) {
    keys = g_ptr_array_new_with_free_func (g_free);
    g_hash_table_insert (issuer->keys, g_strdup (lease->media_id), keys);
  }
  if (g_ptr_array_find_with_equal_func (keys, lease->key, g_str_equal, &index))
    g_ptr_array_remove_index (keys, index);
  else if (keys->len == KEYS_PER_MEDIA_MAX)
    g_ptr_array_remove_index (keys, 0);
  g_ptr_array_add (keys, g_strdup (lease->key));
}

/* Call with the lock held. */
static void
remember_lease (EmuLeaseIssuer * issuer, EmuLease * lease)
{
  g_hash_table_insert (issuer->by_id, lease->access_key_id,
      emu_lease_ref (lease));
  g_queue_push_tail (&issuer->order, lease);
  if (issuer->order.length > LEASES_MAX) {
    EmuLease *oldest = g_queue_pop_head (&issuer->order);

    g_hash_table_remove (issuer->by_id, oldest->access_key_id);
  }
}

EmuLease *
emu_lease_issuer_issue (EmuLeaseIssuer * issuer, const gchar * media_id,
    const gchar * ext, const EmuFault * fault, gint64 now_us)
{
  EmuLease *lease;

  g_mutex_lock (&issuer->lock);
  lease = make_lease (issuer, ++issuer->generation, issuer->life_ms, media_id,
      ext, fault, now_us);
  remember_key (issuer, lease);
  remember_lease (issuer, lease);
  g_mutex_unlock (&issuer->lock);

  emu_secrets_add (issuer->secrets, lease->access_key_secret);
  emu_secrets_add (issuer->secrets, lease->security_token);
  return lease;
}

gchar *
emu_lease_issuer_format_address (EmuLeaseIssuer * issuer, EmuLease * lease)
{
  g_autofree gchar *endpoint = emu_json_quote (lease->endpoint);
  g_autofree gchar *bucket = emu_json_quote (lease->bucket);
  g_autofree gchar *key = emu_json_quote (lease->key);
  g_autofree gchar *json = NULL;

  json = g_strdup_printf ("{\"Endpoint\":%s,\"Bucket\":%s,\"FileName\":%s}",
      endpoint, bucket, key);
  return g_base64_encode ((const guchar *) json, strlen (json));
}

/* ExpireUTCTime counts whole seconds. In a lease that lives a few seconds,
 * cutting the fraction off would be a large part of its life. */
static gboolean
has_expire_utc_time (EmuLeaseIssuer * issuer, const EmuLease * lease)
{
  if (issuer->options->no_expire_utc_time)
    return FALSE;
  return lease->life_ms >= 60 * 1000 || issuer->options->with_expire_utc_time;
}

static void
append_expiry (EmuLeaseIssuer * issuer, GString * json, const EmuLease * lease)
{
  const gchar *quote = issuer->options->numeric_expiration ? "" : "\"";
  guint64 life = MAX (lease->life_ms / 1000, 1);
  g_autofree gchar *date = NULL;

  g_string_append_printf (json, ",\"Expiration\":%s%" G_GUINT64_FORMAT "%s",
      quote, life, quote);
  if (!has_expire_utc_time (issuer, lease))
    return;
  date = emu_date_format_iso (lease->expires_us, FALSE);
  g_string_append_printf (json, ",\"ExpireUTCTime\":\"%s\"", date);
}

gchar *
emu_lease_issuer_format_auth (EmuLeaseIssuer * issuer, EmuLease * lease)
{
  g_autoptr (GString) json = g_string_new ("{");
  g_autofree gchar *region = emu_json_quote (issuer->options->region);
  gchar *text;

  if (lease->security_token)
    g_string_append_printf (json, "\"SecurityToken\":\"%s\",",
        lease->security_token);
  g_string_append_printf (json,
      "\"AccessKeyId\":\"%s\",\"AccessKeySecret\":\"%s\"",
      lease->access_key_id, lease->access_key_secret);
  append_expiry (issuer, json, lease);
  if (!issuer->options->no_lease_region)
    g_string_append_printf (json, ",\"Region\":%s", region);
  g_string_append_c (json, '}');

  text = g_base64_encode ((const guchar *) json->str, json->len);
  emu_secrets_add (issuer->secrets, text);
  return text;
}

EmuLease *
emu_lease_issuer_find (EmuLeaseIssuer * issuer, const gchar * access_key_id)
{
  EmuLease *lease;

  g_mutex_lock (&issuer->lock);
  lease = g_hash_table_lookup (issuer->by_id, access_key_id);
  if (lease)
    emu_lease_ref (lease);
  g_mutex_unlock (&issuer->lock);
  return lease;
}

void
emu_lease_issuer_expire_all (EmuLeaseIssuer * issuer)
{
  GList *item;

  g_mutex_lock (&issuer->lock);
  for (item = issuer->order.head; item; item = item->next) {
    EmuLease *lease = item->data;

    g_atomic_int_set (&lease->dead, TRUE);
  }
  g_mutex_unlock (&issuer->lock);
}

guint
emu_lease_issuer_get_generation (EmuLeaseIssuer * issuer)
{
  guint generation;

  g_mutex_lock (&issuer->lock);
  generation = issuer->generation;
  g_mutex_unlock (&issuer->lock);
  return generation;
}

gchar **
emu_lease_issuer_get_keys (EmuLeaseIssuer * issuer, const gchar * media_id)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  GPtrArray *keys;
  guint i;

  g_mutex_lock (&issuer->lock);
  keys = g_hash_table_lookup (issuer->keys, media_id);
  for (i = keys ? keys->len : 0; i > 0; i--)
    g_strv_builder_add (builder, g_ptr_array_index (keys, i - 1));
  g_mutex_unlock (&issuer->lock);
  return g_strv_builder_end (builder);
}
