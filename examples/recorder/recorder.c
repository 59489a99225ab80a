/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* recorder: a camera, round the clock, into ICE.
 *
 * The lesson: what is recorded goes to a spool on disk and from there to the
 * service, cut into fragments that are media assets of their own. One fragment
 * is recorded at a time; those that are over are finished from their spools, a
 * few at a time (finisher.c). So memory is bounded whatever the outage, and
 * whatever ends the program, the next start goes on with what is left.
 *
 * The recorder:
 *
 *     WAITING ──▶ RECORDING ──▶ ENDING ──▶ WAITING
 *        │                         │
 *        └────────▶ STOPPED ◀──────┘
 *
 * WAITING for a media id, for room on the disk, or for the time to try the
 * camera again. ENDING: the last fragment is brought to its end. STOPPED after
 * SIGTERM or SIGINT, once nothing is recorded: what can be uploaded in a short
 * time is, the rest at the next start.
 *
 * All runs on the main thread but for the handler that names the fragments.
 * docs/recorder.md says how to set it up and what to watch. */

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include "camera.h"
#include "finisher.h"
#include "fragment-sink.h"
#include "report.h"
#include "stock.h"

#define EXIT_USAGE 2
#define SECOND_US ((gint64) G_USEC_PER_SEC)

/* Without a frame for so long a camera is gone; and to end, it may take. */
#define CAMERA_TIMEOUT_US (10 * SECOND_US)
#define END_TIMEOUT_US (20 * SECOND_US)

/* Between two tries to reach a camera, in seconds. */
#define FIRST_DELAY 1
#define LONGEST_DELAY 30

/* One of them is kept for an unplanned fragment. */
#define RESERVE 1

typedef struct
{
  CameraOptions camera;
  gchar *location_file;
  gchar *state_directory;
  gchar *title;
  gchar *region;
  gchar *ice_endpoint;
  gchar *id_command;
  gchar *metrics_file;
  gchar *log;
  gdouble minutes;              /* of a fragment */
  gint stock;
  gint parallel;
  gint64 max_spool;             /* bytes; 0: no limit */
  gint64 min_free;              /* bytes */
  gint64 max_memory;            /* bytes, of each sink */
  gint64 max_upload_bitrate;    /* bit/s, of all sinks; 0: no limit */
  gdouble stop_timeout;         /* seconds */
} Options;

typedef enum
{
  WAITING,
  RECORDING,
  ENDING,
  STOPPED,
} State;

/* What has been counted of a fragment. */
typedef struct
{
  guint64 written;
  guint64 sent;
} Counted;

/**
 * Recorder:
 * @pipeline: (owned) (nullable): while RECORDING or ENDING
 * @open: (owned): from media ids of fragments that have begun and are not
 *     over to Counted; protected by @lock
 * @state_since: monotonic time of the last change of @state
 * @split_at: monotonic time of the next split
 * @next_try: monotonic time before which the camera is left alone
 * @stopping: a signal has come
 */
typedef struct
{
  Options *options;
  gchar *spool;
  GMainLoop *loop;
  Stock *stock;
  Finisher *finisher;
  GstElement *pipeline;
  GMutex lock;
  GHashTable *open;
  State state;
  gint64 state_since;
  gint64 split_at;
  gint64 next_try;
  gint64 last_frame;
  guint delay;
  gboolean disk_full;
  gboolean stopping;
} Recorder;

static const gchar *const state_names[] = {
  [WAITING] = "waiting",
  [RECORDING] = "recording",
  [ENDING] = "ending",
  [STOPPED] = "stopped",
};

static gboolean
is_drawn (State from, State to)
{
  switch (from) {
    case WAITING:
      return to == RECORDING || to == STOPPED;
    case RECORDING:
      return to == ENDING;
    case ENDING:
      return to == WAITING || to == STOPPED;
    default:
      return FALSE;
  }
}

static void
set_state (Recorder * self, State from, State to)
{
  g_return_if_fail (self->state == from && is_drawn (from, to));

  GST_DEBUG ("%s to %s", state_names[from], state_names[to]);
  self->state = to;
  self->state_since = g_get_monotonic_time ();
}

/* ---- the sinks ---- */

