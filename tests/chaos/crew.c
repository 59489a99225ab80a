/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The crew; see the header. */

#include "crew.h"

struct _Crew
{
  GPtrArray *threads;           /* (element-type GThread) (owned) */
  CrewFunc func;
  gpointer user_data;
  guint n_things;
  gint next;                    /* atomic */
};

static gpointer
work (gpointer data)
{
  Crew *crew = data;
  guint index;

  while ((index = g_atomic_int_add (&crew->next, 1)) < crew->n_things)
    crew->func (index, crew->user_data);

  return NULL;
}

Crew *
crew_new (guint n_threads, guint n_things, CrewFunc func, gpointer user_data)
{
  Crew *crew = g_new0 (Crew, 1);
  guint i;

  crew->threads =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_thread_join);
  crew->func = func;
  crew->user_data = user_data;
  crew->n_things = n_things;
  for (i = 0; i < n_threads; i++)
    g_ptr_array_add (crew->threads, g_thread_new ("crew", work, crew));

  return crew;
}

void
crew_join (Crew * crew)
{
  g_ptr_array_unref (crew->threads);
  g_free (crew);
}
