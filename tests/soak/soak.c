/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Days of recording, compressed: does anything grow?
 *
 *   soak [--minutes N]
 *
 * The recorder is this program once more, in a process of its own (recorder.h).
 * This one has the services, which go out of reach now and then and whose
 * leases are short, and looks at the recorder from outside: memory, descriptors
 * and threads. What counts is how low they come in each quarter of the time:
 * branches and outages come and go, a leak stays. In the end every object has
 * to be what its sink was given, by its size and CRC-64.
 *
 * Runs on: the main thread; the emulator has its own. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>
#include <gst/gst.h>

#include "emulator/emulator.h"
#include "recorder.h"

GST_PLUGIN_STATIC_DECLARE (icesink);

#define N_LIVES 30
#define N_OUTAGES 20
#define N_PARTS 12000
#define N_PAUSES 50
#define N_QUARTERS 4
#define SAMPLES_PER_QUARTER 100

/* Of the time between two outages, so much is one. */
#define OUTAGE_SHARE 5

/* What the last quarter may have more than the second: fragmentation of a heap
 * that other libraries share, and a descriptor that is just being opened. */
#define MEMORY_SLACK_KB (8 * 1024)
#define DESCRIPTORS_SLACK 2
#define THREADS_SLACK 1

typedef struct
{
  guint memory_kb;
  guint descriptors;
  guint threads;
} Sample;

typedef struct
{
  guint minutes;
  IceEmulator *emulator;
  GSubprocess *recorder;
  GDataInputStream *lines;
  GMainLoop *loop;
  gint64 began_us;
  gboolean out_of_reach;
  gboolean is_over;             /* the recorder has ended */
  guint n_outages;
  guint n_pauses;
  guint n_complete;             /* branches and days */
  guint n_fragments;
  guint n_wrong;                /* objects that are not what was recorded */
  Sample floors[N_QUARTERS];
  guint n_samples[N_QUARTERS];
} Soak;

/* ---- samples ---- */

static guint
read_status (const gchar * status, const gchar * name)
{
  const gchar *line = strstr (status, name);

  return line != NULL ? g_ascii_strtoull (line + strlen (name), NULL, 10) : 0;
}

static guint
count_files (const gchar * path)
{
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (directory != NULL && g_dir_read_name (directory) != NULL)
    n++;

  return n;
}

/* FALSE once the process has gone. */
static gboolean
take_sample (Soak * self, Sample * sample)
{
  const gchar *pid = g_subprocess_get_identifier (self->recorder);
  g_autofree gchar *status_path = NULL;
  g_autofree gchar *fd_path = NULL;
  g_autofree gchar *status = NULL;

  if (pid == NULL)
    return FALSE;
  status_path = g_strdup_printf ("/proc/%s/status", pid);
  fd_path = g_strdup_printf ("/proc/%s/fd", pid);
  if (!g_file_get_contents (status_path, &status, NULL, NULL))
    return FALSE;
  sample->memory_kb = read_status (status, "VmRSS:");
  sample->threads = read_status (status, "Threads:");
  sample->descriptors = count_files (fd_path);

  return sample->memory_kb > 0;
}

static guint
get_quarter (Soak * self)
{
  gint64 quarter_us = self->minutes * 60 * G_USEC_PER_SEC / N_QUARTERS;

  return MIN ((g_get_monotonic_time () - self->began_us) / quarter_us,
      N_QUARTERS - 1);
}

static gboolean
on_sample (gpointer user_data)
{
  Soak *self = user_data;
  guint quarter = get_quarter (self);
  Sample *floor = &self->floors[quarter];
  Sample sample;

  if (!take_sample (self, &sample))
    return G_SOURCE_CONTINUE;
  if (self->n_samples[quarter]++ == 0)
    *floor = sample;
  floor->memory_kb = MIN (floor->memory_kb, sample.memory_kb);
  floor->descriptors = MIN (floor->descriptors, sample.descriptors);
  floor->threads = MIN (floor->threads, sample.threads);

  return G_SOURCE_CONTINUE;
}

