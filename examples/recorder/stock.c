/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Media ids for fragments to come; see the header.
 *
 * Protected by: lock. The file is written with it held: an id must have left
 * the file before anything is recorded to it. */

#include "stock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "report.h"

/* Before a command that failed is run again, in seconds. */
#define FIRST_DELAY 2
#define LONGEST_DELAY 60

/* Ids that were given out and are remembered, at a start. */
#define MAX_USED 10000

struct _Stock
{
  gchar *file;
  gchar *command;
  guint size;
  GSubprocess *process;         /* (owned) (nullable): gets more */
  gint64 next_us;               /* monotonic: not before */
  guint delay;

  GMutex lock;                  /* protects the rest */
  GQueue ids;                   /* (element-type utf8) (owned) */
  GHashTable *used;             /* set of ids that were given out, or are in
                                 * @ids */
  gchar *used_file;
};

gboolean
stock_is_media_id (const gchar * text)
{
  return *text != '\0' && strlen (text) <= 128
      && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")
      == strlen (text);
}

static guint
add_lines (Stock * self, const gchar * text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint i, n = 0;

  for (i = 0; lines[i] != NULL; i++) {
    g_strstrip (lines[i]);
    if (stock_is_media_id (lines[i])
        && g_hash_table_add (self->used, g_strdup (lines[i]))) {
      g_queue_push_tail (&self->ids, g_strdup (lines[i]));
      n++;
    }
  }

  return n;
}

/* The latest are enough, and the file is short again then. */
static void
load_used (Stock * self)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *latest = NULL;
  g_auto (GStrv) lines = NULL;
  guint n, first, i;

  if (!g_file_get_contents (self->used_file, &text, NULL, NULL))
    return;

  lines = g_strsplit (g_strchomp (text), "\n", -1);
  n = g_strv_length (lines);
  first = n > MAX_USED ? n - MAX_USED : 0;
  for (i = first; i < n; i++)
    g_hash_table_add (self->used, g_strdup (lines[i]));
  if (first == 0)
    return;

  latest = g_strjoinv ("\n", lines + first);
  g_file_set_contents (self->used_file, latest, -1, NULL);
}

/* Call with the lock held, before anything is recorded to it. */
static void
note_used (Stock * self, const gchar * media_id)
{
  FILE *file = g_fopen (self->used_file, "ae");

  if (file == NULL || fprintf (file, "%s\n", media_id) < 0
      || fflush (file) != 0 || fsync (fileno (file)) != 0)
    report_event ("stock-not-saved", "error", g_strerror (errno), NULL);
  if (file != NULL)
    fclose (file);
}

/* Call with the lock held. */
static void
save (Stock * self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  GList *item;

  for (item = self->ids.head; item != NULL; item = item->next)
    g_string_append_printf (text, "%s\n", (gchar *) item->data);
  if (!g_file_set_contents_full (self->file, text->str, text->len,
          G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
          &error))
    report_event ("stock-not-saved", "error", error->message, NULL);
}

Stock *
stock_new (const gchar * file, const gchar * command, guint size,
    GError ** error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) reason = NULL;
  Stock *self;

  if (!g_file_get_contents (file, &text, NULL, &reason)
      && !g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return NULL;
  }

  self = g_new0 (Stock, 1);
  self->file = g_strdup (file);
  self->command = g_strdup (command);
  self->size = size;
  self->delay = FIRST_DELAY;
  g_mutex_init (&self->lock);
  g_queue_init (&self->ids);
  self->used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->used_file = g_strconcat (file, ".used", NULL);
  load_used (self);
  if (text != NULL)
    add_lines (self, text);

  return self;
}

void
stock_free (Stock * self)
{
  g_clear_object (&self->process);
  g_queue_clear_full (&self->ids, g_free);
  g_hash_table_unref (self->used);
  g_free (self->used_file);
  g_mutex_clear (&self->lock);
  g_free (self->command);
  g_free (self->file);
  g_free (self);
}

gchar *
stock_take (Stock * self)
{
  gchar *media_id;

  g_mutex_lock (&self->lock);
  media_id = g_queue_pop_head (&self->ids);
  if (media_id != NULL) {
    save (self);
    note_used (self, media_id);
  }
  g_mutex_unlock (&self->lock);

  return media_id;
}

void
stock_return (Stock * self, const gchar * media_id)
{
  g_mutex_lock (&self->lock);
  g_queue_push_head (&self->ids, g_strdup (media_id));
  save (self);
  g_mutex_unlock (&self->lock);
}

guint
stock_count (Stock * self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = g_queue_get_length (&self->ids);
  g_mutex_unlock (&self->lock);

  return n;
}

gboolean
stock_is_busy (Stock * self)
{
  return self->process != NULL;
}

/* ---- getting more ---- */

/* @out: (nullable): also a command that has failed may have made some. */
static guint
take_in (Stock * self, const gchar * out)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  if (out != NULL)
    n = add_lines (self, out);
  if (n > 0)
    save (self);
  g_mutex_unlock (&self->lock);

  return n;
}

static void
on_command_over (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Stock *self = user_data;
  g_autofree gchar *out = NULL;
  g_autofree gchar *err = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source),
      result, &out, &err, &error)
      && g_subprocess_get_successful (G_SUBPROCESS (source));
  guint n = take_in (self, out);
  g_autofree gchar *count = g_strdup_printf ("%u", stock_count (self));

  g_clear_object (&self->process);
  if (n > 0)
    report_event ("media-ids", "count", count, NULL);
  if (ok && n > 0) {
    self->delay = FIRST_DELAY;
    return;
  }

  report_add (REPORT_ID_FAILURES, 1);
  report_event ("media-ids-failed", "count", count, "error",
      error != NULL ? error->message : err, NULL);
  self->next_us = g_get_monotonic_time ()
      + self->delay * (gint64) G_USEC_PER_SEC;
  self->delay = MIN (2 * self->delay, LONGEST_DELAY);
}

static void
run_command (Stock * self, guint wanted)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new
      (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autofree gchar *count = g_strdup_printf ("%u", wanted);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "COUNT", count, TRUE);
  self->process = g_subprocess_launcher_spawn (launcher, &error, "/bin/sh",
      "-c", self->command, NULL);
  if (self->process == NULL) {
    report_event ("media-ids-failed", "error", error->message, NULL);
    self->next_us = g_get_monotonic_time ()
        + LONGEST_DELAY * (gint64) G_USEC_PER_SEC;
    return;
  }
  g_subprocess_communicate_utf8_async (self->process, NULL, NULL,
      on_command_over, self);
}

void
stock_refill (Stock * self)
{
  guint count = stock_count (self);

  if (self->process == NULL && count <= self->size / 2
      && g_get_monotonic_time () >= self->next_us)
    run_command (self, self->size - count);
}
