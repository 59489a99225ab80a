/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The tables of README.md, CONTRIBUTING.md and docs/ against what they
 * describe, here the element itself, and that each table has a test that tries
 * its rows; and what holds for all pages: links lead somewhere, nothing is said
 * twice.
 *
 * Runs on: one thread. The environment says where the sources (SOURCE_ROOT)
 * and the plugin are. */

#include <gst/gst.h>

#include "pages.h"

#define MINUTE (60 * GST_SECOND)

/* A README is read to its end only if it has one. */
#define MAX_README_LINES 300

/* Sentences shorter than this may be the same by chance. */
#define LONG_SENTENCE 90

static Pages *pages;

/* Who tries the rows of a table: file below tests. */
static const struct
{
  const gchar *table;
  const gchar *file;
} tables[] = {
  {"pages", "docs/test-readme-tables.c"},
  {"properties", "docs/test-readme-tables.c"},
  {"signals", "docs/test-readme-tables.c"},
  {"modes", "docs/test-readme-tables.c"},
  {"nightly", "docs/test-readme-tables.c"},
  {"machines", "docs/test-readme-tables.c"},
  {"messages", "docs/test-readme-commands.c"},
  {"troubles", "docs/test-troubleshooting.c"},
  {"troubles-zh", "docs/test-troubleshooting.c"},
  {"signs", "docs/test-troubleshooting.c"},
  {"silence", "docs/test-troubleshooting.c"},
  {"errors", "docs/test-reference.c"},
  {"identity", "docs/test-reference.c"},
  {"variables", "docs/test-reference.c"},
  {"commands", "docs/test-reference.c"},
  {"log-levels", "docs/test-reference.c"},
  {"request-fields", "docs/test-reference.c"},
  {"libraries", "docs/install.sh"},
  {"events", "docs/unattended.sh"},
  {"bitrates", "docs/unattended.sh"},
  {"recorder-survives", "docs/test-recorder.c"},
  {"recorder-metrics", "docs/test-recorder.c"},
};

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
      g_error ("%s says nothing of %s", spec->name, name);
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
    g_error ("%s does not say “%s”", spec->name, text);
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
  gboolean any = g_str_equal (spec->name, "max-upload-bitrate");

  if (spec->flags & G_PARAM_WRITABLE)
    g_assert_cmpuint (spec->flags & GST_PARAM_MUTABLE_READY, ==,
        any ? 0 : GST_PARAM_MUTABLE_READY);
  g_assert_cmpuint (spec->flags & GST_PARAM_MUTABLE_PAUSED, ==, 0);
  g_assert_cmpuint (spec->flags & GST_PARAM_MUTABLE_PLAYING, ==,
      any ? GST_PARAM_MUTABLE_PLAYING : 0);
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
    g_assert_nonnull (strstr (blurb,
            g_str_has_suffix (spec->name, "-bitrate") ? "bit/s" : "ytes"));
}

static void
check_property (GPtrArray * rows, GParamSpec * spec)
{
  gchar **cells = page_rows_find (rows, spec->name);

  if (cells == NULL)
    g_error ("there is no row for the property %s", spec->name);
  g_test_message ("property %s", spec->name);
  g_assert_cmpuint (g_strv_length (cells), ==, 4);
  check_type (spec, cells[1]);
  check_default (spec, cells[2]);
  g_assert_cmpstr (cells[3], !=, "");
  check_flags (spec);
  check_blurb (spec, cells[1]);
  check_range (spec, cells[1], cells[3]);
  if (G_IS_PARAM_SPEC_ENUM (spec))
    check_enum (spec, cells[3]);
}

static void
test_properties (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "properties");
  g_autofree GParamSpec **specs = NULL;
  guint n_own = 0;
  guint n, i;

  g_assert_nonnull (sink);
  specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (sink), &n);
  for (i = 0; i < n; i++) {
    if (!is_own (specs[i], sink))
      continue;
    check_property (rows, specs[i]);
    n_own++;
  }
  g_assert_cmpuint (n_own, >, 0);
}

