/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The pages that people read, README.md, CONTRIBUTING.md and docs/, as the
 * blocks of code and the tables in them, with the marks that say who tries
 * them:
 *
 *   <!-- checked: HOW -->         the block of code that follows
 *   <!-- checked: rows NAME -->   the table that follows
 *
 * Runs on: any thread. The environment says where the sources are
 * (SOURCE_ROOT). A page that can't be read, or a fence without an end, ends
 * the test. */

#pragma once

#include <glib.h>

/**
 * PageBlock:
 * @page: name of the page, below SOURCE_ROOT
 * @line: of its first line, from 1
 * @language: what follows the fence; empty for none
 * @mark: (nullable): HOW
 * @text: without the fences
 */
typedef struct
{
  gchar *page;
  guint line;
  gchar *language;
  gchar *mark;
  gchar *text;
} PageBlock;

/**
 * PageTable:
 * @page: name of the page, below SOURCE_ROOT
 * @line: of its head, from 1
 * @mark: (nullable): `rows NAME`
 * @rows: (element-type GStrv): below the head, each with its cells
 */
typedef struct
{
  gchar *page;
  guint line;
  gchar *mark;
  GPtrArray *rows;
} PageTable;

/**
 * Pages:
 * @names: (element-type utf8): below SOURCE_ROOT
 * @texts: (element-type utf8): of each
 * @blocks: (element-type PageBlock)
 * @tables: (element-type PageTable)
 */
typedef struct
{
  GPtrArray *names;
  GPtrArray *texts;
  GPtrArray *blocks;
  GPtrArray *tables;
} Pages;

/* Reads all of them. */
Pages *pages_new (void);
void pages_free (Pages * pages);

/* The rows of all tables that are called @name; there is one at least.
 * (transfer container) (element-type GStrv) */
GPtrArray *pages_get_rows (Pages * pages, const gchar * name);

/* The first cell of a row without backquotes. (transfer full) */
gchar *page_row_get_name (gchar ** row);

/* The row of @rows with @name in its first cell, or NULL. */
gchar **page_rows_find (GPtrArray * rows, const gchar * name);

/* The rows are these, in any order: each of @names has one, and there is no
 * other. */
void page_rows_assert (GPtrArray * rows, const gchar * table,
    const gchar * const * names);

/* The text of a page from the heading of that level on to the next one, such
 * as "\n## Logs\n". (transfer full) */
gchar *pages_get_section (Pages * pages, const gchar * page,
    const gchar * heading);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pages, pages_free)
