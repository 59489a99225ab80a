/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The fixture; see the header.
 *
 * Owns: the emulator, unless another fixture does, the sink and everything
 * around it. Waits look at the bus every few milliseconds, so that messages
 * are collected and no wait needs a notification of its own. */

#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "patience.h"

#define DEADLINE_US (60 * G_USEC_PER_SEC)
#define TICK (2 * GST_MSECOND)
#define MEDIA_ID "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

GST_PLUGIN_STATIC_DECLARE (icesink);

/* Tests must not find an identity of whoever runs them. */
static void
clear_identity (void)
{
  g_auto (GStrv) names = g_listenv ();
  guint i;

  for (i = 0; names[i] != NULL; i++) {
    if (g_str_has_prefix (names[i], "ALIBABA_CLOUD_"))
      g_unsetenv (names[i]);
  }
  g_setenv ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true", TRUE);
}

void
fixture_init (int *argc, char ***argv)
{
  clear_identity ();
  g_test_init (argc, argv, NULL);
  gst_init (argc, argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  GST_PLUGIN_STATIC_REGISTER (icesink);
}

/* ---- making and freeing ---- */

static void
on_finalized (gpointer user_data, GObject * sink)
{
  Fixture *f = user_data;

  g_atomic_int_set (&f->finalized, TRUE);
}

static void
set_up_sink (Fixture * f)
{
  f->sink = gst_object_ref_sink (gst_element_factory_make ("icesink", NULL));
  g_object_weak_ref (G_OBJECT (f->sink), on_finalized, f);
  g_object_set (f->sink, "media-id", f->media_id,
      "part-size", FIXTURE_PART_SIZE, "head-size", G_GUINT64_CONSTANT (0),
      "max-part-duration", G_GUINT64_CONSTANT (0),
      "access-key-id", FIXTURE_KEY_ID,
      "access-key-secret", FIXTURE_KEY_SECRET, NULL);
  if (f->emulator != NULL)
    g_object_set (f->sink, "ice-endpoint",
        ice_emulator_get_uri (f->emulator), NULL);
  gst_element_set_bus (f->sink, f->bus);
}

static void
set_up_pad (Fixture * f)
{
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (f->sink, "sink");

  f->pad = gst_object_ref_sink (gst_pad_new ("src", GST_PAD_SRC));
  g_assert_cmpint (gst_pad_link (f->pad, sink_pad), ==, GST_PAD_LINK_OK);
}

Fixture *
fixture_new_with (IceEmulator * emulator, const gchar * media_id)
{
  Fixture *f = g_new0 (Fixture, 1);

  f->emulator = emulator;
  f->media_id = g_strdup (media_id);
  f->bus = gst_bus_new ();
  f->messages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  f->expected = g_byte_array_new ();
  set_up_sink (f);
  set_up_pad (f);

  return f;
}

Fixture *
fixture_new (const gchar * options)
{
  Fixture *f = fixture_new_with (ice_emulator_new_started (options), MEDIA_ID);

  f->owns_emulator = TRUE;

  return f;
}

Fixture *
fixture_new_with_life (guint seconds, const gchar * options)
{
  g_autofree gchar *all = g_strdup_printf ("--credential-life=%"
      G_GINT64_FORMAT " %s", test_patience (seconds), options);

  return fixture_new (all);
}

/* Drops the sink; a thread that delivers a message may be the last one. */
static void
drop_sink (Fixture * f)
{
  gst_pad_set_active (f->pad, FALSE);
  g_clear_pointer (&f->pad, gst_object_unref);
  g_clear_pointer (&f->messages, g_ptr_array_unref);
  if (f->sink != NULL)
    gst_element_set_bus (f->sink, NULL);
  gst_bus_set_flushing (f->bus, TRUE);
  g_clear_pointer (&f->pipeline, gst_object_unref);
  g_clear_pointer (&f->sink, gst_object_unref);
  fixture_wait_for (f, g_atomic_int_get (&f->finalized));
}

void
fixture_free (Fixture * f)
{
  if (f->sink != NULL)
    fixture_set_state (f, GST_STATE_NULL);
  if (f->pusher != NULL)
    fixture_join (f);
  drop_sink (f);
  gst_object_unref (f->bus);
  g_byte_array_unref (f->expected);
  g_free (f->media_id);
  if (f->owns_emulator)
    ice_emulator_free (f->emulator);
  g_free (f);
}

void
fixture_add_fault (Fixture * f, const gchar * fault)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_add_fault (f->emulator, fault, &error);
  g_assert_no_error (error);
}

