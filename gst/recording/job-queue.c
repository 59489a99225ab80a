/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Queues of jobs over one thread pool; see the header.
 *
 * A queue that has jobs is in the pool exactly once, with a reference. The
 * thread that takes it runs one job and puts it back behind the others, so
 * that a long queue does not keep short ones waiting.
 *
 * Protected by: lock, never held while a job runs. */

#include "recording/job-queue.h"

#include "common/lock.h"

/* Disks do not get faster with more. */
#define N_THREADS 4

typedef struct
{
  GstIceJobFunc func;
  gpointer user_data;
} Job;

struct _GstIceJobQueue
{
  gatomicrefcount ref_count;

  GMutex lock;
  GCond done;                   /* n_done has grown */
  GQueue jobs;                  /* (element-type Job) not begun yet */
  guint64 n_added;
  guint64 n_done;
  GThread *runner;              /* (unowned) of the job that runs now */
};

static void run_one (gpointer data, gpointer user_data);

/* The pool lives as long as the process; its threads end when idle. */
static GThreadPool *
get_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize) g_thread_pool_new (run_one, NULL,
            N_THREADS, FALSE, NULL));

  return (GThreadPool *) pool;
}

GstIceJobQueue *
gst_ice_job_queue_new (void)
{
  GstIceJobQueue *self = g_new0 (GstIceJobQueue, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->done);
  g_queue_init (&self->jobs);

  return self;
}

static void
finalize (GstIceJobQueue * self)
{
  g_cond_clear (&self->done);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GST_ICE_DEFINE_COUNTED (GstIceJobQueue, gst_ice_job_queue, finalize)

static Job *
begin_job (GstIceJobQueue * self)
{
  gst_ice_lock_scope (&self->lock);

  self->runner = g_thread_self ();

  return g_queue_pop_head (&self->jobs);
}

/* Returns TRUE if there are more. */
static gboolean
end_job (GstIceJobQueue * self)
{
  gst_ice_lock_scope (&self->lock);

  self->runner = NULL;
  self->n_done++;
  g_cond_broadcast (&self->done);

  return self->n_done < self->n_added;
}

/* On a thread of the pool. @data: (transfer full) */
static void
run_one (gpointer data, gpointer user_data)
{
  g_autoptr (GstIceJobQueue) self = data;
  g_autofree Job *job = begin_job (self);

  job->func (job->user_data);

  if (end_job (self))
    g_thread_pool_push (get_pool (), g_steal_pointer (&self), NULL);
}

void
gst_ice_job_queue_add (GstIceJobQueue * self, GstIceJobFunc func,
    gpointer user_data)
{
  gst_ice_lock_scope (&self->lock);
  Job *job = g_new (Job, 1);

  job->func = func;
  job->user_data = user_data;
  g_queue_push_tail (&self->jobs, job);

  if (self->n_added++ == self->n_done)
    g_thread_pool_push (get_pool (), gst_ice_job_queue_ref (self), NULL);
}

void
gst_ice_job_queue_flush (GstIceJobQueue * self)
{
  gst_ice_job_queue_flush_until (self, G_MAXINT64);
}

gboolean
gst_ice_job_queue_flush_until (GstIceJobQueue * self, gint64 deadline_us)
{
  gst_ice_lock_scope (&self->lock);
  guint64 n_wanted = self->n_added;

  while (self->n_done < n_wanted) {
    if (!g_cond_wait_until (&self->done, &self->lock, deadline_us))
      return self->n_done >= n_wanted;
  }

  return TRUE;
}

gboolean
gst_ice_job_queue_is_current (GstIceJobQueue * self)
{
  gst_ice_lock_scope (&self->lock);

  return self->runner == g_thread_self ();
}
