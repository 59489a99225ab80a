/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The resolver; see the header.
 *
 * Runs on: any thread.
 * Protected by: lock, which names fail how often. */

#include "test-resolver.h"

#include <stdlib.h>

#include <gio/gio.h>

#define SUFFIX ".test"

struct _TestResolver
{
  GResolver parent;
};

G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver);
G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER);

/* Names that end with @suffix. */
typedef struct
{
  gchar *suffix;
  guint n_to_fail;
  guint n_failed;
} Zone;

static GMutex lock;
static GPtrArray *zones;        /* (element-type Zone); for the process */

/* Call with the lock held. */
static Zone *
find_zone (const gchar * name)
{
  guint i;

  for (i = 0; i < zones->len; i++) {
    Zone *zone = g_ptr_array_index (zones, i);

    if (g_str_has_suffix (name, zone->suffix))
      return zone;
  }

  return NULL;
}

static gboolean
is_to_fail (const gchar * name)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&lock);
  Zone *zone = find_zone (name);

  if (zone == NULL || zone->n_to_fail == 0)
    return FALSE;

  zone->n_to_fail--;
  zone->n_failed++;

  return TRUE;
}

static GList *
lookup (GResolver * resolver, const gchar * name,
    GResolverNameLookupFlags flags, GCancellable * cancellable,
    GError ** error)
{
  if (!g_str_has_suffix (name, SUFFIX)
      || (flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY)) {
    g_set_error (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND,
        "There is no %s", name);
    return NULL;
  }
  if (is_to_fail (name)) {
    g_set_error (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE,
        "%s can't be resolved for now", name);
    return NULL;
  }

  return g_list_append (NULL,
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4));
}

static void
lookup_async (GResolver * resolver, const gchar * name,
    GResolverNameLookupFlags flags, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback,
      user_data);
  GError *error = NULL;
  GList *addresses = lookup (resolver, name, flags, cancellable, &error);

  g_task_set_source_tag (task, lookup_async);
  if (addresses == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, addresses,
        (GDestroyNotify) g_resolver_free_addresses);
}

static GList *
lookup_finish (GResolver * resolver, GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_class_init (TestResolverClass * klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_with_flags = lookup;
  resolver_class->lookup_by_name_with_flags_async = lookup_async;
  resolver_class->lookup_by_name_with_flags_finish = lookup_finish;
}

static void
test_resolver_init (TestResolver * self)
{
}

static void
free_zone (gpointer data)
{
  Zone *zone = data;

  g_free (zone->suffix);
  g_free (zone);
}

static void
free_zones (void)
{
  g_ptr_array_unref (zones);
}

void
test_resolver_install (void)
{
  g_autoptr (GResolver) resolver =
      g_object_new (test_resolver_get_type (), NULL);

  zones = g_ptr_array_new_with_free_func (free_zone);
  atexit (free_zones);
  g_resolver_set_default (resolver);
}

void
test_resolver_fail (const gchar * suffix, guint n)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&lock);
  Zone *zone = find_zone (suffix);

  if (zone == NULL) {
    zone = g_new0 (Zone, 1);
    zone->suffix = g_strdup (suffix);
    g_ptr_array_add (zones, zone);
  }
  zone->n_to_fail = n;
}

guint
test_resolver_count_failed (const gchar * suffix)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker =
      g_mutex_locker_new (&lock);
  const Zone *zone = find_zone (suffix);

  return zone != NULL ? zone->n_failed : 0;
}