static void
test_rows (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "properties");
  guint i;

  for (i = 0; i < rows->len; i++) {
    g_autofree gchar *name = page_row_get_name (g_ptr_array_index (rows, i));
    GParamSpec *spec =
        g_object_class_find_property (G_OBJECT_GET_CLASS (sink), name);

    if (spec == NULL || !is_own (spec, sink))
      g_error ("there is a row for %s, which is not there", name);
  }
}

static void
test_stats (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_autofree gchar *section = pages_get_section (pages, "docs/reference.md",
      "\n## Statistics\n");
  g_autoptr (GstStructure) stats = NULL;
  gint i;

  g_object_get (sink, "stats", &stats, NULL);
  for (i = 0; i < gst_structure_n_fields (stats); i++) {
    g_autofree gchar *name =
        g_strdup_printf ("`%s`", gst_structure_nth_field_name (stats, i));

    if (strstr (section, name) == NULL)
      g_error ("nothing is said of %s in stats", name);
  }
}

/* (nullable): the row that begins with `NAME` */
static gchar **
find_signal (GPtrArray * rows, const gchar * name)
{
  g_autofree gchar *begin = g_strdup_printf ("`%s` (", name);
  guint i;

  for (i = 0; i < rows->len; i++) {
    gchar **row = g_ptr_array_index (rows, i);

    if (g_str_has_prefix (row[0], begin))
      return row;
  }

  return NULL;
}

/* The row begins with `NAME` (PARAMETERS), and → boolean where there is
 * something to return. */
static void
check_signal (GPtrArray * rows, guint id)
{
  gchar **row = find_signal (rows, g_signal_name (id));
  g_auto (GStrv) parts = NULL;
  GSignalQuery query;
  guint n_params = 0;

  if (row == NULL)
    g_error ("there is no row for the signal %s", g_signal_name (id));
  g_signal_query (id, &query);
  parts = g_strsplit_set (row[0], "()", 3);
  if (*parts[1] != '\0') {
    g_auto (GStrv) names = g_strsplit (parts[1], ",", -1);

    n_params = g_strv_length (names);
  }
  g_assert_cmpuint (n_params, ==, query.n_params);
  g_assert_cmpint (query.return_type != G_TYPE_NONE, ==,
      strstr (parts[2], "→ boolean") != NULL);
  g_assert_cmpint ((query.signal_flags & G_SIGNAL_ACTION) != 0, ==,
      strstr (row[1], "Action: ") != NULL);
}

static void
test_signals (void)
{
  g_autoptr (GstElement) sink = gst_element_factory_make ("icesink", NULL);
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "signals");
  g_autofree guint *ids = NULL;
  guint n, i;

  ids = g_signal_list_ids (G_OBJECT_TYPE (sink), &n);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n, ==, rows->len);
  for (i = 0; i < n; i++)
    check_signal (rows, ids[i]);
}

static void
check_message (GPtrArray * rows, const gchar * name, const gchar * blurb)
{
  if (page_rows_find (rows, name) == NULL)
    g_error ("there is no row for the message %s", name);
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
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "messages");
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash,
      g_str_equal, g_free, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
      g_match_info_next (match, NULL)) {
    gchar *name = g_match_info_fetch (match, 1);

    check_message (rows, name, g_param_spec_get_blurb (spec));
    g_hash_table_add (names, name);
  }
  g_assert_cmpuint (g_hash_table_size (names), ==, rows->len);
}