/* on-stop and on-error keep all: the spool has it, and the finisher is next. */
static void
set_up_sink (GstElement * sink, gpointer user_data)
{
  Recorder *self = user_data;

  g_object_set (sink, "spool-directory", self->spool, "max-memory",
      (guint64) self->options->max_memory, "max-upload-bitrate",
      (guint64) self->options->max_upload_bitrate, "share-upload-bitrate", TRUE,
      NULL);
  gst_util_set_object_arg (G_OBJECT (sink), "on-stop", "keep");
  gst_util_set_object_arg (G_OBJECT (sink), "on-error", "keep");
  if (self->options->region != NULL)
    g_object_set (sink, "region", self->options->region, NULL);
  if (self->options->ice_endpoint != NULL)
    g_object_set (sink, "ice-endpoint", self->options->ice_endpoint, NULL);
}

static void
on_sink_added (GstElement * split, GstElement * sink, gpointer user_data)
{
  set_up_sink (fragment_sink_get_icesink (FRAGMENT_SINK (sink)), user_data);
}

/* On the streaming thread. Without an id the fragment fails, and what comes is
 * dropped until there is one. */
static gchar *
on_format_location (GstElement * split, guint number, GstSample * sample,
    gpointer user_data)
{
  Recorder *self = user_data;
  gchar *media_id = stock_take (self->stock);

  report_event ("fragment-started", "media-id",
      media_id != NULL ? media_id : "none", NULL);
  if (media_id == NULL)
    return g_strdup ("");

  report_add (REPORT_FRAGMENTS_STARTED, 1);
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->open, g_strdup (media_id), g_new0 (Counted, 1));
  g_mutex_unlock (&self->lock);

  return media_id;
}

/* @before: what @now is to become */
static void
count_growth (ReportCounter counter, guint64 now, guint64 * before)
{
  if (now > *before)
    report_add (counter, now - *before);
  *before = now;
}

static void
count_bytes (Recorder * self, const gchar * media_id, guint64 written,
    guint64 sent)
{
  Counted *counted;

  g_mutex_lock (&self->lock);
  counted = g_hash_table_lookup (self->open, media_id);
  if (counted != NULL) {
    count_growth (REPORT_WRITTEN_BYTES, written, &counted->written);
    count_growth (REPORT_SENT_BYTES, sent, &counted->sent);
  }
  g_mutex_unlock (&self->lock);
}

static gboolean
forget_open (Recorder * self, const gchar * media_id)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  found = g_hash_table_remove (self->open, media_id);
  g_mutex_unlock (&self->lock);

  return found;
}

/* ---- starting and ending ---- */

static gboolean on_message (GstBus * bus, GstMessage * message,
    gpointer user_data);

static void
schedule_split (Recorder * self)
{
  self->split_at = g_get_monotonic_time ()
      + (gint64) (self->options->minutes * 60 * G_USEC_PER_SEC);
}

static void
start (Recorder * self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) split = NULL;
  g_autoptr (GstBus) bus = NULL;

  self->next_try = g_get_monotonic_time () + self->delay * SECOND_US;
  self->delay = MIN (2 * self->delay, LONGEST_DELAY);
  self->pipeline = camera_new_pipeline (&self->options->camera,
      &self->last_frame, &error);
  if (self->pipeline == NULL) {
    report_event ("camera-failed", "error", error->message, NULL);
    return;
  }

  split = gst_bin_get_by_name (GST_BIN (self->pipeline), "split");
  g_signal_connect (split, "format-location-full",
      G_CALLBACK (on_format_location), self);
  g_signal_connect (split, "sink-added", G_CALLBACK (on_sink_added), self);
  bus = gst_element_get_bus (self->pipeline);
  gst_bus_add_watch (bus, on_message, self);

  report_add (REPORT_CAMERA_CONNECTIONS, 1);
  self->last_frame = 0;
  schedule_split (self);
  set_state (self, WAITING, RECORDING);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

/* @reason: for the log */
static void
end (Recorder * self, const gchar * reason)
{
  if (self->state != RECORDING)
    return;

  report_event ("recording-ends", "reason", reason, NULL);
  set_state (self, RECORDING, ENDING);
  camera_end (self->pipeline);
}

/* Fragments that did not come to their end are left as a crash would leave
 * them. */
static void
queue_open (Recorder * self)
{
  GHashTableIter iter;
  gpointer media_id;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, &media_id, NULL)) {
    finisher_add (self->finisher, media_id, 0, g_get_monotonic_time ());
    g_hash_table_iter_remove (&iter);
  }
  g_mutex_unlock (&self->lock);
}

