/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A recorder that is killed at any byte, and started again.
 *
 *   crashes --seeds A-B             with resume=only: the object is what was
 *                                   recorded, up to where it was killed
 *   crashes --append --seeds A-B    with resume=auto: the object is what was
 *                                   recorded before and after, one behind the
 *                                   other, and plays
 *
 * The recorder is this program once more, in a process of its own. It writes to
 * a filesink first and to icesink after that, without a queue, so that the
 * file has all that icesink got. Of some seeds, the services are out of reach
 * or slow in the meantime. The last line is `N seeds, N failed`. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "remove-tree.h"
#include "trial.h"

#define BUFFER_SIZE (188 * 40)
#define RECORDING_SIZE (6 * 1000 * 1000)
#define DEADLINE (60 * GST_SECOND)

#define TS_CAPS "video/mpegts,systemstream=true,packetsize=188"

/* ---- the recorder ---- */

/* @argv: a file to record, how fast, the twin, and properties of icesink. */
static int
record (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *launch = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autofree gchar *debug = NULL;

  trial_init (&argc, &argv);
  launch = g_strdup_printf ("filesrc location=%s blocksize=%u"
      " ! identity sleep-time=%s ! " TS_CAPS " ! tee name=t"
      "  t. ! filesink location=%s buffer-mode=2 async=false"
      "  t. ! icesink async=false media-id=" TRIAL_MEDIA_ID
      " part-size=204800 head-size=102400 %s", argv[2], BUFFER_SIZE, argv[3],
      argv[4], argv[5]);
  pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, &debug);
    fprintf (stderr, "%s: %s\n", error->message, debug);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ? EXIT_SUCCESS
      : EXIT_FAILURE;
}

/* ---- a crash ---- */

/**
 * Crash:
 * @emulator: (owned): both services
 * @directory: (owned): a temporary one
 * @input: (owned): a file to record
 * @twin: (owned): what was recorded
 * @spool: (owned): the spool directory
 * @rand: (owned): of the seed
 */
typedef struct
{
  IceEmulator *emulator;
  gchar *directory;
  gchar *input;
  gchar *twin;
  gchar *spool;
  GRand *rand;
} Crash;

static const gchar *program;

/* A recording: random bytes, or the file that plays. */
static void
make_input (Crash * crash, const gchar * ts_file)
{
  g_autofree guint32 *data = g_malloc (RECORDING_SIZE);
  g_autoptr (GError) error = NULL;
  guint i;

  if (ts_file != NULL) {
    crash->input = g_strdup (ts_file);
    return;
  }
  crash->input = g_build_filename (crash->directory, "input", NULL);
  for (i = 0; i < RECORDING_SIZE / sizeof (guint32); i++)
    data[i] = g_rand_int (crash->rand);
  g_file_set_contents (crash->input, (gchar *) data, RECORDING_SIZE, &error);
  g_assert_no_error (error);
}

static Crash *
crash_new (guint seed, const gchar * ts_file)
{
  Crash *crash = g_new0 (Crash, 1);
  g_autoptr (GError) error = NULL;

  crash->rand = g_rand_new_with_seed (seed);
  crash->directory = g_dir_make_tmp ("icesink-crashes-XXXXXX", &error);
  g_assert_no_error (error);
  crash->twin = g_build_filename (crash->directory, "twin", NULL);
  crash->spool = g_build_filename (crash->directory, "spool", NULL);
  make_input (crash, ts_file);
  crash->emulator = ice_emulator_new_started (NULL);

  return crash;
}

static void
crash_free (Crash * crash)
{
  ice_emulator_free (crash->emulator);
  test_remove_tree (crash->directory);
  g_rand_free (crash->rand);
  g_free (crash->directory);
  g_free (crash->input);
  g_free (crash->twin);
  g_free (crash->spool);
  g_free (crash);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Crash, crash_free)

static GSubprocess *
spawn (Crash * crash, guint sleep_us, const gchar * twin, const gchar * resume)
{
  g_autofree gchar *properties = g_strdup_printf ("ice-endpoint=%s"
      " spool-directory=%s resume=%s", ice_emulator_get_uri (crash->emulator),
      crash->spool, resume);
  g_autofree gchar *sleep = g_strdup_printf ("%u", sleep_us);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, program,
      "--record", crash->input, sleep, twin, properties, NULL);
  g_assert_no_error (error);

  return process;
}