/* Categories are made when they are needed, so the table of them is asked. */
static void
test_categories (void)
{
  g_autofree gchar *section = pages_get_section (pages, "docs/reference.md",
      "\n## Logs\n");
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
      g_error ("nothing is said of the log category %s", name);
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
test_links (void)
{
  g_autoptr (GRegex) regex = g_regex_new ("(?:\\]\\(|\\]: )([^) \n]+)", 0, 0,
      NULL);
  guint i;

  for (i = 0; i < pages->names->len; i++) {
    const gchar *page = g_ptr_array_index (pages->texts, i);
    g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"),
        g_ptr_array_index (pages->names, i), NULL);
    g_autofree gchar *directory = g_path_get_dirname (path);
    g_autoptr (GMatchInfo) match = NULL;

    for (g_regex_match (regex, page, 0, &match);
        g_match_info_matches (match); g_match_info_next (match, NULL)) {
      g_autofree gchar *link = g_match_info_fetch (match, 1);

      check_link (directory, page, link);
    }
  }
}

/* ---- all pages ---- */

/* Whoever reads the README finds all the others. */
static void
test_pages (void)
{
  const gchar *readme = g_ptr_array_index (pages->texts, 0);
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "pages");
  guint i;

  for (i = 0; i < rows->len; i++)
    g_assert_nonnull (strstr (((gchar **) g_ptr_array_index (rows, i))[0],
            ".md)"));
  for (i = 1; i < pages->names->len; i++) {
    g_autofree gchar *link =
        g_strdup_printf ("(%s)", (gchar *) g_ptr_array_index (pages->names,
            i));

    if (strstr (readme, link) == NULL)
      g_error ("README.md has no link to %s", link);
  }
}

static void
test_length (void)
{
  g_auto (GStrv) lines =
      g_strsplit (g_ptr_array_index (pages->texts, 0), "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), <=, MAX_README_LINES + 1);
}

static const gchar *
find_file (const gchar * mark)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (tables); i++) {
    if (g_str_equal (tables[i].table, mark + strlen ("rows ")))
      return tables[i].file;
  }

  return NULL;
}

static gboolean
has_name (const gchar * text, const gchar * name)
{
  g_autofree gchar *quoted = g_strdup_printf ("\"%s\"", name);
  g_auto (GStrv) parts = NULL;
  gboolean is_list = strstr (text, "} tables[] = {\n  {\"pages\"") != NULL;

  /* A script has it without quotes; this file has all in its list. */
  if (g_str_has_prefix (text, "#!"))
    return strstr (text, name) != NULL;
  parts = g_strsplit (text, quoted, -1);

  return g_strv_length (parts) > (is_list ? 2 : 1);
}

/* The file asks for the table by its name. */
static void
check_table (const PageTable * table)
{
  const gchar *file = NULL;
  g_autofree gchar *path = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;

  if (table->mark != NULL && g_str_has_prefix (table->mark, "rows "))
    file = find_file (table->mark);
  if (file == NULL)
    g_error ("%s:%u: nobody tries the rows of this table", table->page,
        table->line);
  path = g_build_filename (g_getenv ("SOURCE_ROOT"), "tests", file, NULL);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  if (!has_name (text, table->mark + strlen ("rows ")))
    g_error ("%s does not try the table “%s”", file, table->mark);
}

static void
test_tables (void)
{
  guint i;

  g_assert_cmpuint (pages->tables->len, >, 0);
  for (i = 0; i < pages->tables->len; i++)
    check_table (g_ptr_array_index (pages->tables, i));
}

/* The modes of tests/run.sh: each is in its head. */
static void
test_modes (void)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, "modes");
  g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"),
      "tests", "run.sh", NULL);
  g_autoptr (GRegex) mode = g_regex_new ("--[a-z]+", 0, 0, NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  for (i = 0; i < rows->len; i++) {
    gchar **row = g_ptr_array_index (rows, i);
    g_autoptr (GMatchInfo) match = NULL;

    g_assert_true (g_str_has_prefix (row[0], "`sh tests/run.sh"));
    for (g_regex_match (mode, row[0], 0, &match);
        g_match_info_matches (match); g_match_info_next (match, NULL)) {
      g_autofree gchar *name = g_match_info_fetch (match, 0);

      if (strstr (text, name) == NULL)
        g_error ("tests/run.sh knows no %s", name);
    }
  }
}

/* @mark: of a table of results, each of what @script does: @format is how that
 * names what is in the first column. */