static void
tear_down (Recorder * self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  g_clear_object (&self->pipeline);
  queue_open (self);
  set_state (self, ENDING, self->stopping ? STOPPED : WAITING);
}

/* ---- messages ---- */

static void
lose_camera (Recorder * self, const gchar * reason)
{
  if (self->state != RECORDING)
    return;

  report_add (REPORT_CAMERA_LOSSES, 1);
  report_event ("camera-gone", "error", reason, NULL);
  end (self, "camera-gone");
}

static void
handle_error (Recorder * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  report_event ("error", "source", GST_MESSAGE_SRC_NAME (message), "error",
      error->message, "debug", debug, NULL);
  lose_camera (self, error->message);
}

/* The next fragment begins at the next key frame. */
static void
split (Recorder * self)
{
  g_autoptr (GstElement) split =
      gst_bin_get_by_name (GST_BIN (self->pipeline), "split");

  g_signal_emit_by_name (split, "split-after");
  schedule_split (self);
}

static void
handle_failed (Recorder * self, const GstStructure * structure)
{
  const gchar *media_id = gst_structure_get_string (structure, "media-id");

  report_add (REPORT_FRAGMENTS_FAILED, 1);
  report_event ("fragment-failed", "media-id", media_id, "error",
      gst_structure_get_string (structure, "error"), NULL);
  if (self->state == RECORDING && stock_count (self->stock) > 0)
    split (self);
}

static void
handle_over (Recorder * self, const GstStructure * structure)
{
  const gchar *media_id = gst_structure_get_string (structure, "media-id");
  g_autofree gchar *bytes_text = NULL;
  guint64 bytes = 0, sent = 0, pending = 0;
  gint64 since = 0;

  gst_structure_get (structure, "bytes", G_TYPE_UINT64, &bytes,
      "sent", G_TYPE_UINT64, &sent, "pending", G_TYPE_UINT64, &pending,
      "since", G_TYPE_INT64, &since, NULL);
  if (media_id == NULL)
    return;
  count_bytes (self, media_id, bytes, sent);
  if (!forget_open (self, media_id))
    return;

  bytes_text = g_strdup_printf ("%" G_GUINT64_FORMAT, bytes);
  report_event ("fragment-over", "media-id", media_id, "bytes", bytes_text,
      NULL);
  /* One that was refused at once has nothing to be finished. */
  if (bytes == 0)
    return;
  finisher_add (self->finisher, media_id, pending, since);
  finisher_tick (self->finisher);
}

/* Once per outage. */
static void
handle_outage (const GstStructure * structure, const gchar * event)
{
  report_event (event, "media-id",
      gst_structure_get_string (structure, "media-id"), "reason",
      gst_structure_get_string (structure, "reason"), NULL);
}

static void
handle_element (Recorder * self, GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);

  if (gst_structure_has_name (structure, "fragment-failed"))
    handle_failed (self, structure);
  else if (gst_structure_has_name (structure, "fragment-over"))
    handle_over (self, structure);
  else if (gst_structure_has_name (structure, "ice-upload-interrupted"))
    handle_outage (structure, "upload-interrupted");
  else if (gst_structure_has_name (structure, "ice-upload-resumed"))
    handle_outage (structure, "upload-resumed");
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Recorder *self = user_data;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      handle_element (self, message);
      break;
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_EOS:
      if (self->state == RECORDING)
        lose_camera (self, "end of stream");
      if (self->state == ENDING)
        tear_down (self);
      break;
    default:
      break;
  }

  return G_SOURCE_CONTINUE;
}

/* ---- numbers ---- */

/* The icesink that is being written to. (transfer full) (nullable) */
static GstElement *
find_sink (Recorder * self)
{
  g_autoptr (GstIterator) sinks = NULL;
  g_auto (GValue) item = G_VALUE_INIT;
  GstElement *found = NULL;

  if (self->pipeline == NULL)
    return NULL;

  sinks = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (self->pipeline), "icesink");
  while (gst_iterator_next (sinks, &item) == GST_ITERATOR_OK) {
    GstElement *sink = g_value_get_object (&item);

    if (!gst_element_is_locked_state (sink)) {
      g_clear_object (&found);
      found = g_object_ref (sink);
    }
    g_value_reset (&item);
  }

  return found;
}

