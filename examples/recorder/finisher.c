/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Finishing fragments; see the header.
 *
 * A fragment:
 *
 *     waiting ──▶ running ──▶ complete, forgotten
 *        ▲           │
 *        └───────────┘ failed: again after a while
 *
 * resume=only and a stream that ends at once make an icesink do it, the same
 * as `gst-ice-1.0 finish`. */

#include "finisher.h"

#include "report.h"

/* How long one that is refused, or makes no way, keeps its place. */
#define GIVE_WAY_AFTER (10 * 60 * GST_SECOND)

/* Before it is tried again, in seconds: what passes, and what rarely does. */
#define SHORT_DELAY 30
#define LONG_DELAY 3600

typedef struct
{
  Finisher *finisher;           /* (unowned) */
  gchar *media_id;              /* (owned) */
  guint64 pending;
  gint64 since;                 /* monotonic */
  gint64 not_before;            /* monotonic */
  GstElement *pipeline;         /* (owned) (nullable): it is running */
  GstElement *icesink;          /* (unowned) in the pipeline */
  guint64 sent;                 /* that have been counted */
  gboolean complete;            /* the service has confirmed it */
  gboolean counted;             /* as failed */
} Job;

struct _Finisher
{
  guint parallel;
  FinisherSetUpFunc set_up;
  gpointer user_data;
  GQueue jobs;                  /* (element-type Job) (owned) */
  guint n_running;
};

/* On the wire, for the counter. */
static void
count_sent (Job * job, const GstStructure * stats)
{
  guint64 sent = 0;

  gst_structure_get_uint64 (stats, "bytes-sent", &sent);
  if (sent > job->sent)
    report_add (REPORT_SENT_BYTES, sent - job->sent);
  job->sent = sent;
}

static void
stop (Job * job)
{
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstStructure) stats = NULL;

  if (job->pipeline == NULL)
    return;

  bus = gst_element_get_bus (job->pipeline);
  gst_bus_remove_watch (bus);
  gst_element_set_state (job->pipeline, GST_STATE_NULL);
  g_object_get (job->icesink, "stats", &stats, NULL);
  count_sent (job, stats);
  g_clear_object (&job->pipeline);
  job->icesink = NULL;
  job->finisher->n_running--;
}

static void
job_free (Job * job)
{
  stop (job);
  g_free (job->media_id);
  g_free (job);
}

Finisher *
finisher_new (guint parallel, FinisherSetUpFunc set_up, gpointer user_data)
{
  Finisher *self = g_new0 (Finisher, 1);

  self->parallel = parallel;
  self->set_up = set_up;
  self->user_data = user_data;
  g_queue_init (&self->jobs);

  return self;
}

void
finisher_free (Finisher * self)
{
  g_queue_clear_full (&self->jobs, (GDestroyNotify) job_free);
  g_free (self);
}

void
finisher_add (Finisher * self, const gchar * media_id, guint64 pending,
    gint64 since)
{
  Job *job = g_new0 (Job, 1);

  job->finisher = self;
  job->media_id = g_strdup (media_id);
  job->pending = pending;
  job->since = since;
  g_queue_push_tail (&self->jobs, job);
}

guint
finisher_count (Finisher * self)
{
  return g_queue_get_length (&self->jobs);
}

/* ---- the end of one ---- */

/* An end without a word of the service: there was nothing in the spool. */
static void
end_empty (Job * job)
{
  report_event ("fragment-empty", "media-id", job->media_id, NULL);
  g_queue_remove (&job->finisher->jobs, job);
  job_free (job);
}

static void
end_well (Job * job)
{
  report_add (REPORT_FRAGMENTS_COMPLETE, 1);
  report_set (REPORT_LAST_SUCCESS,
      g_get_real_time () / (gdouble) G_USEC_PER_SEC);
  g_queue_remove (&job->finisher->jobs, job);
  job_free (job);
}

static gboolean
is_refusal (const GError * error)
{
  return g_error_matches (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND)
      || g_error_matches (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS)
      || g_error_matches (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED)
      || g_error_matches (error, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SYNC);
}

