/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the log says of an upload: with GST_DEBUG=ice*:5 its story, and one
 * line for each request, which agrees with what the emulator saw. */

#include "fixture.h"

#include <string.h>

/* A screenful. */
#define STORY_LINES 40

static GMutex log_lock;
static GPtrArray *log_lines;    /* protected by log_lock */

static void
capture (GstDebugCategory * category, GstDebugLevel level, const gchar * file,
    const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer user_data)
{
  if (!g_str_has_prefix (gst_debug_category_get_name (category), "ice"))
    return;

  g_mutex_lock (&log_lock);
  g_ptr_array_add (log_lines, g_strdup_printf ("%s: %s",
          gst_debug_category_get_name (category),
          gst_debug_message_get (message)));
  g_mutex_unlock (&log_lock);
}

static void
start_log (const gchar * threshold)
{
  gst_debug_set_threshold_from_string (threshold, TRUE);
  g_mutex_lock (&log_lock);
  g_ptr_array_set_size (log_lines, 0);
  g_mutex_unlock (&log_lock);
}

/* Those that begin with @prefix, without it. (transfer full) */
static GPtrArray *
get_lines (const gchar * prefix)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  guint i;

  g_mutex_lock (&log_lock);
  for (i = 0; i < log_lines->len; i++) {
    const gchar *line = g_ptr_array_index (log_lines, i);

    if (g_str_has_prefix (line, prefix))
      g_ptr_array_add (lines, g_strdup (line + strlen (prefix)));
  }
  g_mutex_unlock (&log_lock);

  return lines;
}

/* Looks for @text from line @from on. Returns: the line after it. */
static guint
find_line (GPtrArray * lines, const gchar * text, guint from)
{
  guint i;

  for (i = from; i < lines->len; i++) {
    if (strstr (g_ptr_array_index (lines, i), text) != NULL)
      return i + 1;
  }
  for (i = 0; i < lines->len; i++)
    g_printerr ("# %s\n", (gchar *) g_ptr_array_index (lines, i));
  g_error ("no “%s” from line %u on", text, from);

  return 0;
}

/* ---- the story ---- */

/* A minute of 8 Mbit/s, with the sink's own defaults: fifteen parts and the
 * head, and a renewal in the middle. At the end the muxer of an MP4 goes back
 * to its head. */
static void
record_minute (Fixture * f)
{
  fixture_set (f, "part-size=4194304 head-size=1048576");
  fixture_play (f);
  fixture_wait_for (f, fixture_stat_is (f, "state", "uploading"));
  ice_emulator_set_credential_life (f->emulator, 3600 * 1000);
  g_assert_cmpint (fixture_push_all (f, 30 * MIB, MIB), ==, GST_FLOW_OK);
  fixture_wait_element (f, "ice-credential-refreshed");
  g_assert_cmpint (fixture_push_all (f, 30 * MIB, MIB), ==, GST_FLOW_OK);
  fixture_push_segment (f, GST_FORMAT_BYTES, 32);
  g_assert_cmpint (fixture_push (f, 16), ==, GST_FLOW_OK);
  fixture_finish (f);
  fixture_set_state (f, GST_STATE_NULL);
}

static void
test_story (void)
{
  static const gchar *const story[] = {
    "icesink: media id ",
    "icerequest: operation=RefreshUploadMedia ",
    ": lease 1 lives for ",
    "icerequest: operation=InitiateMultipartUpload ",
    "upload started: ",
    ": lease 2 lives for ",
    "icesink: draining",
    "icerequest: operation=CompleteMultipartUpload ",
    "object complete, 62914560 bytes",
  };
  g_autoptr (Fixture) f = fixture_new_with_life (6, "");
  g_autoptr (GPtrArray) lines = NULL;
  guint i, at = 0;

  start_log ("ice*:5");
  record_minute (f);
  lines = get_lines ("");
  for (i = 0; i < G_N_ELEMENTS (story); i++)
    at = find_line (lines, story[i], at);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), ==, 1);
  g_assert_cmpuint (fixture_get_stat (f, "parts-uploaded"), ==, 16);
  g_assert_cmpuint (lines->len, <, STORY_LINES);
}

/* A muxer that goes back again and again, as matroskamux does for each
 * cluster, adds nothing to it. */
