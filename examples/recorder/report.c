/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the recorder tells; see the header.
 *
 * Runs on: any thread.
 * Protected by: lock.
 *
 * How long requests take, and why they fail, is in icesink's log: one line for
 * each request, in a form that is made to be read by programs (category
 * `icerequest`). It is read here, and passed on to whoever has asked for it with
 * GST_DEBUG. */

#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>
#include <json-glib/json-glib.h>

#define PREFIX "icesink_recorder_"
#define REQUESTS "icerequest"

static const gchar *const state_names[] = {
  [REPORT_WAITING] = "waiting",
  [REPORT_RECORDING] = "recording",
  [REPORT_DISK_FULL] = "disk_full",
  [REPORT_STOPPING] = "stopping",
};

typedef struct
{
  const gchar *name;
  const gchar *help;
} Description;

static const Description counter_descriptions[] = {
  [REPORT_WRITTEN_BYTES] = {"written_bytes_total", "Bytes recorded"},
  [REPORT_SENT_BYTES] = {"sent_bytes_total",
      "Bytes sent to the service, repetitions included"},
  [REPORT_UPLOADED_BYTES] = {"uploaded_bytes_total",
      "Bytes in fragments that are complete"},
  [REPORT_FRAGMENTS_STARTED] = {"fragments_started_total",
      "Fragments begun"},
  [REPORT_FRAGMENTS_COMPLETE] = {"fragments_complete_total",
      "Fragments that the service has confirmed"},
  [REPORT_FRAGMENTS_FAILED] = {"fragments_failed_total",
      "Fragments that the service has refused"},
  [REPORT_SPLITS_DELAYED] = {"splits_delayed_total",
      "Times that a fragment went on for lack of a media id"},
  [REPORT_CAMERA_CONNECTIONS] = {"camera_connections_total",
      "Times that the camera was started"},
  [REPORT_CAMERA_LOSSES] = {"camera_losses_total",
      "Times that the camera went away"},
  [REPORT_ID_FAILURES] = {"media_id_failures_total",
      "Times that no media ids could be had"},
};

static const Description gauge_descriptions[] = {
  [REPORT_LAG] = {"upload_lag_seconds",
      "Age of the oldest byte that the service has not confirmed"},
  [REPORT_PENDING_BYTES] = {"pending_bytes",
      "Bytes recorded and not confirmed"},
  [REPORT_FRAGMENTS_WAITING] = {"fragments_waiting",
      "Fragments that are over and not complete"},
  [REPORT_MEDIA_IDS] = {"media_ids", "Media ids in stock"},
  [REPORT_MEMORY_BYTES] = {"memory_bytes", "Recorded bytes held in memory"},
  [REPORT_SPOOL_BYTES] = {"spool_bytes", "Size of the spool on disk"},
  [REPORT_LAST_FRAME] = {"last_frame_timestamp_seconds",
      "When the camera sent something last"},
  [REPORT_LAST_SUCCESS] = {"last_success_timestamp_seconds",
      "When a fragment became complete last"},
  [REPORT_CREDENTIAL_EXPIRY] = {"credential_expiry_timestamp_seconds",
      "When the upload credential in use ends"},
};

/* Why a request failed. */
typedef enum
{
  CAUSE_NETWORK,
  CAUSE_UNAVAILABLE,
  CAUSE_THROTTLED,
  CAUSE_REFUSED,
  CAUSE_OTHER,
  N_CAUSES,
} Cause;

static const gchar *const cause_names[] = {
  [CAUSE_NETWORK] = "network",
  [CAUSE_UNAVAILABLE] = "unavailable",
  [CAUSE_THROTTLED] = "throttled",
  [CAUSE_REFUSED] = "refused",
  [CAUSE_OTHER] = "other",
};

/* Of requests; what is not in the list is the last. */
static const gchar *const operations[] = {
  "RefreshUploadMedia", "InitiateMultipartUpload", "UploadPart",
  "CompleteMultipartUpload", "PutObject", "other"
};

static const gdouble bounds[] = { 0.1, 0.3, 1, 3, 10, 30 };

typedef struct
{
  guint64 count;
  gdouble sum;
  guint64 buckets[G_N_ELEMENTS (bounds)];
} Histogram;

static struct
{
  GMutex lock;                  /* protects the rest */
  gboolean as_json;
  gchar *metrics_file;          /* (nullable) */
  GstDebugLevel shown;          /* of requests: what the user wants to see */
  gint64 started_us;            /* since 1970 */
  ReportState state;
  gdouble counters[REPORT_N_COUNTERS];
  gdouble gauges[REPORT_N_GAUGES];      /* NAN: there is none */
  guint64 causes[N_CAUSES];
  Histogram durations[G_N_ELEMENTS (operations)];
} self;

