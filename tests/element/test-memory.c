/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A gigabyte through icesink takes no more memory than max-memory and what the
 * libraries need.
 *
 * The peak is what the system says of gst-launch-1.0 when it has ended. The
 * emulator is a process of its own, and this program stays small, because what
 * it holds when it starts another counts for that one, too. */

#include <gio/gio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "other-emulator.h"

#define MIB 1024

/* What is allowed besides max-memory, in KiB. */
#define ALLOWANCE (40 * MIB)

/* Runs @line. Returns the peak of its memory in KiB. */
static glong
run (const gchar * line)
{
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  struct rusage usage;
  GPid pid;
  gint status;

  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD
      | G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, &pid,
      &error);
  g_assert_no_error (error);
  g_assert_cmpint (wait4 (pid, &status, 0, &usage), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);

  return usage.ru_maxrss;
}

typedef struct
{
  const gchar *name;
  glong max_memory_mib;
  guint part_size;
} MemoryCase;

static const MemoryCase memory_cases[] = {
  {"the-usual-settings", 128, 4 * MIB * 1024},
  {"little-memory", 32, 4 * MIB * 1024},
};

static void
test_memory (gconstpointer data)
{
  const MemoryCase *c = data;
  g_autofree gchar *line = NULL;
  const gchar *const options[] = {
    "--no-md5", "--fault=part:delay-answer:seconds=0.04:count=0", NULL
  };
  OtherEmulator emulator;
  glong peak;

  other_emulator_start (&emulator, options);
  line = g_strdup_printf ("gst-launch-1.0 -q fakesrc num-buffers=16384"
      " sizetype=fixed sizemax=65536 ! icesink media-id=abc ice-endpoint=%s"
      " part-size=%u max-memory=%" G_GINT64_FORMAT, emulator.uri,
      c->part_size, (gint64) c->max_memory_mib * MIB * 1024);

  /* reading what plugins there are is not what is measured */
  run ("gst-inspect-1.0 icesink");
  peak = run (line);
  other_emulator_stop (&emulator);

  g_test_message ("%ld KiB with %ld MiB of max-memory", peak,
      c->max_memory_mib);
  g_assert_cmpint (peak, <=, c->max_memory_mib * MIB + ALLOWANCE);

  /* all of it was used, or nothing was measured */
  g_assert_cmpint (peak, >=, c->max_memory_mib * MIB / 2);
}

static gboolean
has_tools (void)
{
  g_autofree gchar *launch = g_find_program_in_path ("gst-launch-1.0");

  return launch != NULL;
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);
  if (!has_tools ()) {
    g_print ("1..0 # SKIP gst-launch-1.0 is not installed\n");
    return 0;
  }

  g_setenv ("GST_PLUGIN_PATH", g_getenv ("ICESINK_MODULE_PATH"), TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tEmulatorDemoKeyId1", TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      "EmulatorDemoSecret0123456789ab", TRUE);
  for (i = 0; i < G_N_ELEMENTS (memory_cases); i++) {
    g_autofree gchar *path =
        g_strconcat ("/icesink/memory/is-bounded-with-",
        memory_cases[i].name, NULL);

    g_test_add_data_func (path, &memory_cases[i], test_memory);
  }

  return g_test_run ();
}