static void
report_expiry (const GstStructure * stats)
{
  GstClockTime left = GST_CLOCK_TIME_NONE;

  gst_structure_get (stats, "credential-expires-in", GST_TYPE_CLOCK_TIME,
      &left, NULL);
  if (GST_CLOCK_TIME_IS_VALID (left) && left > 0)
    report_set (REPORT_CREDENTIAL_EXPIRY, g_get_real_time ()
        / (gdouble) G_USEC_PER_SEC + left / (gdouble) GST_SECOND);
  else
    report_unset (REPORT_CREDENTIAL_EXPIRY);
}

static void
measure_sink (Recorder * self, guint64 * memory, guint64 * pending,
    gint64 * since)
{
  g_autoptr (GstElement) sink = find_sink (self);
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *media_id = NULL;
  guint64 written = 0, sent = 0, held = 0, waiting = 0;
  GstClockTime lag = 0;

  if (sink == NULL)
    return;

  g_object_get (sink, "stats", &stats, "media-id", &media_id, NULL);
  gst_structure_get (stats, "bytes-written", G_TYPE_UINT64, &written,
      "bytes-sent", G_TYPE_UINT64, &sent, "memory-used", G_TYPE_UINT64, &held,
      "bytes-pending", G_TYPE_UINT64, &waiting,
      "upload-lag", GST_TYPE_CLOCK_TIME, &lag, NULL);
  if (media_id != NULL)
    count_bytes (self, media_id, written, sent);
  report_expiry (stats);
  *memory += held;
  *pending += waiting;
  if (GST_CLOCK_TIME_IS_VALID (lag))
    *since = MIN (*since, g_get_monotonic_time () - (gint64) (lag / 1000));
}

static void
report_numbers (Recorder * self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 last_frame = __atomic_load_n (&self->last_frame, __ATOMIC_RELAXED);
  guint64 memory = 0, pending = 0;
  gint64 since = now;

  measure_sink (self, &memory, &pending, &since);
  finisher_measure (self->finisher, &memory, &pending, &since);
  report_set (REPORT_MEMORY_BYTES, memory);
  report_set (REPORT_PENDING_BYTES, pending);
  report_set (REPORT_LAG, (now - since) / (gdouble) G_USEC_PER_SEC);
  report_set (REPORT_FRAGMENTS_WAITING, finisher_count (self->finisher));
  report_set (REPORT_MEDIA_IDS, stock_count (self->stock));
  if (last_frame > 0)
    report_set (REPORT_LAST_FRAME, (g_get_real_time () - (now - last_frame))
        / (gdouble) G_USEC_PER_SEC);
  report_set_state (self->stopping ? REPORT_STOPPING :
      self->state == RECORDING ? REPORT_RECORDING :
      self->disk_full ? REPORT_DISK_FULL : REPORT_WAITING);
  report_write ();
}

/* ---- the disk ---- */

static guint64
measure_directory (const gchar * path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint64 size = 0;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);
    GStatBuf info;

    if (g_file_test (child, G_FILE_TEST_IS_DIR))
      size += measure_directory (child);
    else if (g_stat (child, &info) == 0)
      size += (guint64) info.st_blocks * 512;
  }

  return size;
}

/* Full at the limit, and not full again before a tenth of it is free: else
 * fragments would be begun only to be broken off. */
static void
look_at_disk (Recorder * self)
{
  Options *options = self->options;
  guint64 used = measure_directory (self->spool);
  guint64 slack = self->disk_full ? options->max_spool / 10 : 0;
  struct statvfs fs;
  guint64 available = G_MAXUINT64;
  gboolean full;

  if (statvfs (self->spool, &fs) == 0)
    available = (guint64) fs.f_bavail * fs.f_frsize;
  report_set (REPORT_SPOOL_BYTES, used);
  full = (options->max_spool > 0 && used + slack > (guint64) options->max_spool)
      || available < (guint64) options->min_free * (self->disk_full ? 2 : 1);
  if (full != self->disk_full)
    report_event (full ? "disk-full" : "disk-has-room", NULL);
  self->disk_full = full;
  if (full)
    end (self, "disk-full");
}

/* ---- once a second ---- */

static void
tick_waiting (Recorder * self, gint64 now)
{
  if (self->stopping)
    set_state (self, WAITING, STOPPED);
  else if (!self->disk_full && now >= self->next_try
      && stock_count (self->stock) > 0)
    start (self);
}