void
fixture_set (Fixture * f, const gchar * settings)
{
  g_auto (GStrv) words = g_strsplit (settings != NULL ? settings : "", " ", -1);
  guint i;

  for (i = 0; words[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);

    if (pair[0] != NULL)
      gst_util_set_object_arg (G_OBJECT (f->sink), pair[0], pair[1]);
  }
}

void
fixture_set_reachable (Fixture * f, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (f->emulator, reachable, &error);
  g_assert_no_error (error);
}

void
fixture_set_silent (Fixture * f)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_silent (f->emulator, &error);
  g_assert_no_error (error);
}

/* ---- waiting ---- */

gint64
fixture_get_deadline (void)
{
  return g_get_monotonic_time () + test_patience (DEADLINE_US);
}

static void
print_message (GstMessage * message)
{
  g_autofree gchar *text = NULL;

  if (gst_message_get_structure (message) != NULL)
    text = gst_structure_to_string (gst_message_get_structure (message));
  g_printerr ("# %s %s\n", GST_MESSAGE_TYPE_NAME (message),
      text != NULL ? text : "");
}

void
fixture_tick (Fixture * f, gint64 deadline_us, const gchar * what,
    const gchar * where)
{
  GstMessage *message = gst_bus_timed_pop (f->bus, TICK);
  guint i;

  /* while it flushes, the bus does not wait */
  if (message == NULL)
    g_thread_yield ();
  else
    g_ptr_array_add (f->messages, message);
  if (g_get_monotonic_time () < deadline_us)
    return;

  for (i = 0; f->messages != NULL && i < f->messages->len; i++)
    print_message (g_ptr_array_index (f->messages, i));
  g_error ("%s: waited in vain for: %s", where, what);
}

/* ---- the stream ---- */

void
fixture_set_state (Fixture * f, GstState state)
{
  GstElement *element = f->pipeline != NULL ? f->pipeline : f->sink;

  g_assert_cmpint (gst_element_set_state (element, state), !=,
      GST_STATE_CHANGE_FAILURE);
}

static gboolean
is_in_state (Fixture * f, GstState state)
{
  GstElement *element = f->pipeline != NULL ? f->pipeline : f->sink;
  GstState current;

  return gst_element_get_state (element, &current, NULL, 0)
      == GST_STATE_CHANGE_SUCCESS && current == state;
}

void
fixture_wait_state (Fixture * f, GstState state)
{
  fixture_wait_for (f, is_in_state (f, state));
}

void
fixture_open_stream (Fixture * f, const gchar * caps)
{
  gst_pad_set_active (f->pad, FALSE);
  gst_pad_set_active (f->pad, TRUE);
  gst_pad_push_event (f->pad, gst_event_new_stream_start ("fixture"));
  if (caps != NULL) {
    g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);

    gst_pad_push_event (f->pad, gst_event_new_caps (parsed));
  }
  fixture_push_segment (f, GST_FORMAT_TIME, 0);
}

void
fixture_play (Fixture * f)
{
  fixture_set_state (f, GST_STATE_PLAYING);
  fixture_open_stream (f, NULL);
}

void
fixture_push_segment (Fixture * f, GstFormat format, guint64 start)
{
  GstSegment segment;

  gst_segment_init (&segment, format);
  segment.start = segment.time = segment.position = start;
  gst_pad_push_event (f->pad, gst_event_new_segment (&segment));
}

/* A byte of a sequence without a short period. */
static guint8
get_byte (guint64 offset)
{
  guint64 x = (offset + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  x ^= x >> 29;
  x *= G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);

  return x >> 56;
}

GstBuffer *
fixture_new_buffer (guint64 offset, gsize size)
{
  guint8 *data = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = get_byte (offset + i);

  return gst_buffer_new_wrapped (data, size);
}

GstFlowReturn
fixture_push_buffer (Fixture * f, GstBuffer * buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  guint length = f->expected->len;

  g_byte_array_set_size (f->expected, length + size);
  gst_buffer_extract (buffer, 0, f->expected->data + length, size);
  f->flow = gst_pad_push (f->pad, buffer);

  return f->flow;
}