/* ---- outages ---- */

static void
set_reachable (Soak * self, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (self->emulator, reachable, &error);
  g_assert_no_error (error);
  self->out_of_reach = !reachable;
}

static gboolean
end_outage (gpointer user_data)
{
  set_reachable (user_data, TRUE);

  return G_SOURCE_REMOVE;
}

static guint
get_outage_interval_ms (Soak * self)
{
  return self->minutes * 60 * 1000 / (N_OUTAGES + 1);
}

static gboolean
begin_outage (gpointer user_data)
{
  Soak *self = user_data;

  if (self->n_outages == N_OUTAGES)
    return G_SOURCE_REMOVE;
  self->n_outages++;
  set_reachable (self, FALSE);
  g_timeout_add (get_outage_interval_ms (self) / OUTAGE_SHARE, end_outage,
      self);

  return G_SOURCE_CONTINUE;
}

/* ---- what the recorder says ---- */

static void
check_object (Soak * self, const gchar * line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  guint64 size, crc64;

  g_assert_cmpuint (g_strv_length (words), ==, 4);
  self->n_complete++;
  if (ice_emulator_get_object_info (self->emulator, words[1], NULL, &size,
          &crc64)
      && size == g_ascii_strtoull (words[2], NULL, 10)
      && crc64 == g_ascii_strtoull (words[3], NULL, 10))
    return;
  self->n_wrong++;
  printf ("%s is not what was recorded\n", words[1]);
}

static void
take_line (Soak * self, const gchar * line)
{
  if (g_str_has_prefix (line, "complete "))
    check_object (self, line);
  else if (g_str_equal (line, "fragment"))
    self->n_fragments++;
  else if (g_str_equal (line, "pause"))
    self->n_pauses++;
  else
    printf ("%s\n", line);
}

static void
on_line (GObject * source, GAsyncResult * result, gpointer user_data)
{
  Soak *self = user_data;
  g_autofree gchar *line = g_data_input_stream_read_line_finish (self->lines,
      result, NULL, NULL);

  if (line == NULL) {
    self->is_over = TRUE;
    g_main_loop_quit (self->loop);
    return;
  }
  take_line (self, line);
  g_data_input_stream_read_line_async (self->lines, G_PRIORITY_DEFAULT, NULL,
      on_line, self);
}

/* ---- the verdict ---- */

static gboolean
check (gboolean holds, const gchar * what)
{
  printf ("%-44s %s\n", what, holds ? "holds" : "FAILED");

  return holds;
}

static void
print_figures (Soak * self)
{
  guint i;

  printf ("%u parts, %u leases, %u outages, %u pauses, %u branches,"
      " %u fragments\n",
      ice_emulator_count (self->emulator, ICE_EMULATOR_PART, 200),
      ice_emulator_count (self->emulator, ICE_EMULATOR_REFRESH, 200),
      self->n_outages, self->n_pauses, self->n_complete, self->n_fragments);
  printf ("least in each quarter:\n%8s %10s %12s %8s\n", "quarter", "memory",
      "descriptors", "threads");
  for (i = 0; i < N_QUARTERS; i++)
    printf ("%8u %6.1f MiB %12u %8u\n", i + 1,
        self->floors[i].memory_kb / 1024.0, self->floors[i].descriptors,
        self->floors[i].threads);
}