static guint64
get_file_size (const gchar * path)
{
  GStatBuf info;

  return g_stat (path, &info) == 0 ? info.st_size : 0;
}

/* What the network does in the meantime. */
static void
draw_trouble (Crash * crash)
{
  static const gchar *const faults[] = {
    NULL, NULL, "part:stall-before-answer:probability=0.3:count=0",
    "part:error:status=503:probability=0.5:count=0",
    "initiate:error:status=500:count=0",
    "refresh:reset-before:count=0",
  };
  const gchar *fault = faults[g_rand_int_range (crash->rand, 0,
          G_N_ELEMENTS (faults))];
  g_autoptr (GError) error = NULL;

  if (fault == NULL)
    return;
  ice_emulator_add_fault (crash->emulator, fault, &error);
  g_assert_no_error (error);
}

/* Records until some byte, and no further. */
static void
record_and_kill (Crash * crash)
{
  guint64 size = get_file_size (crash->input);
  guint64 end = g_rand_int_range (crash->rand, 1, size * 9 / 10);
  gint64 deadline = g_get_monotonic_time () + GST_TIME_AS_USECONDS (DEADLINE);
  g_autoptr (GSubprocess) process = NULL;

  draw_trouble (crash);
  process = spawn (crash, g_rand_int_range (crash->rand, 0, 2000), crash->twin,
      "never");
  while (get_file_size (crash->twin) < end
      && g_get_monotonic_time () < deadline)
    g_usleep (200);
  g_subprocess_send_signal (process, SIGKILL);
  g_subprocess_wait (process, NULL, NULL);
  ice_emulator_clear_faults (crash->emulator);
}

static guint64
get_spooled (Crash * crash)
{
  g_autofree gchar *data = g_build_filename (crash->spool, TRIAL_MEDIA_ID,
      "data", NULL);

  return get_file_size (data);
}

/* ---- the end ---- */

static void
read_file (const gchar * path, gchar ** data, gsize * size)
{
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, data, size, &error);
  g_assert_no_error (error);
}

/* The object is @twin's first bytes, @least of them or more, and then @tail.
 * Returns how many those first ones are; -1 with a line about it if not so. */
static gint64
compare (Crash * crash, guint64 least, const gchar * tail, gsize tail_size)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (crash->emulator, TRIAL_MEDIA_ID);
  g_autofree gchar *object = NULL, *twin = NULL;
  gsize size = 0, twin_size, head;

  read_file (crash->twin, &twin, &twin_size);
  if (path != NULL)
    read_file (path, &object, &size);
  head = size - MIN (size, tail_size);
  if (size < tail_size || head < least || head > twin_size
      || memcmp (object, twin, head) != 0
      || memcmp (object + head, tail, tail_size) != 0) {
    printf ("  object of %" G_GSIZE_FORMAT " bytes, twin of %" G_GSIZE_FORMAT
        ", spool of %" G_GUINT64_FORMAT "\n", size, twin_size, least);
    return -1;
  }

  return head;
}

/* Nothing is left of it, here or there. An upload whose id nobody had time to
 * write down is nobody's. */
static gboolean
check_rest (Crash * crash, gboolean began)
{
  guint n_open = ice_emulator_count_open_uploads (crash->emulator);
  g_autofree gchar *spool = g_build_filename (crash->spool, TRIAL_MEDIA_ID,
      NULL);

  if (g_file_test (spool, G_FILE_TEST_EXISTS)) {
    printf ("  the spool is still there\n");
    return FALSE;
  }
  if (n_open > (began ? 0 : 1)) {
    printf ("  %u uploads are open\n", n_open);
    return FALSE;
  }

  return TRUE;
}

/* TRUE if the journal knows of an upload. */
static gboolean
has_begun (Crash * crash)
{
  g_autofree gchar *path = g_build_filename (crash->spool, TRIAL_MEDIA_ID,
      "journal", NULL);
  g_autofree gchar *journal = NULL;

  return g_file_get_contents (path, &journal, NULL, NULL)
      && strstr (journal, "\"upload\"") != NULL;
}