GstFlowReturn
fixture_push (Fixture * f, gsize size)
{
  return fixture_push_buffer (f, fixture_new_buffer (f->expected->len, size));
}

GstFlowReturn
fixture_push_all (Fixture * f, gsize size, gsize buffer_size)
{
  GstFlowReturn flow = GST_FLOW_OK;

  while (size > 0 && flow == GST_FLOW_OK) {
    gsize n = MIN (size, buffer_size);

    flow = fixture_push (f, n);
    size -= n;
  }

  return flow;
}

void
fixture_record (Fixture * f, gsize size)
{
  fixture_play (f);
  fixture_push_all (f, size, 64 * KIB);
}

void
fixture_push_parts (Fixture * f, guint n)
{
  g_assert_cmpint (fixture_push_all (f, n * FIXTURE_PART_SIZE, 64 * KIB), ==,
      GST_FLOW_OK);
}

void
fixture_wait_uploaded (Fixture * f)
{
  g_signal_emit_by_name (f->sink, "checkpoint");
  fixture_wait_for (f, fixture_get_stat (f, "bytes-uploaded")
      == f->expected->len);
}

static gpointer
push_in_thread (gpointer user_data)
{
  Fixture *f = user_data;

  if (f->pusher_eos)
    fixture_push_eos (f);
  else
    fixture_push_all (f, f->pusher_size, f->pusher_buffer_size);
  g_atomic_int_set (&f->pusher_done, TRUE);

  return NULL;
}

static void
start_pusher (Fixture * f)
{
  g_assert_null (f->pusher);
  f->pusher_done = FALSE;
  f->pusher = g_thread_new ("pusher", push_in_thread, f);
}

void
fixture_start_pushing (Fixture * f, gsize size, gsize buffer_size)
{
  f->pusher_size = size;
  f->pusher_buffer_size = buffer_size;
  f->pusher_eos = FALSE;
  start_pusher (f);
}

void
fixture_start_eos (Fixture * f)
{
  f->pusher_eos = TRUE;
  start_pusher (f);
}

gboolean
fixture_is_pushing (Fixture * f)
{
  return f->pusher != NULL && !g_atomic_int_get (&f->pusher_done);
}

GstFlowReturn
fixture_join (Fixture * f)
{
  fixture_wait_for (f, !fixture_is_pushing (f));
  g_clear_pointer (&f->pusher, g_thread_join);

  return f->flow;
}

gboolean
fixture_push_eos (Fixture * f)
{
  return gst_pad_push_event (f->pad, gst_event_new_eos ());
}

void
fixture_finish (Fixture * f)
{
  gboolean taken = fixture_push_eos (f);

  fixture_wait_message (f, GST_MESSAGE_EOS);
  g_assert_true (taken);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
}

void
fixture_complete (Fixture * f)
{
  fixture_finish (f);
  fixture_assert_object (f);
}

void
fixture_launch (Fixture * f, const gchar * description)
{
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description (description, TRUE, &error);
  g_autoptr (GstPad) peer = gst_pad_get_peer (f->pad);

  g_assert_no_error (error);
  gst_pad_set_active (f->pad, FALSE);
  gst_pad_unlink (f->pad, peer);
  f->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_object_unref (f->bus);
  f->bus = gst_element_get_bus (f->pipeline);
  gst_bin_add_many (GST_BIN (f->pipeline), bin, f->sink, NULL);
  g_assert_true (gst_element_link (bin, f->sink));
}

/* ---- messages ---- */

void
fixture_collect (Fixture * f)
{
  GstMessage *message;

  while ((message = gst_bus_pop (f->bus)) != NULL)
    g_ptr_array_add (f->messages, message);
}

static GstMessage *
get_message (Fixture * f, guint i)
{
  return g_ptr_array_index (f->messages, i);
}

gint
fixture_find_message (Fixture * f, GstMessageType type)
{
  guint i;

  for (i = 0; i < f->messages->len; i++) {
    if (GST_MESSAGE_TYPE (get_message (f, i)) == type)
      return i;
  }

  return -1;
}

static gboolean
is_element_message (GstMessage * message, const gchar * name)
{
  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT
      && gst_message_has_name (message, name);
}

gint
fixture_find_element (Fixture * f, const gchar * name)
{
  guint i;

  for (i = 0; i < f->messages->len; i++) {
    if (is_element_message (get_message (f, i), name))
      return i;
  }

  return -1;
}