static void
tick_recording (Recorder * self, gint64 now)
{
  gint64 last_frame = __atomic_load_n (&self->last_frame, __ATOMIC_RELAXED);

  if (now - MAX (last_frame, self->state_since) > CAMERA_TIMEOUT_US) {
    lose_camera (self, "it sends nothing");
    return;
  }
  if (last_frame > 0 && now - self->state_since > CAMERA_TIMEOUT_US)
    self->delay = FIRST_DELAY;
  if (now < self->split_at)
    return;
  if (stock_count (self->stock) > RESERVE) {
    split (self);
    return;
  }

  report_add (REPORT_SPLITS_DELAYED, 1);
  report_event ("split-delayed", "reason", "no media id", NULL);
  self->split_at = now + 10 * SECOND_US;
}

static void
tick_stopped (Recorder * self, gint64 now)
{
  gboolean over = now - self->state_since
      > (gint64) (self->options->stop_timeout * G_USEC_PER_SEC);

  if (!stock_is_busy (self->stock)
      && (finisher_count (self->finisher) == 0 || over))
    g_main_loop_quit (self->loop);
}

static gboolean
on_tick (gpointer user_data)
{
  Recorder *self = user_data;
  gint64 now = g_get_monotonic_time ();

  look_at_disk (self);
  switch (self->state) {
    case WAITING:
      tick_waiting (self, now);
      break;
    case RECORDING:
      tick_recording (self, now);
      break;
    case ENDING:
      if (now - self->state_since > END_TIMEOUT_US)
        tear_down (self);
      break;
    case STOPPED:
      tick_stopped (self, now);
      break;
  }
  if (!self->stopping)
    stock_refill (self->stock);
  finisher_tick (self->finisher);
  report_numbers (self);

  return G_SOURCE_CONTINUE;
}

/* The second one does not wait for the network. */
static gboolean
on_signal (gpointer user_data)
{
  Recorder *self = user_data;

  if (self->stopping)
    self->options->stop_timeout = 0;
  self->stopping = TRUE;
  end (self, "signal");

  return G_SOURCE_CONTINUE;
}

/* ---- what an earlier run has left ---- */

static void
take_left (Recorder * self, JsonObject * row)
{
  const gchar *media_id = json_object_get_string_member (row, "media-id");
  const gchar *state = json_object_get_string_member (row, "state");
  gint64 age = json_object_get_int_member_with_default (row, "age", 0);
  gint64 bytes = json_object_get_int_member_with_default (row, "bytes", 0);

  report_event ("left", "media-id", media_id, "state", state, NULL);
  if (g_str_equal (state, "left"))
    finisher_add (self->finisher, media_id, bytes,
        g_get_monotonic_time () - age * SECOND_US);
  else if (g_str_equal (state, "empty"))
    stock_return (self->stock, media_id);
}

static gboolean
find_left (Recorder * self, GError ** error)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autofree gchar *out = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonArray *rows;
  guint i;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, error,
      "gst-ice-1.0", "list", "--json", self->spool, NULL);
  if (process == NULL || !g_subprocess_communicate_utf8 (process, NULL, NULL,
          &out, NULL, error))
    return FALSE;
  node = json_from_string (out, error);
  if (node == NULL)
    return FALSE;

  rows = json_object_get_array_member (json_node_get_object (node), "spools");
  for (i = 0; i < json_array_get_length (rows); i++)
    take_left (self, json_array_get_object_element (rows, i));

  return TRUE;
}

/* ---- the command line ---- */

