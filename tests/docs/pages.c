/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Reading pages; see the header. */

#include "pages.h"

#include <string.h>

#define MARK_BEGIN "<!-- checked: "
#define MARK_END " -->"

/* What is being read, line by line. */
typedef struct
{
  Pages *pages;
  const gchar *page;
  guint line;
  gchar *mark;                  /* (owned) (nullable) of the line before */
  PageBlock *block;             /* (nullable) (unowned) that is open */
  PageTable *table;             /* (nullable) (unowned) that is open */
  GString *text;                /* (owned) of the block */
} Reader;

static void
block_free (PageBlock * block)
{
  g_free (block->page);
  g_free (block->language);
  g_free (block->mark);
  g_free (block->text);
  g_free (block);
}

static void
table_free (PageTable * table)
{
  g_free (table->page);
  g_free (table->mark);
  g_ptr_array_unref (table->rows);
  g_free (table);
}

static void
begin_block (Reader * reader, const gchar * language)
{
  PageBlock *block = g_new0 (PageBlock, 1);

  block->page = g_strdup (reader->page);
  block->line = reader->line;
  block->language = g_strdup (language);
  block->mark = g_steal_pointer (&reader->mark);
  g_ptr_array_add (reader->pages->blocks, block);
  g_string_truncate (reader->text, 0);
  reader->block = block;
}

static void
read_in_block (Reader * reader, const gchar * line, const gchar * stripped)
{
  if (g_str_equal (stripped, "```")) {
    reader->block->text = g_strdup (reader->text->str);
    reader->block = NULL;
    return;
  }
  g_string_append_printf (reader->text, "%s\n", line);
}

/* A `|` that is not the end of a cell does not occur. */
static gchar **
split_row (const gchar * line)
{
  g_autofree gchar *inner = g_strdup (line + 1);
  gchar **cells;
  guint i;

  g_strchomp (inner);
  if (g_str_has_suffix (inner, "|"))
    inner[strlen (inner) - 1] = '\0';
  cells = g_strsplit (inner, "|", -1);
  for (i = 0; cells[i] != NULL; i++)
    g_strstrip (cells[i]);

  return cells;
}

static void
begin_table (Reader * reader)
{
  PageTable *table = g_new0 (PageTable, 1);

  table->page = g_strdup (reader->page);
  table->line = reader->line;
  table->mark = g_steal_pointer (&reader->mark);
  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_ptr_array_add (reader->pages->tables, table);
  reader->table = table;
}

static void
read_in_table (Reader * reader, const gchar * line)
{
  if (reader->table == NULL)
    begin_table (reader);
  else if (!g_str_has_prefix (line, "|---"))
    g_ptr_array_add (reader->table->rows, split_row (line));
}

static void
read_line (Reader * reader, const gchar * line)
{
  g_autofree gchar *stripped = g_strstrip (g_strdup (line));

  reader->line++;
  if (reader->block != NULL) {
    read_in_block (reader, line, stripped);
    return;
  }
  if (g_str_has_prefix (stripped, "|")) {
    read_in_table (reader, stripped);
    return;
  }
  reader->table = NULL;
  if (g_str_has_prefix (stripped, "```")) {
    begin_block (reader, stripped + 3);
    return;
  }
  g_clear_pointer (&reader->mark, g_free);
  if (g_str_has_prefix (stripped, MARK_BEGIN)
      && g_str_has_suffix (stripped, MARK_END))
    reader->mark = g_strndup (stripped + strlen (MARK_BEGIN),
        strlen (stripped) - strlen (MARK_BEGIN) - strlen (MARK_END));
}

static void
read_page (Pages * pages, const gchar * name)
{
  g_autofree gchar *path =
      g_build_filename (g_getenv ("SOURCE_ROOT"), name, NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  Reader reader = {.pages = pages,.page = name };
  gchar *text;
  guint i;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_ptr_array_add (pages->names, g_strdup (name));
  g_ptr_array_add (pages->texts, text);

  reader.text = g_string_new (NULL);
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++)
    read_line (&reader, lines[i]);
  if (reader.block != NULL)
    g_error ("%s:%u: a fence without an end", name, reader.block->line);
  g_string_free (reader.text, TRUE);
  g_free (reader.mark);
}

