/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The tables of README.md against the element that they describe.
 *
 * Runs on: one thread. The environment says where README.md (README), the
 * sources (SOURCE_ROOT) and the plugin are. */

#include <gst/gst.h>

#define MINUTE (60 * GST_SECOND)

static gchar *readme;

/* The cells of the row whose first cell is `NAME`, or NULL.
 * (transfer full) */
static gchar **
find_row (const gchar * name)
{
  g_autofree gchar *begin = g_strdup_printf ("\n| `%s` |", name);
  const gchar *found = strstr (readme, begin);
  g_auto (GStrv) lines = NULL;
  gchar **cells;
  guint i;

  if (found == NULL)
    return NULL;
  lines = g_strsplit (found + 1, "\n", 2);
  cells = g_strsplit (lines[0], "|", -1);
  for (i = 0; cells[i] != NULL; i++)
    g_strstrip (cells[i]);

  return cells;
}

static gboolean
is_own (GParamSpec * spec, GstElement * sink)
{
  return spec->owner_type == G_OBJECT_TYPE (sink);
}

static const gchar *
get_type_name (GParamSpec * spec)
{
  if (spec->value_type == GST_TYPE_STRUCTURE)
    return "structure";
  if (G_IS_PARAM_SPEC_ENUM (spec))
    return "enum";
  if (G_IS_PARAM_SPEC_UINT64 (spec))
    return "uint64";
  if (G_IS_PARAM_SPEC_UINT (spec))
    return "uint";
  if (G_IS_PARAM_SPEC_BOOLEAN (spec))
    return "boolean";

  return "string";
}

static const gchar *
get_access (GParamSpec * spec)
{
  if (!(spec->flags & G_PARAM_READABLE))
    return ", write-only";
  if (!(spec->flags & G_PARAM_WRITABLE))
    return ", read-only";

  return "";
}

/* A GstClockTime is a uint64 that the table calls by what it means. */
static void
check_type (GParamSpec * spec, const gchar * cell)
{
  g_autofree gchar *expected =
      g_strconcat (get_type_name (spec), get_access (spec), NULL);
  g_autofree gchar *seen = g_strdup (cell);

  if (g_str_has_prefix (seen, "time")) {
    g_free (seen);
    seen = g_strconcat ("uint64", cell + strlen ("time"), NULL);
  }
  g_assert_cmpstr (seen, ==, expected);
}

/* As one would write it on a command line, in backquotes; nothing for none. */
static gchar *
get_default (GParamSpec * spec)
{
  const GValue *value = g_param_spec_get_default_value (spec);
  g_autofree gchar *text = NULL;

  if (G_VALUE_HOLDS_BOXED (value)
      || (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) == NULL))
    return g_strdup ("");
  if (G_VALUE_HOLDS_STRING (value))
    text = g_value_dup_string (value);
  else
    text = gst_value_serialize (value);

  return g_strdup_printf ("`%s`", text);
}

static void
check_default (GParamSpec * spec, const gchar * cell)
{
  g_autofree gchar *expected = get_default (spec);
  g_autoptr (GString) seen = g_string_new (cell);

  g_string_replace (seen, "VERSION", PLUGIN_VERSION, 0);
  g_assert_cmpstr (seen->str, ==, expected);
}

static void
check_enum (GParamSpec * spec, const gchar * meaning)
{
  GEnumClass *values = G_PARAM_SPEC_ENUM (spec)->enum_class;
  guint i;

  for (i = 0; i < values->n_values; i++) {
    g_autofree gchar *name =
        g_strdup_printf ("`%s`", values->values[i].value_nick);

    if (strstr (meaning, name) == NULL)
      g_error ("README.md: %s says nothing of %s", spec->name, name);
    if (g_str_has_prefix (values->values[i].value_name, "GST_"))
      g_error ("gst-inspect-1.0 does not explain %s of %s", name, spec->name);
  }
}