/* ---- requests, from the log ---- */

/* What stands behind ` name=` in @line, up to a blank. (transfer full) */
static gchar *
get_field (const gchar * line, const gchar * name)
{
  g_autofree gchar *start = g_strconcat (" ", name, "=", NULL);
  const gchar *value = strstr (line, start);

  if (value == NULL)
    return NULL;
  value += strlen (start);

  return g_strndup (value, strcspn (value, " "));
}

static Cause
find_cause (gint status, const gchar * error)
{
  if (status == 429 || strstr (error, "Throttl") != NULL
      || strstr (error, "QpsLimit") != NULL
      || strstr (error, "SlowDown") != NULL
      || strstr (error, "TooFrequent") != NULL)
    return CAUSE_THROTTLED;
  if (status == 0)
    return CAUSE_NETWORK;
  if (status >= 500)
    return CAUSE_UNAVAILABLE;

  return status == 401 || status == 403 ? CAUSE_REFUSED : CAUSE_OTHER;
}

static void
count_duration (const gchar * operation, gdouble seconds)
{
  Histogram *histogram;
  guint i;

  for (i = 0; i + 1 < G_N_ELEMENTS (operations); i++) {
    if (g_str_equal (operations[i], operation))
      break;
  }
  histogram = &self.durations[i];
  histogram->count++;
  histogram->sum += seconds;
  for (i = 0; i < G_N_ELEMENTS (bounds); i++)
    histogram->buckets[i] += seconds <= bounds[i] ? 1 : 0;
}

static void
count_request (const gchar * text)
{
  g_autofree gchar *line = g_strconcat (" ", text, NULL);
  g_autofree gchar *operation = get_field (line, "operation");
  g_autofree gchar *duration = get_field (line, "duration");
  g_autofree gchar *status = get_field (line, "status");
  const gchar *error = strstr (line, " error=");

  if (operation == NULL || duration == NULL || status == NULL
      || g_strcmp0 (error, " error=cancelled") == 0)
    return;

  g_mutex_lock (&self.lock);
  count_duration (operation, g_ascii_strtod (duration, NULL));
  if (error != NULL)
    self.causes[find_cause (atoi (status), error)]++;
  g_mutex_unlock (&self.lock);
}

static void
on_log (GstDebugCategory * category, GstDebugLevel level, const gchar * file,
    const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  if (g_str_equal (gst_debug_category_get_name (category), REQUESTS)) {
    count_request (gst_debug_message_get (message));
    if (level > self.shown)
      return;
  }
  gst_debug_log_default (category, level, file, function, line, object,
      message, NULL);
}

/* What GST_DEBUG says about requests. */
static GstDebugLevel
get_shown (void)
{
  GstDebugCategory *category = _gst_debug_category_new ("icerequest", 0, "");

  return gst_debug_category_get_threshold (category);
}

void
report_init (gboolean as_json, const gchar * metrics_file)
{
  guint i;

  self.as_json = as_json;
  self.metrics_file = g_strdup (metrics_file);
  self.started_us = g_get_real_time ();
  for (i = 0; i < REPORT_N_GAUGES; i++)
    self.gauges[i] = NAN;
  if (metrics_file == NULL)
    return;

  self.shown = get_shown ();
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (on_log, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name (REQUESTS, GST_LEVEL_LOG);
}

/* ---- events ---- */

static void
append_text (GString * line, const gchar * name, const gchar * value)
{
  g_autofree gchar *shown = g_strdup (value);

  g_strdelimit (shown, "\n\r", ' ');
  g_string_append_printf (line, " %s=%s", name, shown);
}

static gchar *
format_json (const gchar * time, const gchar * event, va_list args)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  const gchar *name;

  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "event", event);
  while ((name = va_arg (args, const gchar *)) != NULL) {
    const gchar *value = va_arg (args, const gchar *);

    if (value != NULL)
      json_object_set_string_member (object, name, value);
  }
  json_node_take_object (node, object);

  return json_to_string (node, FALSE);
}

static gchar *
format_text (const gchar * time, const gchar * event, va_list args)
{
  GString *line = g_string_new (NULL);
  const gchar *name;

  g_string_append_printf (line, "%s %s", time, event);
  while ((name = va_arg (args, const gchar *)) != NULL) {
    const gchar *value = va_arg (args, const gchar *);

    if (value != NULL)
      append_text (line, name, value);
  }

  return g_string_free (line, FALSE);
}

void
report_event (const gchar * event, ...)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree gchar *line = NULL;
  va_list args;

  va_start (args, event);
  line = self.as_json ? format_json (time, event, args) :
      format_text (time, event, args);
  va_end (args);
  g_print ("%s\n", line);
}

/* ---- numbers ---- */