static gboolean
is_progress (GstMessage * message, GstProgressType type, const gchar * code)
{
  GstProgressType its_type;
  g_autofree gchar *its_code = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_PROGRESS)
    return FALSE;

  gst_message_parse_progress (message, &its_type, &its_code, NULL);

  return its_type == type && g_str_equal (its_code, code);
}

gint
fixture_find_progress (Fixture * f, GstProgressType type, const gchar * code)
{
  guint i;

  for (i = 0; i < f->messages->len; i++) {
    if (is_progress (get_message (f, i), type, code))
      return i;
  }

  return -1;
}

GstMessage *
fixture_wait_message (Fixture * f, GstMessageType type)
{
  fixture_wait_for (f, fixture_find_message (f, type) >= 0
      || (type != GST_MESSAGE_ERROR
          && fixture_find_message (f, GST_MESSAGE_ERROR) >= 0));
  if (fixture_find_message (f, type) < 0) {
    print_message (get_message (f, fixture_find_message (f,
                GST_MESSAGE_ERROR)));
    g_error ("an error in place of: %s", gst_message_type_get_name (type));
  }

  return get_message (f, fixture_find_message (f, type));
}

const GstStructure *
fixture_wait_element (Fixture * f, const gchar * name)
{
  fixture_wait_for (f, fixture_find_element (f, name) >= 0);

  return gst_message_get_structure (get_message (f, fixture_find_element (f,
              name)));
}

guint
fixture_count_messages (Fixture * f, GstMessageType type)
{
  guint i, n = 0;

  fixture_collect (f);
  for (i = 0; i < f->messages->len; i++)
    n += GST_MESSAGE_TYPE (get_message (f, i)) == type;

  return n;
}

guint
fixture_count_elements (Fixture * f, const gchar * name)
{
  guint i, n = 0;

  fixture_collect (f);
  for (i = 0; i < f->messages->len; i++)
    n += is_element_message (get_message (f, i), name);

  return n;
}

void
fixture_forget (Fixture * f)
{
  fixture_collect (f);
  g_ptr_array_set_size (f->messages, 0);
}

const GstStructure *
fixture_wait_error (Fixture * f, gint code)
{
  GstMessage *message = fixture_wait_message (f, GST_MESSAGE_ERROR);
  const GstStructure *details = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  g_test_message ("%s (%s)", error->message, debug);
  g_assert_error (error, GST_RESOURCE_ERROR, code);
  g_assert_true (GST_MESSAGE_SRC (message) == GST_OBJECT (f->sink));
  gst_message_parse_error_details (message, &details);
  g_assert_nonnull (details);

  return details;
}

void
fixture_assert_failed_once (Fixture * f)
{
  guint i, errors = 0;

  fixture_collect (f);
  for (i = 0; i < f->messages->len; i++) {
    GstMessage *message = get_message (f, i);

    errors += GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
        && GST_MESSAGE_SRC (message) == GST_OBJECT (f->sink);
  }
  g_assert_cmpuint (errors, ==, 1);
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_EOS), ==, 0);
}

void
fixture_assert_refused (Fixture * f)
{
  g_assert_cmpint (f->flow, ==, GST_FLOW_ERROR);
  fixture_collect (f);
  g_assert_cmpint (fixture_find_message (f, GST_MESSAGE_ERROR), >=, 0);
}

/* ---- figures ---- */

static void
get_stat (Fixture * f, const gchar * name, GType type, GValue * value)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (f->sink, "stats", &stats, NULL);
  g_assert_true (gst_structure_has_name (stats, "application/x-icesink-stats"));
  g_assert_true (gst_structure_has_field (stats, name));
  g_value_init (value, type);
  g_assert_true (g_value_transform (gst_structure_get_value (stats, name),
          value));
}

guint64
fixture_get_stat (Fixture * f, const gchar * name)
{
  g_auto (GValue) value = G_VALUE_INIT;

  get_stat (f, name, G_TYPE_UINT64, &value);

  return g_value_get_uint64 (&value);
}

gchar *
fixture_get_stat_string (Fixture * f, const gchar * name)
{
  g_auto (GValue) value = G_VALUE_INIT;

  get_stat (f, name, G_TYPE_STRING, &value);

  return g_value_dup_string (&value);
}

gboolean
fixture_stat_is (Fixture * f, const gchar * name, const gchar * value)
{
  g_autofree gchar *text = fixture_get_stat_string (f, name);

  return g_strcmp0 (text, value) == 0;
}