/* A value with its unit, as a person writes it. (transfer full) */
static gchar *
format (guint64 value, gboolean is_time, gboolean is_size)
{
  static const struct
  {
    guint64 size;
    const gchar *name;
  } units[] = {
    {MINUTE, "min"}, {GST_SECOND, "s"}, {GST_MSECOND, "ms"},
    {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"},
  };
  guint first = is_time ? 0 : 3;
  guint i;

  for (i = first; (is_time || is_size) && i < first + 3; i++) {
    guint64 n = value / units[i].size;

    if (n > 0 && n * units[i].size == value)
      return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", n, units[i].name);
  }

  return g_strdup_printf ("%" G_GUINT64_FORMAT, value);
}

static void
assert_says (GParamSpec * spec, const gchar * meaning, const gchar * text)
{
  if (strstr (meaning, text) == NULL)
    g_error ("README.md: %s does not say “%s”", spec->name, text);
}

/* Limits that a user could meet, and the default in units. */
static void
check_number (GParamSpec * spec, guint64 minimum, guint64 maximum,
    guint64 value, gboolean is_time, const gchar * meaning)
{
  gboolean is_size = G_IS_PARAM_SPEC_UINT64 (spec) && !is_time;
  g_autofree gchar *low = format (minimum, is_time, is_size);
  g_autofree gchar *high = format (maximum, is_time, is_size);
  g_autofree gchar *usual = format (value, is_time, is_size);
  g_autofree gchar *range = g_strdup_printf ("%s to %s", low, high);
  g_autofree gchar *least = g_strdup_printf ("at least %s", low);
  g_autofree gchar *bracketed = g_strdup_printf ("(%s)", usual);

  if (maximum < G_MAXINT64)
    assert_says (spec, meaning, range);
  else if (minimum > 0)
    assert_says (spec, meaning, least);
  if (strchr (usual, ' ') != NULL)
    assert_says (spec, meaning, bracketed);
}

static void
check_range (GParamSpec * spec, const gchar * type, const gchar * meaning)
{
  gboolean is_time = g_str_has_prefix (type, "time");

  if (G_IS_PARAM_SPEC_UINT64 (spec)) {
    GParamSpecUInt64 *number = G_PARAM_SPEC_UINT64 (spec);

    check_number (spec, number->minimum, number->maximum,
        number->default_value, is_time, meaning);
  } else if (G_IS_PARAM_SPEC_UINT (spec)) {
    GParamSpecUInt *number = G_PARAM_SPEC_UINT (spec);

    check_number (spec, number->minimum, number->maximum,
        number->default_value, is_time, meaning);
  }
}

/* The text above the table says when properties can be set. */
static void
check_flags (GParamSpec * spec)
{
  if (spec->flags & G_PARAM_WRITABLE)
    g_assert_cmpuint (spec->flags & GST_PARAM_MUTABLE_READY, !=, 0);
  g_assert_cmpuint (spec->flags & GST_PARAM_MUTABLE_PAUSED, ==, 0);
  g_assert_cmpuint (spec->flags & GST_PARAM_MUTABLE_PLAYING, ==, 0);
}

/* gst-inspect-1.0 is read as much as README.md. */
static void
check_blurb (GParamSpec * spec, const gchar * type)
{
  const gchar *blurb = g_param_spec_get_blurb (spec);

  g_assert_nonnull (blurb);
  if (g_str_has_prefix (type, "time"))
    g_assert_nonnull (strstr (blurb, "nanoseconds"));
  else if (G_IS_PARAM_SPEC_UINT64 (spec))
    g_assert_nonnull (g_strstr_len (blurb, -1, "ytes"));
}

static void
check_property (GParamSpec * spec)
{
  g_auto (GStrv) cells = find_row (spec->name);

  if (cells == NULL)
    g_error ("README.md has no row for the property %s", spec->name);
  g_test_message ("property %s", spec->name);
  g_assert_cmpuint (g_strv_length (cells), ==, 6);
  check_type (spec, cells[2]);
  check_default (spec, cells[3]);
  g_assert_cmpstr (cells[4], !=, "");
  check_flags (spec);
  check_blurb (spec, cells[2]);
  check_range (spec, cells[2], cells[4]);
  if (G_IS_PARAM_SPEC_ENUM (spec))
    check_enum (spec, cells[4]);
}

static void
test_properties (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_autofree GParamSpec **specs = NULL;
  guint n_own = 0;
  guint n, i;

  g_assert_nonnull (sink);
  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (sink), &n);
  for (i = 0; i < n; i++) {
    if (!is_own (specs[i], sink))
      continue;
    check_property (specs[i]);
    n_own++;
  }
  g_assert_cmpuint (n_own, >, 0);
}