void
report_set_state (ReportState state)
{
  g_mutex_lock (&self.lock);
  self.state = state;
  g_mutex_unlock (&self.lock);
}

void
report_add (ReportCounter counter, gdouble value)
{
  g_mutex_lock (&self.lock);
  self.counters[counter] += value;
  g_mutex_unlock (&self.lock);
}

void
report_set (ReportGauge gauge, gdouble value)
{
  g_mutex_lock (&self.lock);
  self.gauges[gauge] = value;
  g_mutex_unlock (&self.lock);
}

void
report_unset (ReportGauge gauge)
{
  report_set (gauge, NAN);
}

static void
append_head (GString * text, const gchar * name, const gchar * type,
    const gchar * help)
{
  g_string_append_printf (text, "# HELP " PREFIX "%s %s.\n# TYPE " PREFIX
      "%s %s\n", name, help, name, type);
}

/* Whatever the locale is. @labels: with their braces, or empty. */
static void
append_value (GString * text, const gchar * name, const gchar * labels,
    gdouble value)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof (number), "%.15g", value);
  g_string_append_printf (text, PREFIX "%s%s %s\n", name, labels, number);
}

static void
append_labelled (GString * text, const gchar * name, const gchar * label,
    const gchar * value_of_label, gdouble value)
{
  g_autofree gchar *labels =
      g_strdup_printf ("{%s=\"%s\"}", label, value_of_label);

  append_value (text, name, labels, value);
}

static void
append_histogram (GString * text, const gchar * operation,
    const Histogram * histogram)
{
  static const gchar name[] = "request_duration_seconds";
  g_autofree gchar *labels =
      g_strdup_printf ("{operation=\"%s\"}", operation);
  guint i;

  for (i = 0; i <= G_N_ELEMENTS (bounds); i++) {
    gchar bound[G_ASCII_DTOSTR_BUF_SIZE] = "+Inf";
    g_autofree gchar *with_bound = NULL;

    if (i < G_N_ELEMENTS (bounds))
      g_ascii_formatd (bound, sizeof (bound), "%g", bounds[i]);
    with_bound = g_strdup_printf ("{operation=\"%s\",le=\"%s\"}", operation,
        bound);
    append_value (text, "request_duration_seconds_bucket", with_bound,
        i < G_N_ELEMENTS (bounds) ? histogram->buckets[i] : histogram->count);
  }
  g_string_append_printf (text, PREFIX "%s_count%s %" G_GUINT64_FORMAT "\n",
      name, labels, histogram->count);
  append_value (text, "request_duration_seconds_sum", labels, histogram->sum);
}

static void
append_requests (GString * text)
{
  guint i;

  append_head (text, "retries_total", "counter",
      "Requests that failed and were tried again, or given up, by cause");
  for (i = 0; i < N_CAUSES; i++)
    append_labelled (text, "retries_total", "cause", cause_names[i],
        self.causes[i]);
  append_head (text, "request_duration_seconds", "histogram",
      "From a request to the end of its answer");
  for (i = 0; i < G_N_ELEMENTS (operations); i++) {
    if (self.durations[i].count > 0)
      append_histogram (text, operations[i], &self.durations[i]);
  }
}

static gchar *
format_metrics (void)
{
  GString *text = g_string_new (NULL);
  guint i;

  append_head (text, "start_time_seconds", "gauge",
      "When the recorder was started");
  append_value (text, "start_time_seconds", "",
      self.started_us / G_USEC_PER_SEC);
  append_head (text, "state", "gauge", "What the recorder is doing");
  for (i = 0; i < REPORT_N_STATES; i++)
    append_labelled (text, "state", "state", state_names[i],
        self.state == i ? 1 : 0);
  for (i = 0; i < REPORT_N_COUNTERS; i++) {
    append_head (text, counter_descriptions[i].name, "counter",
        counter_descriptions[i].help);
    append_value (text, counter_descriptions[i].name, "", self.counters[i]);
  }
  for (i = 0; i < REPORT_N_GAUGES; i++) {
    if (isnan (self.gauges[i]))
      continue;
    append_head (text, gauge_descriptions[i].name, "gauge",
        gauge_descriptions[i].help);
    append_value (text, gauge_descriptions[i].name, "", self.gauges[i]);
  }
  append_requests (text);

  return g_string_free (text, FALSE);
}

/* The collector runs as somebody else. */
void
report_write (void)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;

  if (self.metrics_file == NULL)
    return;

  g_mutex_lock (&self.lock);
  text = format_metrics ();
  g_mutex_unlock (&self.lock);
  if (!g_file_set_contents_full (self.metrics_file, text, -1,
          G_FILE_SET_CONTENTS_CONSISTENT, 0644, &error))
    g_printerr ("recorder: %s\n", error->message);
}