static gboolean
start_again (Crash * crash, const gchar * resume)
{
  g_autofree gchar *twin = g_build_filename (crash->directory, "second", NULL);
  g_autoptr (GSubprocess) process = spawn (crash, 0, twin, resume);
  g_autoptr (GError) error = NULL;

  if (g_subprocess_wait_check (process, NULL, &error))
    return TRUE;
  printf ("  started again: %s\n", error->message);

  return FALSE;
}

/* A recording that had not begun leaves nothing to finish. */
static gboolean
try_finish (guint seed)
{
  g_autoptr (Crash) crash = crash_new (seed, NULL);
  guint64 spooled;
  gboolean began;

  record_and_kill (crash);
  spooled = get_spooled (crash);
  began = has_begun (crash);
  if (!start_again (crash, "only"))
    return FALSE;
  if (spooled == 0)
    return check_rest (crash, began);

  return compare (crash, spooled, "", 0) >= 0 && check_rest (crash, began);
}

/* ---- streams that can be appended ---- */

static gboolean
run_to_eos (const gchar * launch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, DEADLINE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  return message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
}

/* An MPEG-TS that plays. (transfer full) */
static gchar *
make_ts_file (void)
{
  gchar *path = g_build_filename (g_get_tmp_dir (), "icesink-crashes-XXXXXX",
      NULL);
  g_autofree gchar *launch = NULL;
  gint fd = g_mkstemp (path);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  launch = g_strdup_printf ("videotestsrc num-buffers=200 pattern=snow"
      " ! video/x-raw,width=320,height=240 ! x264enc bitrate=4000 key-int-max=10"
      " speed-preset=ultrafast ! mpegtsmux ! filesink location=%s", path);
  g_assert_true (run_to_eos (launch));

  return path;
}

static gboolean
plays (Crash * crash)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (crash->emulator, TRIAL_MEDIA_ID);
  g_autofree gchar *launch = g_strdup_printf ("filesrc location=%s ! tsdemux"
      " ! h264parse ! avdec_h264 ! fakesink sync=false", path);

  if (run_to_eos (launch))
    return TRUE;
  printf ("  it does not play\n");

  return FALSE;
}

static gboolean
try_append (guint seed, const gchar * ts_file)
{
  g_autoptr (Crash) crash = crash_new (seed, ts_file);
  g_autofree gchar *tail = NULL;
  gsize tail_size;
  guint64 spooled;
  gboolean began;

  record_and_kill (crash);
  spooled = get_spooled (crash);
  began = has_begun (crash);
  read_file (crash->input, &tail, &tail_size);

  return start_again (crash, "auto")
      && compare (crash, spooled, tail, tail_size) >= 0
      && check_rest (crash, began) && plays (crash);
}

/* ---- seeds ---- */

static guint
try_seeds (guint first, guint last, const gchar * ts_file)
{
  guint seed, n_failed = 0;

  for (seed = first; seed <= last; seed++) {
    gboolean ok = ts_file != NULL ? try_append (seed, ts_file)
        : try_finish (seed);

    if (!ok)
      printf ("seed %u failed\n", seed);
    fflush (stdout);
    n_failed += !ok;
  }

  return n_failed;
}

int
main (int argc, char **argv)
{
  g_autofree gchar *seeds = NULL, *ts_file = NULL;
  gboolean append = FALSE;
  const GOptionEntry entries[] = {
    {"seeds", 0, 0, G_OPTION_ARG_STRING, &seeds, "Seeds to try", "A-B"},
    {"append", 0, 0, G_OPTION_ARG_NONE, &append, "Go on recording", NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) error = NULL;
  guint first = 1, last = 10, n_failed;

  if (argc == 6 && g_str_equal (argv[1], "--record"))
    return record (argc, argv);

  program = argv[0];
  context = g_option_context_new ("- kill a recorder, and start it again");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "%s\n", error->message);
    return EXIT_FAILURE;
  }
  if (seeds != NULL && sscanf (seeds, "%u-%u", &first, &last) != 2)
    return EXIT_FAILURE;

  trial_init (&argc, &argv);
  if (append)
    ts_file = make_ts_file ();
  n_failed = try_seeds (first, last, ts_file);
  if (ts_file != NULL)
    g_remove (ts_file);
  printf ("%u seeds, %u failed\n", last - first + 1, n_failed);

  return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