/* The lines between the heading and the next one. (transfer full) */
static gchar **
get_section (const gchar * heading)
{
  const gchar *begin = strstr (readme, heading);
  g_auto (GStrv) sections = NULL;

  g_assert_nonnull (begin);
  sections = g_strsplit (begin + strlen (heading), "\n## ", 2);

  return g_strsplit (sections[0], "\n", -1);
}

static void
test_rows (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_auto (GStrv) lines = get_section ("\n## Properties\n");
  guint i;

  for (i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (lines[i], "`", 3);
    GParamSpec *spec;

    if (!g_str_has_prefix (lines[i], "| `"))
      continue;
    spec = g_object_class_find_property (G_OBJECT_GET_CLASS (sink), words[1]);
    if (spec == NULL || !is_own (spec, sink))
      g_error ("README.md has a row for %s, which is not there", words[1]);
  }
}

static void
test_stats (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_auto (GStrv) lines = get_section ("\n## Statistics\n");
  g_autofree gchar *section = g_strjoinv ("\n", lines);
  g_autoptr (GstStructure) stats = NULL;
  gint i;

  g_object_get (sink, "stats", &stats, NULL);
  for (i = 0; i < gst_structure_n_fields (stats); i++) {
    g_autofree gchar *name =
        g_strdup_printf ("`%s`", gst_structure_nth_field_name (stats, i));

    if (strstr (section, name) == NULL)
      g_error ("README.md says nothing of %s in stats", name);
  }
}

/* The row begins with `NAME` (PARAMETERS), and → boolean where there is
 * something to return. */
static void
check_signal (guint id)
{
  g_autofree gchar *begin =
      g_strdup_printf ("\n| `%s` (", g_signal_name (id));
  const gchar *found = strstr (readme, begin);
  g_auto (GStrv) cells = NULL;
  g_auto (GStrv) parameters = NULL;
  GSignalQuery query;

  if (found == NULL)
    g_error ("README.md has no row for the signal %s", g_signal_name (id));
  g_signal_query (id, &query);
  cells = g_strsplit (found + strlen (begin), "|", 3);
  parameters = g_strsplit (cells[0], ")", 2);
  if (*parameters[0] != '\0') {
    g_auto (GStrv) names = g_strsplit (parameters[0], ",", -1);

    g_assert_cmpuint (g_strv_length (names), ==, query.n_params);
  } else {
    g_assert_cmpuint (query.n_params, ==, 0);
  }
  g_assert_cmpint (query.return_type != G_TYPE_NONE, ==,
      strstr (parameters[1], "→ boolean") != NULL);
  g_assert_cmpint ((query.signal_flags & G_SIGNAL_ACTION) != 0, ==,
      strstr (cells[1], "Action: ") != NULL);
}

static void
test_signals (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_autofree guint *ids = NULL;
  guint n, i;

  ids = g_signal_list_ids (G_OBJECT_TYPE (sink), &n);
  g_assert_cmpuint (n, >, 0);
  for (i = 0; i < n; i++)
    check_signal (ids[i]);
}

static void
check_message (const gchar * name, const gchar * blurb)
{
  g_auto (GStrv) row = find_row (name);

  if (row == NULL)
    g_error ("README.md has no row for the message %s", name);
  if (strstr (blurb, name) == NULL)
    g_error ("the blurb of post-messages says nothing of %s", name);
}

/* Each structure that the element makes has a row; what is in it is looked at
 * where messages are seen, with the commands. */
static void
test_messages (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (sink),
      "post-messages");
  g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"), "gst",
      "icesink", "messages.c", NULL);
  g_autoptr (GRegex) regex = g_regex_new ("\"(ice-[a-z-]+)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
      g_match_info_next (match, NULL)) {
    g_autofree gchar *name = g_match_info_fetch (match, 1);

    check_message (name, g_param_spec_get_blurb (spec));
    n++;
  }
  g_assert_cmpuint (n, >, 0);
}

