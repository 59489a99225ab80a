/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The search; see the header. Owns nothing. */

#include "secret-search.h"

#include <string.h>

/* A text that was cut off is a leak as well. Pieces this long of random text
 * do not turn up by chance. */
#define PIECE 16
#define STEP 8

static gboolean
find (const gchar * text, gsize size, const gchar * piece, gsize length)
{
  const gchar *end = text + size;

  while ((gsize) (end - text) >= length) {
    text = memchr (text, *piece, end - text - length + 1);
    if (text == NULL)
      return FALSE;
    if (memcmp (text, piece, length) == 0)
      return TRUE;
    text++;
  }

  return FALSE;
}

static void
search_secret (const gchar * name, const gchar * text, gsize size,
    const gchar * secret)
{
  gsize length = strlen (secret);
  gsize i;

  if (length <= PIECE) {
    if (find (text, size, secret, length))
      g_error ("%s has the secret %s", name, secret);
    return;
  }

  for (i = 0; i + PIECE <= length; i += STEP) {
    if (find (text, size, secret + i, PIECE))
      g_error ("%s has %.*s of a secret", name, PIECE, secret + i);
  }
}

void
secret_search (const gchar * name, const gchar * text, gsize size,
    const gchar * const *secrets)
{
  guint i;

  for (i = 0; secrets[i] != NULL; i++)
    search_secret (name, text, size, secrets[i]);
}

static void
search_file (const gchar * path, const gchar * const *secrets)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &text, &size, &error);
  g_assert_no_error (error);
  secret_search (path, text, size, secrets);
}

/* How many files there are. */
static guint
search_directory (const gchar * directory, const gchar * const *secrets)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &error);
  const gchar *name;
  guint n = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
      n += search_directory (path, secrets);
    } else {
      search_file (path, secrets);
      n++;
    }
  }

  return n;
}

void
secret_search_directory (const gchar * directory, guint n_files,
    const gchar * const *secrets)
{
  g_assert_cmpuint (search_directory (directory, secrets), >=, n_files);
}