/* All is kept, and it has to stand behind the others. */
static void
end_badly (Job * job, const GError * error, const gchar * debug)
{
  gboolean refused = is_refusal (error);

  stop (job);
  report_event ("fragment-not-finished", "media-id", job->media_id,
      "error", error->message, "debug", debug, NULL);
  if (refused && !job->counted) {
    job->counted = TRUE;
    report_add (REPORT_FRAGMENTS_FAILED, 1);
  }
  job->not_before = g_get_monotonic_time ()
      + (refused ? LONG_DELAY : SHORT_DELAY) * (gint64) G_USEC_PER_SEC;
  g_queue_remove (&job->finisher->jobs, job);
  g_queue_push_tail (&job->finisher->jobs, job);
}

static void
handle_element (Job * job, const GstStructure * structure)
{
  g_autofree gchar *size_text = NULL;
  guint64 size = 0;

  if (!gst_structure_has_name (structure, "ice-upload-complete"))
    return;

  gst_structure_get_uint64 (structure, "size", &size);
  size_text = g_strdup_printf ("%" G_GUINT64_FORMAT, size);
  report_add (REPORT_UPLOADED_BYTES, size);
  report_event ("fragment-complete", "media-id", job->media_id,
      "object", gst_structure_get_string (structure, "object"),
      "bytes", size_text, NULL);
  job->complete = TRUE;
}

static void
handle_error (Job * job, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  if (job->complete)
    end_well (job);
  else
    end_badly (job, error, debug);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Job *job = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      handle_element (job, gst_message_get_structure (message));
      break;
    case GST_MESSAGE_ERROR:
      handle_error (job, message);
      break;
    case GST_MESSAGE_EOS:
      if (job->complete)
        end_well (job);
      else
        end_empty (job);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

/* ---- the start of one ---- */

static void
start (Job * job)
{
  Finisher *self = job->finisher;
  GstElement *source = gst_element_factory_make ("fakesrc", NULL);
  g_autoptr (GstBus) bus = NULL;

  job->pipeline = gst_object_ref_sink (gst_pipeline_new (job->media_id));
  job->icesink = gst_element_factory_make ("icesink", NULL);
  self->set_up (job->icesink, self->user_data);
  g_object_set (job->icesink, "media-id", job->media_id,
      "retry-timeout", GIVE_WAY_AFTER, NULL);
  gst_util_set_object_arg (G_OBJECT (job->icesink), "resume", "only");
  g_object_set (source, "num-buffers", 0, NULL);
  gst_bin_add_many (GST_BIN (job->pipeline), source, job->icesink, NULL);
  gst_element_link (source, job->icesink);
  job->sent = 0;
  self->n_running++;

  bus = gst_element_get_bus (job->pipeline);
  gst_bus_add_watch (bus, on_message, job);
  /* If it fails, the bus knows why. */
  gst_element_set_state (job->pipeline, GST_STATE_PLAYING);
}

void
finisher_tick (Finisher * self)
{
  gint64 now = g_get_monotonic_time ();
  GList *item;

  for (item = self->jobs.head; item != NULL; item = item->next) {
    Job *job = item->data;

    if (self->n_running < self->parallel && job->pipeline == NULL
        && job->not_before <= now)
      start (job);
  }
}

static void
measure_running (Job * job, guint64 * memory)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 used = 0;

  g_object_get (job->icesink, "stats", &stats, NULL);
  count_sent (job, stats);
  gst_structure_get_uint64 (stats, "memory-used", &used);
  *memory += used;
}

void
finisher_measure (Finisher * self, guint64 * memory, guint64 * pending,
    gint64 * since)
{
  GList *item;

  for (item = self->jobs.head; item != NULL; item = item->next) {
    Job *job = item->data;

    if (job->pipeline != NULL)
      measure_running (job, memory);
    *pending += job->pending;
    *since = MIN (*since, job->since);
  }
}