static void
read_directory (Pages * pages, const gchar * name)
{
  g_autofree gchar *path =
      g_build_filename (g_getenv ("SOURCE_ROOT"), name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = g_dir_open (path, 0, &error);
  const gchar *entry;

  g_assert_no_error (error);
  while ((entry = g_dir_read_name (directory)) != NULL) {
    g_autofree gchar *page = g_build_filename (name, entry, NULL);

    if (g_str_has_suffix (entry, ".md"))
      read_page (pages, page);
  }
}

Pages *
pages_new (void)
{
  Pages *pages = g_new0 (Pages, 1);

  pages->names = g_ptr_array_new_with_free_func (g_free);
  pages->texts = g_ptr_array_new_with_free_func (g_free);
  pages->blocks =
      g_ptr_array_new_with_free_func ((GDestroyNotify) block_free);
  pages->tables =
      g_ptr_array_new_with_free_func ((GDestroyNotify) table_free);
  read_page (pages, "README.md");
  read_page (pages, "CONTRIBUTING.md");
  read_directory (pages, "docs");

  return pages;
}

void
pages_free (Pages * pages)
{
  g_ptr_array_unref (pages->names);
  g_ptr_array_unref (pages->texts);
  g_ptr_array_unref (pages->blocks);
  g_ptr_array_unref (pages->tables);
  g_free (pages);
}

GPtrArray *
pages_get_rows (Pages * pages, const gchar * name)
{
  g_autofree gchar *mark = g_strconcat ("rows ", name, NULL);
  GPtrArray *rows = g_ptr_array_new ();
  guint i, k;

  for (i = 0; i < pages->tables->len; i++) {
    PageTable *table = g_ptr_array_index (pages->tables, i);

    for (k = 0; g_strcmp0 (table->mark, mark) == 0 && k < table->rows->len;
        k++)
      g_ptr_array_add (rows, g_ptr_array_index (table->rows, k));
  }
  if (rows->len == 0)
    g_error ("no page has a table “%s”", name);

  return rows;
}

gchar *
page_row_get_name (gchar ** row)
{
  g_autoptr (GString) name = g_string_new (row[0]);

  g_string_replace (name, "`", "", 0);

  return g_strdup (name->str);
}

gchar **
page_rows_find (GPtrArray * rows, const gchar * name)
{
  guint i;

  for (i = 0; i < rows->len; i++) {
    gchar **row = g_ptr_array_index (rows, i);
    g_autofree gchar *found = page_row_get_name (row);

    if (g_str_equal (found, name))
      return row;
  }

  return NULL;
}

void
page_rows_assert (GPtrArray * rows, const gchar * table,
    const gchar * const *names)
{
  guint i;

  for (i = 0; names[i] != NULL; i++) {
    if (page_rows_find (rows, names[i]) == NULL)
      g_error ("the table “%s” has no row “%s”", table, names[i]);
  }
  for (i = 0; i < rows->len; i++) {
    g_autofree gchar *name =
        page_row_get_name (g_ptr_array_index (rows, i));

    if (!g_strv_contains (names, name))
      g_error ("the table “%s” has a row that is not tried: %s", table,
          name);
  }
}

gchar *
pages_get_section (Pages * pages, const gchar * page, const gchar * heading)
{
  g_autofree gchar *level = g_strndup (heading, strcspn (heading, " ") + 1);
  g_auto (GStrv) sections = NULL;
  const gchar *begin = NULL;
  guint i;

  for (i = 0; i < pages->names->len; i++) {
    if (g_str_equal (g_ptr_array_index (pages->names, i), page))
      begin = strstr (g_ptr_array_index (pages->texts, i), heading);
  }
  if (begin == NULL)
    g_error ("%s has no section “%s”", page, heading);
  sections = g_strsplit (begin + strlen (heading), level, 2);

  return g_strdup (sections[0]);
}
