/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Where it listens is in its first line. */

#include "other-emulator.h"

#include <signal.h>
#include <sys/wait.h>

void
other_emulator_start (OtherEmulator * emulator,
    const gchar * const *options)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GIOChannel) channel = NULL;
  g_autofree gchar *line = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = NULL;
  gint output;

  g_ptr_array_add (argv, (gchar *) g_getenv ("ICE_EMULATOR"));
  g_ptr_array_add (argv, (gchar *) "--discard");
  for (; options != NULL && *options != NULL; options++)
    g_ptr_array_add (argv, (gchar *) *options);
  g_ptr_array_add (argv, NULL);

  g_spawn_async_with_pipes (NULL, (gchar **) argv->pdata, NULL,
      G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &emulator->pid, NULL, &output,
      NULL, &error);
  g_assert_no_error (error);
  channel = g_io_channel_unix_new (output);
  g_io_channel_set_close_on_unref (channel, TRUE);
  g_io_channel_read_line (channel, &line, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  words = g_strsplit (line, " ", -1);
  g_assert_cmpuint (g_strv_length (words), >, 3);
  emulator->uri = g_strdup (words[3]);
}

void
other_emulator_stop (OtherEmulator * emulator)
{
  kill (emulator->pid, SIGTERM);
  waitpid (emulator->pid, NULL, 0);
  g_free (emulator->uri);
}