/* Categories are made when they are needed, so the table of them is asked. */
static void
test_categories (void)
{
  g_auto (GStrv) lines = get_section ("\n## Logs\n");
  g_autofree gchar *section = g_strjoinv ("\n", lines);
  g_autofree gchar *command = g_strdup_printf ("grep -rhoE "
      "'^  \\[GST_ICE_LOG_[A-Z]+\\] = \\{\"ice[a-z]+\"' '%s/gst'",
      g_getenv ("SOURCE_ROOT"));
  g_autofree gchar *output = NULL;
  g_auto (GStrv) words = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  g_spawn_command_line_sync (command, &output, NULL, NULL, &error);
  g_assert_no_error (error);
  words = g_strsplit (output, "\"", -1);
  g_assert_cmpuint (g_strv_length (words), >, 20);
  for (i = 1; words[i] != NULL; i += 2) {
    g_autofree gchar *name = g_strdup_printf ("`%s`", words[i]);

    if (strstr (section, name) == NULL)
      g_error ("README.md says nothing of the log category %s", name);
  }
}

/* As GitHub and others make an anchor of a heading. (transfer full) */
static gchar *
build_anchor (const gchar * heading)
{
  g_autofree gchar *lower = g_utf8_strdown (heading, -1);
  g_autoptr (GRegex) others = g_regex_new ("[^\\w -]", 0, 0, NULL);
  g_autofree gchar *kept = g_regex_replace_literal (others, lower, -1, 0, "",
      0, NULL);

  return g_strdelimit (g_steal_pointer (&kept), " ", '-');
}

static gboolean
has_anchor (const gchar * text, const gchar * anchor)
{
  g_auto (GStrv) headings = g_strsplit (text, "\n#", -1);
  guint i;

  for (i = 1; headings[i] != NULL; i++) {
    g_auto (GStrv) lines = g_strsplit (headings[i], "\n", 2);
    g_autofree gchar *built =
        build_anchor (g_strchug (g_strdelimit (lines[0], "#", ' ')));

    if (g_str_equal (built, anchor))
      return TRUE;
  }

  return FALSE;
}

/* @directory: where the page with the link is */
static void
check_link (const gchar * directory, const gchar * page, const gchar * link)
{
  g_auto (GStrv) parts = g_strsplit (link, "#", 2);
  g_autofree gchar *path = g_build_filename (directory, parts[0], NULL);
  g_autofree gchar *text = NULL;

  if (strstr (link, "://") != NULL)
    return;
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    g_error ("the link to %s leads nowhere", link);
  if (parts[1] == NULL)
    return;
  if (*parts[0] != '\0')
    g_file_get_contents (path, &text, NULL, NULL);
  if (!has_anchor (text != NULL ? text : page, parts[1]))
    g_error ("the link to %s finds no heading", link);
}

static void
test_links (gconstpointer name)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"), name,
      NULL);
  g_autofree gchar *directory = g_path_get_dirname (path);
  g_autoptr (GRegex) regex = g_regex_new ("\\]\\(([^) ]+)\\)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *page = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &page, NULL, &error);
  g_assert_no_error (error);
  for (g_regex_match (regex, page, 0, &match); g_match_info_matches (match);
      g_match_info_next (match, NULL)) {
    g_autofree gchar *link = g_match_info_fetch (match, 1);

    check_link (directory, page, link);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gint status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_file_get_contents (g_getenv ("README"), &readme, NULL, &error);
  g_assert_no_error (error);

  g_test_add_func ("/readme/properties/describe-the-element",
      test_properties);
  g_test_add_func ("/readme/properties/are-all-there", test_rows);
  g_test_add_func ("/readme/stats/are-all-described", test_stats);
  g_test_add_func ("/readme/signals/are-all-described", test_signals);
  g_test_add_func ("/readme/messages/are-all-described", test_messages);
  g_test_add_func ("/readme/logs/are-all-described", test_categories);
  g_test_add_data_func ("/readme/links/lead-somewhere", "README.md",
      test_links);
  g_test_add_data_func ("/unattended/links/lead-somewhere",
      "examples/unattended/README.md", test_links);
  status = g_test_run ();

  g_free (readme);
  gst_deinit ();

  return status;
}