static void
test_story_of_rewrites (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GPtrArray) lines = NULL;
  guint i;

  start_log ("ice*:5");
  fixture_play (f);
  for (i = 0; i < 60; i++) {
    guint64 end = f->expected->len;

    fixture_push (f, 40 * KIB);
    fixture_push_segment (f, GST_FORMAT_BYTES, end + 20);
    f->expected->len = end + 20;
    fixture_push (f, 8);
    f->expected->len = end + 40 * KIB;
    fixture_push_segment (f, GST_FORMAT_BYTES, f->expected->len);
  }
  fixture_complete (f);
  lines = get_lines ("");
  g_assert_cmpuint (lines->len, <, STORY_LINES);
}

/* ---- requests ---- */

static const gchar *
get_operation_name (IceEmulatorOperation operation)
{
  switch (operation) {
    case ICE_EMULATOR_REFRESH:
      return "RefreshUploadMedia";
    case ICE_EMULATOR_INITIATE:
      return "InitiateMultipartUpload";
    case ICE_EMULATOR_PART:
      return "UploadPart";
    case ICE_EMULATOR_COMPLETE:
      return "CompleteMultipartUpload";
    case ICE_EMULATOR_ABORT:
      return "AbortMultipartUpload";
    case ICE_EMULATOR_PUT:
      return "PutObject";
    case ICE_EMULATOR_OPTIONS:
      return "OptionObject";
    case ICE_EMULATOR_HEAD:
      return "HeadObject";
    case ICE_EMULATOR_LIST_PARTS:
      return "ListParts";
    default:
      return "?";
  }
}

/* What a line has to say of @record, and nothing that only one side knows. */
static gchar *
describe_record (const IceEmulatorRecord * record)
{
  g_autofree gchar *part = record->part_number == 0 ? g_strdup ("")
      : g_strdup_printf (" part=%u", record->part_number);

  return g_strdup_printf ("operation=%s%s bytes=%" G_GUINT64_FORMAT
      " status=%u", get_operation_name (record->operation), part,
      record->body_bytes, record->status);
}

/* The same of a line; also checks the rest of it. */
static gchar *
describe_line (const gchar * line)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("^(operation=\\w+( part=\\d+)? bytes=\\d+)"
      " duration=\\d+\\.\\d{3}( status=(\\d+))"
      "( request-id=[-0-9A-Fa-f]+)? object=\\S+( error=.+)?$", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *begin = NULL, *status = NULL, *id = NULL, *error = NULL;

  if (!g_regex_match (regex, line, 0, &match))
    g_error ("not as it should be: %s", line);
  begin = g_match_info_fetch (match, 1);
  status = g_match_info_fetch (match, 3);
  id = g_match_info_fetch (match, 5);
  error = g_match_info_fetch (match, 6);
  g_assert_cmpint (g_str_equal (status, " status=0"), ==,
      g_str_equal (id != NULL ? id : "", ""));
  g_assert_cmpint (g_str_has_prefix (status, " status=20"), ==,
      g_str_equal (error != NULL ? error : "", ""));

  return g_strconcat (begin, status, NULL);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* One line for each request, and the other way round. */
static void
assert_lines_agree (Fixture * f)
{
  g_autoptr (GPtrArray) records =
      fixture_get_records (f, ICE_EMULATOR_ANY, 0);
  g_autoptr (GPtrArray) lines = get_lines ("icerequest: ");
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);
  guint i;

  for (i = 0; i < records->len; i++)
    g_ptr_array_add (seen, describe_record (g_ptr_array_index (records, i)));
  for (i = 0; i < lines->len; i++)
    g_ptr_array_add (told, describe_line (g_ptr_array_index (lines, i)));
  g_ptr_array_sort (seen, compare);
  g_ptr_array_sort (told, compare);

  for (i = 0; i < MIN (seen->len, told->len); i++)
    g_assert_cmpstr (g_ptr_array_index (told, i), ==,
        g_ptr_array_index (seen, i));
  g_assert_cmpuint (told->len, ==, seen->len);
}

static const gchar *const fault_cases[] = {
  NULL,
  "part:error:status=503:count=3",
  "part:expired-token:part=2",
  "part:reset-after-processing:part=2",
  "refresh:error:status=503:count=2",
  "complete:error:status=500",
  "complete:reset-after-processing",
};