static void
options_clear (Options * options)
{
  g_free (options->camera.location);
  g_free (options->camera.device);
  g_free (options->camera.format);
  g_free (options->location_file);
  g_free (options->state_directory);
  g_free (options->title);
  g_free (options->region);
  g_free (options->ice_endpoint);
  g_free (options->id_command);
  g_free (options->metrics_file);
  g_free (options->log);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
check_options (const Options * options, GError ** error)
{
  const gchar *problem = NULL;

  if (options->state_directory == NULL)
    problem = "--state-directory is missing";
  else if (options->minutes <= 0 || options->minutes > 24 * 60)
    problem = "--minutes is out of range";
  else if (options->stock < 2 || options->stock > 10000)
    problem = "--stock is out of range";
  else if (options->parallel < 1 || options->parallel > 32)
    problem = "--parallel is out of range";
  else if (options->max_spool < 0 || options->min_free < 0
      || options->max_memory < 1024 * 1024)
    problem = "a size is out of range";
  else if (options->max_upload_bitrate < 0)
    problem = "--max-upload-bitrate is out of range";
  else if (options->log != NULL && !g_str_equal (options->log, "json")
      && !g_str_equal (options->log, "text"))
    problem = "--log is neither json nor text";
  if (problem != NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        problem);

  return problem == NULL && camera_check (&options->camera, error);
}

static gboolean
parse_options (Options * o, int *argc, char ***argv, GError ** error)
{
  gboolean no_sound = FALSE;
  const GOptionEntry entries[] = {
    {"location", 'l', 0, G_OPTION_ARG_STRING, &o->camera.location,
        "Camera; everybody on this machine can read it here", "rtsp://..."},
    {"location-file", 0, 0, G_OPTION_ARG_FILENAME, &o->location_file,
        "File with the camera's address and password in it", "FILE"},
    {"v4l2", 0, 0, G_OPTION_ARG_STRING, &o->camera.device,
        "A camera at this machine instead", "/dev/videoN"},
    {"test", 0, 0, G_OPTION_ARG_NONE, &o->camera.test,
        "A test picture instead", NULL},
    {"no-sound", 0, 0, G_OPTION_ARG_NONE, &no_sound,
        "Leave the sound out", NULL},
    {"format", 0, 0, G_OPTION_ARG_STRING, &o->camera.format,
        "Of the fragments: mp4, ts or mkv (mp4)", "EXT"},
    {"bitrate", 0, 0, G_OPTION_ARG_INT, &o->camera.bitrate,
        "Where the video has to be encoded (2500)", "KBIT/S"},
    {"minutes", 'm', 0, G_OPTION_ARG_DOUBLE, &o->minutes,
        "Length of a fragment (10)", "MINUTES"},
    {"state-directory", 's', 0, G_OPTION_ARG_FILENAME, &o->state_directory,
        "Where spool and media ids are kept (required)", "DIR"},
    /* A file name is taken as it is, whatever the locale. */
    {"title", 0, 0, G_OPTION_ARG_FILENAME, &o->title,
        "Of the media assets (Recording)", "TITLE"},
    {"region", 'r', 0, G_OPTION_ARG_STRING, &o->region,
        "Region of ICE (cn-shanghai)", "REGION"},
    {"ice-endpoint", 0, 0, G_OPTION_ARG_STRING, &o->ice_endpoint,
        "Host or URL of ICE (that of the region)", "URL"},
    {"id-command", 0, 0, G_OPTION_ARG_STRING, &o->id_command,
        "Prints $COUNT media ids, one a line (gst-ice-1.0 create)", "COMMAND"},
    {"stock", 0, 0, G_OPTION_ARG_INT, &o->stock,
        "How many media ids to have ahead (24)", "N"},
    {"parallel", 0, 0, G_OPTION_ARG_INT, &o->parallel,
        "How many fragments to finish at a time (2)", "N"},
    {"max-spool", 0, 0, G_OPTION_ARG_INT64, &o->max_spool,
        "Most that the spool may take; 0: what the disk has (0)", "BYTES"},
    {"min-free", 0, 0, G_OPTION_ARG_INT64, &o->min_free,
        "What the disk has to have free (268435456)", "BYTES"},
    {"max-memory", 0, 0, G_OPTION_ARG_INT64, &o->max_memory,
        "Recorded bytes in memory, of each upload (33554432)", "BYTES"},
    {"max-upload-bitrate", 0, 0, G_OPTION_ARG_INT64, &o->max_upload_bitrate,
        "Most that all uploads send together; 0: what the line has (0)",
        "BIT/S"},
    {"stop-timeout", 0, 0, G_OPTION_ARG_DOUBLE, &o->stop_timeout,
        "How long to upload what is left when told to stop (20)", "SECONDS"},
    {"metrics-file", 0, 0, G_OPTION_ARG_FILENAME, &o->metrics_file,
        "Numbers for Prometheus's textfile collector", "FILE.prom"},
    {"log", 0, 0, G_OPTION_ARG_STRING, &o->log,
        "Form of the lines on stdout: text or json (text)", "FORM"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Records a camera round the clock into media assets of Alibaba Cloud"
      " ICE.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (o->location_file != NULL) {
    if (!g_file_get_contents (o->location_file, &o->camera.location, NULL,
            error))
      return FALSE;
    g_strstrip (o->camera.location);
  }
  o->camera.sound = !no_sound;
  if (o->camera.format == NULL)
    o->camera.format = g_strdup ("mp4");

  return check_options (o, error);
}

/* What makes ids if nothing else is said. (transfer full) */
static gchar *
get_id_command (const Options * options)
{
  g_autofree gchar *title = g_shell_quote (options->title != NULL ?
      options->title : "Recording");
  GString *command;

  if (options->id_command != NULL)
    return g_strdup (options->id_command);

  command = g_string_new ("exec gst-ice-1.0 create --count=\"$COUNT\"");
  g_string_append_printf (command, " --title=%s --ext=%s", title,
      options->camera.format);
  if (options->region != NULL) {
    g_autofree gchar *region = g_shell_quote (options->region);

    g_string_append_printf (command, " --region=%s", region);
  }
  if (options->ice_endpoint != NULL) {
    g_autofree gchar *endpoint = g_shell_quote (options->ice_endpoint);

    g_string_append_printf (command, " --ice-endpoint=%s", endpoint);
  }

  return g_string_free (command, FALSE);
}

/* ---- all ---- */

static void
recorder_clear (Recorder * self)
{
  g_clear_pointer (&self->finisher, finisher_free);
  g_clear_pointer (&self->stock, stock_free);
  g_clear_pointer (&self->open, g_hash_table_unref);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_pointer (&self->spool, g_free);
  g_mutex_clear (&self->lock);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Recorder, recorder_clear)

static gboolean
prepare (Recorder * self, GError ** error)
{
  Options *options = self->options;
  g_autofree gchar *file =
      g_build_filename (options->state_directory, "media-ids", NULL);
  g_autofree gchar *command = get_id_command (options);
  g_autoptr (GstElementFactory) icesink = gst_element_factory_find ("icesink");

  if (icesink == NULL) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "There is no element icesink: GST_PLUGIN_PATH has to name the"
        " directory of libgsticesink.so, unless it is installed");
    return FALSE;
  }
  if (g_mkdir_with_parents (self->spool, 0700) != 0) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
        "%s can't be made", self->spool);
    return FALSE;
  }
  fragment_sink_register ();
  self->stock = stock_new (file, command, options->stock, error);
  if (self->stock == NULL)
    return FALSE;
  self->finisher = finisher_new (options->parallel, set_up_sink, self);

  return find_left (self, error);
}