/* ---- what the emulator has ---- */

guint
fixture_count (Fixture * f, IceEmulatorOperation operation)
{
  return ice_emulator_count (f->emulator, operation, 0);
}

GPtrArray *
fixture_get_records (Fixture * f, IceEmulatorOperation operation,
    guint status)
{
  GPtrArray *records = ice_emulator_get_records (f->emulator);
  guint i;

  for (i = records->len; i > 0; i--) {
    IceEmulatorRecord *record = g_ptr_array_index (records, i - 1);

    if ((operation != ICE_EMULATOR_ANY && record->operation != operation)
        || (status != 0 && record->status != status))
      g_ptr_array_remove_index (records, i - 1);
  }

  return records;
}

static const gchar *const operation_names[] = {
  [ICE_EMULATOR_REFRESH] = "refresh",
  [ICE_EMULATOR_INITIATE] = "initiate",
  [ICE_EMULATOR_PART] = "part",
  [ICE_EMULATOR_COMPLETE] = "complete",
  [ICE_EMULATOR_ABORT] = "abort",
  [ICE_EMULATOR_LIST_PARTS] = "list-parts",
  [ICE_EMULATOR_PUT] = "put",
  [ICE_EMULATOR_HEAD] = "head",
  [ICE_EMULATOR_OTHER] = "other",
};

/* The number behind `name=` among @words, or 0. @more: it has a `+`. */
static guint
parse_expected (gchar ** words, const gchar * name, gboolean * more)
{
  g_autofree gchar *prefix = g_strconcat (name, "=", NULL);
  guint i;

  *more = FALSE;
  for (i = 0; words[i] != NULL; i++) {
    if (!g_str_has_prefix (words[i], prefix))
      continue;
    *more = g_str_has_suffix (words[i], "+");
    return g_ascii_strtoull (words[i] + strlen (prefix), NULL, 10);
  }

  return 0;
}

static gboolean
has_requests (Fixture * f, gchar ** words)
{
  gboolean all = TRUE, more;
  guint i;

  for (i = ICE_EMULATOR_REFRESH; i <= ICE_EMULATOR_OTHER; i++) {
    guint expected = parse_expected (words, operation_names[i], &more);
    guint n = fixture_count (f, i);

    if (n > expected && !more)
      g_error ("%u requests of %s where %u are expected", n,
          operation_names[i], expected);
    all = all && n >= expected;
  }

  return all;
}

void
fixture_assert_requests (Fixture * f, const gchar * expected)
{
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);

  fixture_wait_for (f, has_requests (f, words));
}

/* The bytes of the object. */
static GBytes *
get_object (Fixture * f)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (f->emulator, f->media_id);
  g_autoptr (GError) error = NULL;
  gchar *data;
  gsize size;

  g_assert_nonnull (path);
  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);

  return g_bytes_new_take (data, size);
}

/* Without printing what differs: it is long. */
static void
assert_same_bytes (const guint8 * data, const guint8 * expected, gsize size)
{
  gsize i;

  if (size == 0 || memcmp (data, expected, size) == 0)
    return;

  for (i = 0; data[i] == expected[i]; i++);
  g_error ("the object differs at byte %" G_GSIZE_FORMAT, i);
}

void
fixture_assert_object (Fixture * f)
{
  g_autoptr (GBytes) object = get_object (f);
  gsize size;
  const guint8 *data = g_bytes_get_data (object, &size);

  g_assert_cmpuint (size, ==, f->expected->len);
  assert_same_bytes (data, f->expected->data, size);
}

void
fixture_assert_object_is_file (Fixture * f, const gchar * path)
{
  g_autoptr (GBytes) object = get_object (f);
  g_autofree gchar *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (object), ==, size);
  assert_same_bytes (g_bytes_get_data (object, NULL), (guint8 *) data, size);
}

guint64
fixture_assert_object_is_prefix (Fixture * f)
{
  g_autoptr (GBytes) object = get_object (f);
  gsize size;
  const guint8 *data = g_bytes_get_data (object, &size);

  g_assert_cmpuint (size, <=, f->expected->len);
  assert_same_bytes (data, f->expected->data, size);

  return size;
}

void
fixture_assert_no_object (Fixture * f)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (f->emulator, f->media_id);

  g_assert_null (path);
}