/* The first quarter is for what is made once. */
static guint
check_all (Soak * self, gboolean succeeded)
{
  const Sample *early = &self->floors[1];
  const Sample *late = &self->floors[N_QUARTERS - 1];
  guint n_parts = ice_emulator_count (self->emulator, ICE_EMULATOR_PART, 200);
  guint n_leases =
      ice_emulator_count (self->emulator, ICE_EMULATOR_REFRESH, 200);

  return !check (succeeded, "the recorder came to its end")
      + !check (self->n_wrong == 0, "every object is what was recorded")
      + !check (ice_emulator_count_open_uploads (self->emulator) == 0,
      "no upload is left open")
      + !check (n_parts >= N_PARTS, "12,000 parts")
      + !check (n_leases >= N_LIVES, "30 lives of a credential")
      + !check (self->n_outages >= N_OUTAGES, "20 outages")
      + !check (self->n_pauses >= N_PAUSES, "50 pauses")
      + !check (self->n_fragments > 0, "fragments")
      + !check (late->memory_kb <= early->memory_kb + MEMORY_SLACK_KB,
      "memory is flat")
      + !check (late->descriptors <= early->descriptors + DESCRIPTORS_SLACK,
      "descriptors are flat")
      + !check (late->threads <= early->threads + THREADS_SLACK,
      "threads are flat");
}

/* ---- both processes ---- */

static void
start (Soak * self, const gchar * program)
{
  g_autofree gchar *minutes = g_strdup_printf ("%u", self->minutes);
  g_autofree gchar *life = g_strdup_printf ("--credential-life=%.1f",
      self->minutes * 60.0 / N_LIVES);
  const gchar *const options[] = { "--discard", "--no-md5", life, NULL };
  g_autoptr (GError) error = NULL;

  self->emulator = ice_emulator_new (options, &error);
  g_assert_no_error (error);
  ice_emulator_start (self->emulator, &error);
  g_assert_no_error (error);
  self->recorder = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
      program, "--minutes", minutes, "--record",
      ice_emulator_get_uri (self->emulator), NULL);
  g_assert_no_error (error);
  self->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe
      (self->recorder));
  g_data_input_stream_read_line_async (self->lines, G_PRIORITY_DEFAULT, NULL,
      on_line, self);
}

static guint
run (Soak * self, const gchar * program)
{
  guint quarter_ms = self->minutes * 60 * 1000 / N_QUARTERS;
  gboolean succeeded;
  guint failed;

  self->began_us = g_get_monotonic_time ();
  self->loop = g_main_loop_new (NULL, FALSE);
  start (self, program);
  g_timeout_add (quarter_ms / SAMPLES_PER_QUARTER, on_sample, self);
  g_timeout_add (get_outage_interval_ms (self), begin_outage, self);
  g_main_loop_run (self->loop);

  succeeded = g_subprocess_wait_check (self->recorder, NULL, NULL);
  print_figures (self);
  failed = check_all (self, succeeded);
  g_object_unref (self->lines);
  g_object_unref (self->recorder);
  g_main_loop_unref (self->loop);
  ice_emulator_free (self->emulator);

  return failed;
}

static int
record (guint minutes, const gchar * endpoint)
{
  const SoakPlan plan = {
    .endpoint = endpoint,.seconds = 60 * minutes,
    .pauses = N_PAUSES,.seed = 1,
  };

  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tEmulatorDemoKeyId1", TRUE);
  g_setenv ("ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      "EmulatorDemoSecret0123456789ab", TRUE);
  GST_PLUGIN_STATIC_REGISTER (icesink);

  return soak_record (&plan);
}

int
main (int argc, char **argv)
{
  gint minutes = 1;
  g_autofree gchar *endpoint = NULL;
  const gchar *program = argv[0];
  const GOptionEntry entries[] = {
    {"minutes", 0, 0, G_OPTION_ARG_INT, &minutes,
        "How long it takes, at least (1)", "N"},
    {"record", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &endpoint,
        "The recorder", "URI"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  Soak soak = { 0 };
  guint failed;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || minutes < 1) {
    fprintf (stderr, "%s\n", error != NULL ? error->message : "no minute");
    return 2;
  }
  gst_init (&argc, &argv);
  if (endpoint != NULL)
    return record (minutes, endpoint);

  soak.minutes = minutes;
  failed = run (&soak, program);
  printf ("%u passed, %u failed\n", failed == 0, failed);

  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