static void
run (Recorder * self)
{
  guint sources[] = {
    g_unix_signal_add (SIGINT, on_signal, self),
    g_unix_signal_add (SIGTERM, on_signal, self),
    g_timeout_add_seconds (1, on_tick, self),
  };
  guint i;

  report_event ("recorder-started", NULL);
  on_tick (self);
  g_main_loop_run (self->loop);
  for (i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  report_numbers (self);
  report_event ("recorder-stopped", NULL);
}

static gint
record (Options * options)
{
  g_auto (Recorder) self = {.options = options,.delay = FIRST_DELAY };
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self.lock);
  self.spool = g_build_filename (options->state_directory, "spool", NULL);
  self.open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self.loop = g_main_loop_new (NULL, FALSE);
  if (!prepare (&self, &error)) {
    g_printerr ("recorder: %s\n", error->message);
    return EXIT_FAILURE;
  }
  run (&self);

  return EXIT_SUCCESS;
}

static gint
parse_and_record (int argc, char **argv)
{
  g_auto (Options) options = {
    .camera.bitrate = 2500,.minutes = 10,.stock = 24,.parallel = 2,
    .min_free = 256 * 1024 * 1024,.max_memory = 32 * 1024 * 1024,
    .stop_timeout = 20
  };
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, &argc, &argv, &error)) {
    g_printerr ("recorder: %s; --help tells more\n", error->message);
    return EXIT_USAGE;
  }
  report_init (g_strcmp0 (options.log, "json") == 0, options.metrics_file);

  return record (&options);
}

int
main (int argc, char **argv)
{
  gint status;

  setlocale (LC_ALL, "");
  status = parse_and_record (argc, argv);
  /* Nothing of ours lives any more; GStreamer's tracers report what does. */
  gst_deinit ();

  return status;
}
