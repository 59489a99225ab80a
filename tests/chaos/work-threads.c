/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Threads side by side; see the header. */

#include "work-threads.h"

struct _WorkThreads
{
  GPtrArray *threads;           /* (element-type GThread) (owned) */
  WorkFunc func;
  gpointer user_data;
  guint n_things;
  gint next;                    /* atomic */
};

static gpointer
work (gpointer data)
{
  WorkThreads *self = data;
  guint index;

  while ((index = g_atomic_int_add (&self->next, 1)) < self->n_things)
    self->func (index, self->user_data);

  return NULL;
}

WorkThreads *
work_threads_new (guint n_threads, guint n_things, WorkFunc func,
    gpointer user_data)
{
  WorkThreads *self = g_new0 (WorkThreads, 1);
  guint i;

  self->threads =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_thread_join);
  self->func = func;
  self->user_data = user_data;
  self->n_things = n_things;
  for (i = 0; i < n_threads; i++)
    g_ptr_array_add (self->threads, g_thread_new ("work", work, self));

  return self;
}

void
work_threads_join (WorkThreads * self)
{
  g_ptr_array_unref (self->threads);
  g_free (self);
}