static void
test_requests (gconstpointer data)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  if (data != NULL)
    fixture_add_fault (f, data);
  start_log ("icerequest:6");
  fixture_record (f, 4 * FIXTURE_PART_SIZE);
  fixture_finish (f);
  fixture_set_state (f, GST_STATE_NULL);
  assert_lines_agree (f);
}

static void
test_put (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=put:error:status=503");

  start_log ("icerequest:6");
  fixture_play (f);
  fixture_push (f, 1000);
  fixture_finish (f);
  assert_lines_agree (f);
}

static void
test_abort (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  start_log ("icerequest:6");
  fixture_set (f, "on-stop=abort");
  fixture_record (f, 2 * FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_get_stat (f, "parts-uploaded") == 2);
  fixture_set_state (f, GST_STATE_NULL);
  assert_lines_agree (f);
}

static guint
count_requests (const gchar * text)
{
  g_autoptr (GPtrArray) lines = get_lines ("icerequest: ");
  guint i, n = 0;

  for (i = 0; i < lines->len; i++)
    n += strstr (g_ptr_array_index (lines, i), text) != NULL;

  return n;
}

/* Level 5 has no parts but those that failed. While nothing is to be sent yet,
 * there may be one more request, for the connection. */
static void
test_levels (void)
{
  g_autoptr (Fixture) f = fixture_new ("--fault=part:error:status=503:part=2");

  start_log ("icerequest:5");
  fixture_record (f, 4 * FIXTURE_PART_SIZE);
  fixture_finish (f);

  g_assert_cmpuint (count_requests ("operation=UploadPart part=2 "), ==, 1);
  g_assert_cmpuint (count_requests ("operation=UploadPart"), ==, 1);
  g_assert_cmpuint (count_requests ("operation=RefreshUploadMedia "), ==, 1);
  g_assert_cmpuint (count_requests ("operation=InitiateMultipartUpload "),
      ==, 1);
  g_assert_cmpuint (count_requests ("operation=CompleteMultipartUpload "),
      ==, 1);
  g_assert_cmpuint (count_requests ("operation="), <=, 5);
}

/* Nobody answers, and then nobody wants the answer. */
static void
test_no_answer (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:stall-before-answer:count=0");

  start_log ("icerequest:6");
  fixture_set (f, "on-stop=keep");
  fixture_record (f, FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_get_stat (f, "bytes-sent")
      >= FIXTURE_PART_SIZE);
  fixture_set_state (f, GST_STATE_NULL);
  g_assert_cmpuint (count_requests
      ("operation=UploadPart part=1 bytes=102400 "), ==, 1);
  g_assert_cmpuint (count_requests (" error=cancelled"), >=, 1);
}

int
main (int argc, char **argv)
{
  gint status;
  guint i;

  fixture_init (&argc, &argv);
  log_lines = g_ptr_array_new_with_free_func (g_free);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (capture, NULL, NULL);
  gst_debug_set_active (TRUE);

  g_test_add_func ("/icesink/log/tells-the-story-in-a-screenful",
      test_story);
  g_test_add_func ("/icesink/log/tells-no-more-of-many-rewrites",
      test_story_of_rewrites);
  for (i = 0; i < G_N_ELEMENTS (fault_cases); i++) {
    g_autofree gchar *name = g_strdelimit (g_strdup (fault_cases[i] != NULL ?
            fault_cases[i] : "a-clean-run"), ":=", '-');
    g_autofree gchar *path =
        g_strconcat ("/icesink/log/agrees-on-requests-after/", name, NULL);

    g_test_add_data_func (path, fault_cases[i], test_requests);
  }
  g_test_add_func ("/icesink/log/agrees-on-requests-after/one-put",
      test_put);
  g_test_add_func ("/icesink/log/agrees-on-requests-after/an-abort",
      test_abort);
  g_test_add_func ("/icesink/log/has-parts-at-level-6", test_levels);
  g_test_add_func ("/icesink/log/has-requests-without-an-answer",
      test_no_answer);

  status = g_test_run ();
  gst_debug_remove_log_function (capture);
  g_ptr_array_unref (log_lines);

  return status;
}