static void
check_results (const gchar * mark, const gchar * script, const gchar * format)
{
  g_autoptr (GPtrArray) rows = pages_get_rows (pages, mark);
  g_autofree gchar *path = g_build_filename (g_getenv ("SOURCE_ROOT"),
      "tests", script, NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, >, 0);
  for (i = 0; i < rows->len; i++) {
    gchar **row = g_ptr_array_index (rows, i);
    g_auto (GStrv) parts = g_strsplit (format, "%", 2);
    g_autofree gchar *call = g_strjoinv (row[0], parts);

    if (strstr (text, call) == NULL)
      g_error ("tests/%s knows no %s", script, row[0]);
  }
}

static void
test_nightly (void)
{
  check_results ("nightly", "nightly.sh", "run % ");
}

static void
test_machines (void)
{
  check_results ("machines", "machines/run.sh", "\n  %)");
}

/* One sentence per line, without what makes it look different.
 * (transfer full) */
static gchar **
get_sentences (const gchar * text)
{
  g_autoptr (GRegex) blanks = g_regex_new ("\\s+", 0, 0, NULL);
  g_autofree gchar *line = g_regex_replace_literal (blanks, text, -1, 0, " ",
      0, NULL);
  g_autoptr (GString) sentences = g_string_new (line);

  g_string_replace (sentences, ". ", "\n", 0);
  g_string_replace (sentences, " | ", "\n", 0);
  g_string_replace (sentences, ": ", "\n", 0);

  return g_strsplit (sentences->str, "\n", -1);
}

/* The text of a page without blocks. (transfer full) */
static gchar *
get_prose (guint page)
{
  g_autoptr (GString) text =
      g_string_new (g_ptr_array_index (pages->texts, page));
  guint i;

  for (i = 0; i < pages->blocks->len; i++) {
    PageBlock *block = g_ptr_array_index (pages->blocks, i);

    if (*block->text != '\0')
      g_string_replace (text, block->text, " ", 0);
  }

  return g_strdup (text->str);
}

static void
test_said_once (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash,
      g_str_equal, g_free, NULL);
  guint i, k;

  for (i = 0; i < pages->names->len; i++) {
    gpointer name = g_ptr_array_index (pages->names, i);
    g_autofree gchar *prose = get_prose (i);
    g_auto (GStrv) sentences = get_sentences (prose);

    for (k = 0; sentences[k] != NULL; k++) {
      const gchar *other = g_hash_table_lookup (seen, sentences[k]);

      if (strlen (sentences[k]) < LONG_SENTENCE)
        continue;
      if (other != NULL)
        g_error ("said twice, in %s and %s: %s", other, (gchar *) name,
            sentences[k]);
      g_hash_table_insert (seen, g_strdup (sentences[k]), name);
    }
  }
}

int
main (int argc, char **argv)
{
  gint status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  pages = pages_new ();

  g_test_add_func ("/pages/properties/describe-the-element",
      test_properties);
  g_test_add_func ("/pages/properties/are-all-there", test_rows);
  g_test_add_func ("/pages/stats/are-all-described", test_stats);
  g_test_add_func ("/pages/signals/are-all-described", test_signals);
  g_test_add_func ("/pages/messages/are-all-described", test_messages);
  g_test_add_func ("/pages/logs/are-all-described", test_categories);
  g_test_add_func ("/pages/modes/are-all-there", test_modes);
  g_test_add_func ("/pages/nightly/is-what-runs", test_nightly);
  g_test_add_func ("/pages/machines/are-what-there-is", test_machines);
  g_test_add_func ("/pages/tables/are-all-tried", test_tables);
  g_test_add_func ("/pages/links/lead-somewhere", test_links);
  g_test_add_func ("/pages/readme/leads-to-all-pages", test_pages);
  g_test_add_func ("/pages/readme/is-short", test_length);
  g_test_add_func ("/pages/nothing-is-said-twice", test_said_once);
  status = g_test_run ();

  pages_free (pages);
  gst_deinit ();

  return status;
}
